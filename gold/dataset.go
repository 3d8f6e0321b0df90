package gold

import (
	"cmp"
	"slices"
)

// Mask says how a PII field was changed before it was stored. A dropped field is not part of the Dataset.
type Mask uint8

// The masks. All but MaskNone forbid filters, sorts and lookups.
const (
	MaskNone        Mask = iota
	MaskNull             // stored as null
	MaskInitials         // the first letter of each word, each followed by a point
	MaskHMAC             // HMAC-SHA-256, keyed and separated by field, hexadecimal
	MaskFirstLetter      // the first character, trimmed, as it is written
	MaskSHA256           // the first half of a plain SHA-256, hexadecimal: reversible by hashing guesses
)

var maskNames = [...]string{"none", "null", "initials", "hmac", "first_letter", "sha256_truncated"}

func (m Mask) String() string { return maskNames[m] }

// MarshalText writes the mask's name.
func (m Mask) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a mask's name.
func (m *Mask) UnmarshalText(text []byte) error { return unmarshalName(m, "mask", maskNames[:], text) }

// Formats are the words of Doc.Format, as answers have them.
var Formats = []string{"money", "number", "integer", "percent", "date", "datetime", "week", "month", "quarter", "year", "text"}

// Doc describes a field, metric or dataset for people. It never affects stored rows.
type Doc struct {
	Label       map[string]string            `json:"label,omitempty"`       // by language: fr, en or any other
	Description map[string]string            `json:"description,omitempty"` // by language: fr, en
	Unit        string                       `json:"unit,omitempty"`        // a currency code, "days", "1" …
	UnitField   string                       `json:"unit_field,omitempty"`  // the field of the same row that holds the unit: the currency of an amount
	Format      string                       `json:"format,omitempty"`      // one of money, number, integer, percent, date, datetime, week, month, quarter, year, text
	Values      map[string]map[string]string `json:"values,omitempty"`      // labels of values, by value and language
	Sources     []string                     `json:"sources,omitempty"`     // what a field was made of, as its contract says it
	Transform   map[string]string            `json:"transform,omitempty"`   // how it was made, by language
}

// Field is one column of a dataset.
type Field struct {
	Name string `json:"name"`
	// PhysicalName is the column's name in the source: any text, whose dots may lead into structs. Empty: Name.
	PhysicalName string `json:"physical_name,omitempty"`

	Kind  Kind `json:"kind"`
	Scale int  `json:"scale,omitempty"` // of a Decimal: digits after the point, 0 to 18; of a WideDecimal to 38; of a Duration 6
	// Precision is how many digits a WideDecimal has at most, 19 to 38.
	Precision int  `json:"precision,omitempty"`
	Nullable  bool `json:"nullable,omitempty"`
	Mask      Mask `json:"mask,omitempty"`
	// MultipleOf is the precision with which a Double is shown (0.01: cents), 0 for none: text formats write the
	// shortest decimal of that precision if this changes the value by less than 1e-6. Stored values are not rounded.
	MultipleOf float64 `json:"multiple_of,omitempty"`
	// Single says that a Double holds exact values of float32s, so that sums are exact. Text formats write, and Parse
	// reads, their shortest decimal.
	Single bool `json:"single,omitempty"`
	// Base64 says that a Text is the base64 of the source's values where those are bytes.
	Base64 bool `json:"base64,omitempty"`
	// DefaultZone is the IANA time zone of Time values without a zone in the source; empty: UTC. Stored values are UTC.
	DefaultZone string `json:"default_zone,omitempty"`
	Cast        *Cast  `json:"cast,omitempty"`    // nil: the column has the field's kind
	Minimum     *Value `json:"minimum,omitempty"` // inclusive; nil: none
	Maximum     *Value `json:"maximum,omitempty"` // inclusive; nil: none
	Filters     []Op   `json:"filters,omitempty"`
	Sortable    bool   `json:"sortable,omitempty"`
	Search      bool   `json:"search,omitempty"` // allows Contains and StartsWith
	PII         bool   `json:"pii,omitempty"`
	Doc         Doc    `json:"doc,omitzero"`
}

// Column returns the name of the field's column in the source.
func (f *Field) Column() string { return cmp.Or(f.PhysicalName, f.Name) }

// BIField is a column for BI tools only, which the API leaves out: a Time at midnight UTC, computed from a Text day
// (2011-12-08) or month (2011-12: its first day), or from a Date.
type BIField struct {
	Name string `json:"name"`
	From string `json:"from"`
}

// Index is an index's fields in order.
type Index []Sort

// Metric is a named measure of a dataset, or arithmetic over its measures and metrics.
type Metric struct {
	Name       string   `json:"name"`
	Measure    *Measure `json:"measure,omitempty"`
	Over       []string `json:"over,omitempty"`       // numerator and denominator of the ratio of two metrics
	Formula    *Formula `json:"formula,omitempty"`    // of any other arithmetic
	Unfiltered bool     `json:"unfiltered,omitempty"` // filters don't apply: always over the complete dataset
	MultipleOf float64  `json:"multiple_of,omitempty"`
	Doc        Doc      `json:"doc,omitzero"`
}

// Derive declares a dataset that the publisher computes from another of the same model. Exactly one of Group,
// Histogram and Growth is set.
type Derive struct {
	From      string           `json:"from"`
	Group     *DeriveGroup     `json:"group,omitempty"`
	Histogram *DeriveHistogram `json:"histogram,omitempty"`
	Growth    *DeriveGrowth    `json:"growth,omitempty"`
}

// DeriveGroup aggregates: its fields are the groups' and measures' As, in that order. Limit 0 keeps all groups.
type DeriveGroup struct {
	By       []Group   `json:"by"`
	Measures []Measure `json:"measures"`
	Sort     []Sort    `json:"sort,omitempty"`
	Limit    int64     `json:"limit,omitempty"`
	// Lookups are the fields of By that the source looks up, each once and with how it does: they shape the rows. The
	// lookups of their paths list no fields.
	Lookups []LookedUp `json:"lookups,omitempty"`
}

// Reads returns the datasets that a derived one is computed from, its source first, then those that are looked up in.
func (d *Derive) Reads() []string {
	names := []string{d.From}
	if d.Group == nil {
		return names
	}
	for _, f := range d.Group.Lookups {
		for _, step := range f.Path {
			if !slices.Contains(names, step.Dataset) {
				names = append(names, step.Dataset)
			}
		}
	}
	return names
}

// DeriveHistogram counts the values of a numeric field in right-closed bins of equal width, like pandas.cut. Its fields
// are bucket (Text), lower, upper (Double), count (Int); empty bins are included.
type DeriveHistogram struct {
	Field string `json:"field"`
	Bins  int    `json:"bins"`
}

// DeriveGrowth compares each row with the row before, in the order of Order. Its fields are Order, Value, prev_<Order> if
// Named, prev_<Value>, growth_abs and growth_pct (a fraction). What is about the row before is null in the first row and
// after a gap; growth_pct is null also if the previous value is 0.
type DeriveGrowth struct {
	Order string `json:"order"`
	Value string `json:"value"`
	// Grain is what each row is a period of: a row before of another than the period before leaves a gap. GrainNone: there
	// are no gaps.
	Grain    Grain    `json:"grain,omitempty"`
	Calendar Calendar `json:"calendar,omitzero"` // what the grain depends on: see Calendar.Of
	Named    bool     `json:"named,omitempty"`   // the row before is named
}

// ByPeriod returns the growth of each row from that of the period before, of those that the source's Order holds, in a
// model's calendar; if it holds none the grain is GrainNone.
func (g DeriveGrowth) ByPeriod(source *Dataset, c Calendar) DeriveGrowth {
	f := source.Field(g.Order)
	g.Grain = source.PeriodGrain(f)
	g.Calendar = c.Of(f.Kind, g.Grain)
	return g
}

// ByRow returns the growth of each row from the row before, whatever its period.
func (g DeriveGrowth) ByRow() DeriveGrowth {
	g.Grain, g.Calendar = GrainNone, Calendar{}
	return g
}

// Rollup says that a dataset is an aggregate of another: the same fields from Group and Measures (As).
type Rollup struct {
	Of       string    `json:"of"`
	Group    []Group   `json:"group"`
	Measures []Measure `json:"measures"`
	Strict   bool      `json:"strict,omitempty"` // a difference refuses the publish instead of giving a warning
}

// Lookup declares fields of a dimension that this dataset has too: those of the row whose Key equals On. They are the
// dimension's own, or such that it looks up in turn.
type Lookup struct {
	Name    string   `json:"name,omitempty"` // before the fields' names and a point: order_date.year; empty: the names are the dimension's
	Dataset string   `json:"dataset"`
	On      string   `json:"on"`
	Key     string   `json:"key"`
	Fields  []string `json:"fields,omitempty"`
}

// Dataset is one compiled contract. What only the lake needs (files, CSV dialect) stays in gold/contract.
type Dataset struct {
	Model      string    `json:"model"`
	Name       string    `json:"name"`
	Collection string    `json:"collection,omitempty"` // its name in the BI database; empty: not shown there, nor in /datasets
	Endpoint   string    `json:"endpoint,omitempty"`   // "/scores"; empty: none of its own
	Fields     []Field   `json:"fields"`
	Key        []string  `json:"key"` // [] where rows have none: then their position tells them apart
	BI         []BIField `json:"bi,omitempty"`
	Derive     *Derive   `json:"derive,omitempty"`
	Scores     []Score   `json:"scores,omitempty"`
	Rollup     *Rollup   `json:"rollup,omitempty"`
	Lookups    []Lookup  `json:"lend,omitempty"`
	Metrics    []Metric  `json:"metrics,omitempty"`
	// LookedUpFields are those that Metrics measure, by their names here and with what shapes figures: see Measured.
	LookedUpFields []Field  `json:"looked_up,omitempty"`
	Indexes        []Index  `json:"indexes,omitempty"`
	BIIndexes      []Index  `json:"bi_indexes,omitempty"`
	Joins          []string `json:"joins,omitempty"`         // fields at either end of a relationship, by which people join
	DefaultSort    []Sort   `json:"default_sort"`            // total: ends with the key, or the position
	DefaultLimit   int64    `json:"default_limit,omitempty"` // of the named endpoint; 0: all up to MaxLimit
	MaxLimit       int64    `json:"max_limit"`               // of JSON pages
	Rules          []Rule   `json:"rules,omitempty"`
	Accelerate     bool     `json:"accelerate,omitempty"`
	Doc            Doc      `json:"doc,omitzero"`
}

// Grown reports whether the rows are the growth of another dataset's.
func (d *Dataset) Grown() bool { return d.Derive != nil && d.Derive.Growth != nil }

// Field returns the field of a name, or nil.
func (d *Dataset) Field(name string) *Field {
	for i := range d.Fields {
		if d.Fields[i].Name == name {
			return &d.Fields[i]
		}
	}
	return nil
}

// Measured returns the field that metrics mean by a name: the dataset's own, or one that its rows look up; nil: neither.
func (d *Dataset) Measured(name string) *Field {
	if f := d.Field(name); f != nil {
		return f
	}
	for i := range d.LookedUpFields {
		if d.LookedUpFields[i].Name == name {
			return &d.LookedUpFields[i]
		}
	}
	return nil
}

// LooksUp reports whether a measure is of, or compares, fields that the dataset doesn't have itself.
func (d *Dataset) LooksUp(m Measure) bool {
	return m.Field != "" && d.Field(m.Field) == nil ||
		slices.ContainsFunc(m.Comparisons(), func(p Predicate) bool { return d.Field(p.Field) == nil })
}

// FieldNames returns the names of all fields in the contract's order.
func (d *Dataset) FieldNames() []string { return FieldNames(d.Fields) }

// FieldNames returns the names of fields in their order.
func FieldNames(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// MetricNames returns the names of all metrics in the contract's order.
func (d *Dataset) MetricNames() []string {
	names := make([]string, len(d.Metrics))
	for i, m := range d.Metrics {
		names[i] = m.Name
	}
	return names
}

// DefaultMaxLimit is the largest JSON page of a dataset whose contract names none.
const DefaultMaxLimit = 10_000

// PositionField is the name, in queries, of the hidden position of the rows of a dataset without a key: an Int from 0,
// different for each row of a version, and given before loading. No contract can declare it. It orders rows and is never
// shown; between versions positions can't be compared.
const PositionField = "_position"

// Keyless reports whether the rows have no key.
func (d *Dataset) Keyless() bool { return len(d.Key) == 0 }

// Column returns what Field does and, of a dataset without a key, its position as PositionField.
func (d *Dataset) Column(name string) *Field {
	if name == PositionField && d.Keyless() {
		return &Field{Name: PositionField, Kind: Int}
	}
	return d.Field(name)
}

// RowFields returns the fields in which no two rows are equal, and which a version's digest covers: the contract's and,
// of a dataset without a key, its position.
func (d *Dataset) RowFields() []Field {
	fields := slices.Clone(d.Fields)
	if d.Keyless() {
		fields = append(fields, *d.Column(PositionField))
	}
	return fields
}

// BIFields returns the fields for BI tools only, as nullable Times.
func (d *Dataset) BIFields() []Field {
	fields := make([]Field, len(d.BI))
	for i, b := range d.BI {
		fields[i] = Field{Name: b.Name, Kind: Time, Nullable: true}
	}
	return fields
}

// Stored returns the fields of a stored row: RowFields, then BIFields.
func (d *Dataset) Stored() []Field { return slices.Concat(d.RowFields(), d.BIFields()) }

// KeyFields returns the fields of the key in its order.
func (d *Dataset) KeyFields() []Field {
	fields := make([]Field, len(d.Key))
	for i, name := range d.Key {
		fields[i] = *d.Field(name)
	}
	return fields
}

// TotalSort returns sort, completed by the missing fields of the key, or else the position, ascending, so that no two rows
// are equal in it.
func (d *Dataset) TotalSort(sort []Sort) []Sort {
	total, last := slices.Clone(sort), d.Key
	if d.Keyless() {
		last = []string{PositionField}
	}
	for _, k := range last {
		if !slices.ContainsFunc(total, func(s Sort) bool { return s.Field == k && s.Join == nil }) {
			total = append(total, Sort{Field: k})
		}
	}
	return total
}

// ShownSort returns the default order as people see it: without the position.
func (d *Dataset) ShownSort() []Sort {
	return slices.DeleteFunc(d.TotalSort(d.DefaultSort), func(s Sort) bool { return s.Field == PositionField })
}

// Metric returns the metric of a name, or nil.
func (d *Dataset) Metric(name string) *Metric {
	for i := range d.Metrics {
		if d.Metrics[i].Name == name {
			return &d.Metrics[i]
		}
	}
	return nil
}

// Severity says what happens if a rule is broken.
type Severity uint8

// The severities.
const (
	SeverityError   Severity = iota // blocks the publish
	SeverityWarning                 // is recorded and shown
)

var severityNames = [...]string{"error", "warning"}

func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name.
func (s *Severity) UnmarshalText(text []byte) error {
	return unmarshalName(s, "severity", severityNames[:], text)
}

// Rule is one ODCS library rule: a metric of a dataset or field, and one comparison that it must satisfy. An
// invalidValues rule has Valid, Pattern, Step, bounds or a length; without any of these, it checks the field's Minimum and
// Maximum. The metric freshness is the age in seconds of the field's newest value.
type Rule struct {
	ID      string   `json:"id"`
	Metric  string   `json:"metric"`           // nullValues, missingValues, invalidValues, duplicateValues, rowCount, freshness
	Field   string   `json:"field,omitempty"`  // empty: of the dataset
	Fields  []string `json:"fields,omitempty"` // of duplicateValues over several fields
	Valid   []string `json:"valid,omitempty"`  // invalidValues: the valid ones
	Missing []string `json:"missing,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
	Step    string   `json:"step,omitempty"` // invalidValues of an Int or Decimal: valid ones are multiples of it (0.05)

	Minimum *Value `json:"minimum,omitempty"` // invalidValues of a number, date or time: the bounds of valid ones, instead of the field's
	Maximum *Value `json:"maximum,omitempty"`

	MinLength int `json:"min_length,omitempty"` // of a text, in characters; 0: none
	MaxLength int `json:"max_length,omitempty"`

	Operator string    `json:"operator"` // mustBe, mustBeGreaterThan …, as ODCS spells them
	Values   []float64 `json:"values"`   // one, or two for between
	Percent  bool      `json:"percent,omitempty"`
	Severity Severity  `json:"severity"`
	Doc      string    `json:"doc,omitempty"`
}

// Model is a folder of contracts that are released together.
type Model struct {
	Name   string
	Title  map[string]string // by language
	Locale string            // BCP 47, such as en-GB; empty: none
	AsOf   FieldRef          // its maximum is the release's as_of, unless one is given; zero: the time of publication
	KPIs   []string          // metrics of /kpis, in its order
	Facts  string            // the dataset that /kpis requires
	// Calendar is how the model counts time.
	Calendar Calendar
	// Pack is how its releases are packed; nil: by default.
	Pack *PackSettings
	// BIDatabase is the BI database that shows it; "": the store's own, or one named after the model where that shows others.
	BIDatabase string
	Datasets   []Dataset // by name
}

// Dataset returns the dataset of a name, or nil.
func (m *Model) Dataset(name string) *Dataset {
	for i := range m.Datasets {
		if m.Datasets[i].Name == name {
			return &m.Datasets[i]
		}
	}
	return nil
}

// Of returns the model as it was when a release was published: with the title, locale and AsOf that the release records.
func (m *Model) Of(r *Release) *Model {
	if r == nil || len(r.Title) == 0 {
		return m
	}
	own := *m
	own.Title, own.Locale, own.AsOf = r.Title, r.Locale, r.AsOfField
	return &own
}

// FieldRef names a field of a dataset.
type FieldRef struct {
	Dataset string `json:"dataset"`
	Field   string `json:"field"`
}
