package gold

import "slices"

// Grain truncates a Date or Time, in a calendar, to the text of its period: 2011-12-08, the week's first day 2011-12-05,
// 2011-12, 2011-Q4, 2011, FY2012-Q3 or FY2012. Hour truncates a Time to the Time at which its hour starts, since an hour
// may come twice on a day.
type Grain uint8

// The grains.
const (
	GrainNone Grain = iota
	Day
	Week
	Month
	Year
	Hour
	Quarter
	FiscalQuarter
	FiscalYear
)

var grainNames = [...]string{"", "day", "week", "month", "year", "hour", "quarter", "fiscal_quarter", "fiscal_year"}

// Grains returns the grains of a kind in a calendar, from the shortest on.
func (c Calendar) Grains(k Kind) []Grain {
	grains := []Grain{Day, Week, Month, Quarter, Year}
	if k == Time {
		grains = append([]Grain{Hour}, grains...)
	}
	if c.FiscalYearStart != 0 {
		grains = append(grains, FiscalQuarter, FiscalYear)
	}
	return grains
}

// GrainNames returns the names of Grains.
func (c Calendar) GrainNames(k Kind) []string {
	var names []string
	for _, g := range c.Grains(k) {
		names = append(names, g.String())
	}
	return names
}

// Kind returns the kind of what the grain makes of a Date or Time.
func (g Grain) Kind() Kind {
	if g == Hour {
		return Time
	}
	return Text
}

func (g Grain) String() string { return grainNames[g] }

// MarshalText writes the grain's name.
func (g Grain) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText reads a grain's name.
func (g *Grain) UnmarshalText(text []byte) error {
	return unmarshalName(g, "grain", grainNames[:], text)
}

// Func is what a measure computes.
type Func uint8

// The functions. Count counts rows and takes no field; all others skip nulls.
const (
	Count Func = iota
	CountDistinct
	Sum
	Min
	Max
	Avg
	Median   // the mean of the middle two for an even number of values
	Quantile // of a level from 0 to 1, by linear interpolation between two values, as pandas does by default
	First    // the value of the first row that has one, in the order of By
	Last     // of the last row
)

var funcNames = [...]string{"count", "count_distinct", "sum", "min", "max", "avg", "median", "quantile", "first", "last"}

func (f Func) String() string { return funcNames[f] }

// Funcs returns the names of all functions.
func Funcs() []string { return slices.Clone(funcNames[:]) }

// MarshalText writes the function's name.
func (f Func) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads a function's name.
func (f *Func) UnmarshalText(text []byte) error {
	return unmarshalName(f, "function", funcNames[:], text)
}

// Aggregation asks for groups of one version with measures of each. Without Group the answer is exactly one row.
type Aggregation struct {
	Version  *Version
	Where    []Predicate
	Group    []Group
	Measures []Measure
	Aliases  []Alias     // of looked-up fields that conditions of Measures name
	Having   []Predicate // on groups and measures, by their column's name
	Sort     []Sort      // the same; completed by the groups, ascending
	Limit    int64       // 0: all groups
}

// Alias is the name by which conditions of measures mean a looked-up field. No field of the rows bears it.
type Alias struct {
	Name, Field string
	Join        *Join
}

// Alias returns what a name in the condition of a measure means; nil: a field of the rows.
func (a *Aggregation) Alias(name string) *Alias {
	for i := range a.Aliases {
		if a.Aliases[i].Name == name {
			return &a.Aliases[i]
		}
	}
	return nil
}

// Comparable returns the fields that conditions of measures may compare, by their names there: the rows' own, then those
// that have an alias.
func (a *Aggregation) Comparable() []Field {
	fields := a.Version.Dataset.Fields
	for i := range a.Aliases {
		alias := &a.Aliases[i]
		if f := a.Version.FieldOf(alias.Field, alias.Join); f != nil {
			named := *f
			named.Name = alias.Name
			fields = append(slices.Clip(fields), named)
		}
	}
	return fields
}

// Condition returns the condition of a measure on the rows of the version, nil: it holds for all.
func (a *Aggregation) Condition(m Measure) ([]Predicate, error) {
	where, err := m.Condition(a.Comparable())
	if where == nil || err != nil {
		return nil, err
	}
	where, _ = ReplaceComparisons(where, func(p Predicate) (Predicate, bool) {
		if alias := a.Alias(p.Field); alias != nil {
			p.Field, p.Join = alias.Field, alias.Join
		}
		return p, true
	})
	return where, nil
}

// Group is one term to group by. Nulls are a group. Bins are ascending edges e0 … en, which give the texts "<e0",
// "[e0,e1)" …, ">=en", ordered by their edges.
type Group struct {
	Field string `json:"field"`
	Grain Grain  `json:"grain,omitempty"`
	// Calendar is what the grain depends on: see Calendar.Of. Of an age it is the zone.
	Calendar Calendar  `json:"calendar,omitzero"`
	Bins     []float64 `json:"bins,omitempty"`
	// Exact are the edges of a WideDecimal as decimals write them, see ExactDecimal; Bins are then the doubles nearest to them.
	Exact []string `json:"exact,omitempty"`
	// Single says that the edges of Bins are float32s, as the values of a Single field are.
	Single bool   `json:"single,omitempty"`
	As     string `json:"as,omitempty"` // the column's name; see Name
	Join   *Join  `json:"-"`
	Age    *Age   `json:"-"` // no derived dataset has one
}

// Age makes a group of the whole periods that have passed at a Date or Time since another one of the same row, by the
// clocks of the group's Calendar: 0 in the first period, null before it and where either is null. Exactly one of Days and
// Months is set: the length of a period. A Date is its midnight. A month has passed when its day of the month and its time of
// the day come again, or else when the month has ended.
type Age struct {
	Since  string
	Days   int
	Months int
	Join   *Join // looks up Since; nil: it is the row's own
}

// Name returns the name of the group's column: As, else field, field_month, field_bins.
func (g Group) Name() string {
	switch {
	case g.As != "":
		return g.As
	case g.Age != nil:
		return g.Field + "_age"
	case g.Grain != GrainNone:
		return g.Field + "_" + g.Grain.String()
	case len(g.Bins) > 0:
		return g.Field + "_bins"
	default:
		return g.Field
	}
}

// Kind returns the kind of the group's column for a field of kind k.
func (g Group) Kind(k Kind) Kind {
	switch {
	case k == Null:
		return Null
	case g.Age != nil:
		return Int
	case g.Grain != GrainNone:
		return g.Grain.Kind()
	case len(g.Bins) > 0:
		return Text
	default:
		return k
	}
}

// Whole reports whether the group's column has the field's values as they are.
func (g Group) Whole() bool { return g.Grain == GrainNone && len(g.Bins) == 0 && g.Age == nil }

// OutFields returns the columns of the answer: groups, then measures.
func (a *Aggregation) OutFields() []Field {
	fields := make([]Field, 0, len(a.Group)+len(a.Measures))
	for _, g := range a.Group {
		f := *a.Version.FieldOf(g.Field, g.Join)
		f.Name, f.Nullable = g.Name(), true
		if !g.Whole() {
			f.Kind, f.Scale, f.Precision, f.MultipleOf, f.Single = g.Kind(f.Kind), 0, 0, 0, false
		}
		if g.Age != nil {
			f.Doc = Doc{}
		}
		fields = append(fields, f)
	}
	for _, m := range a.Measures {
		f := Field{Kind: Int}
		if m.Field != "" {
			f = *a.Version.FieldOf(m.Field, m.Join)
			f.Kind, f.Precision, f.Single = m.Kind(f.Kind), m.Precision(&f), m.Single(&f)
			if m.Func.Inexact() || m.Func == CountDistinct {
				f.Scale, f.MultipleOf = 0, 0
				if f.Doc.Format == "text" {
					f.Doc.Format = "" // which is of the field's own values
				}
			}
		}
		f.Name, f.Nullable = m.Name(), m.Func != Count && m.Func != CountDistinct && m.Func != Sum
		fields = append(fields, f)
	}
	return fields
}
