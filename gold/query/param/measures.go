package param

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/measure"
	"goldserve/gold/query"
)

// Bounds of one aggregate.
const (
	maxMeasures = 32
	maxEdges    = 100
)

// namePattern is the pattern of a column's name, which is that of fields; it must not contain "__" either.
var namePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// splitTerms splits a list at the commas outside parentheses and quotes.
func splitTerms(text string) ([]string, error) {
	var terms []string
	depth, start, quoted := 0, 0, false
	for i, c := range text {
		switch {
		case c == '\'' && depth > 0:
			quoted = !quoted // a quote within a text is doubled
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			terms, start = append(terms, text[start:i]), i+1
		}
		if depth < 0 {
			break
		}
	}
	switch {
	case quoted:
		return nil, errors.New("a text has no closing quote")
	case depth != 0:
		return nil, errors.New("the parentheses don't match")
	}
	return append(terms, text[start:]), nil
}

// terms takes a list of terms, each of which may be named before a colon, and calls read with each.
func (p *Set) terms(parameter string, limit int, read func(name, term string)) (given bool) {
	text, given := p.Take(parameter)
	if !given {
		return false
	}
	terms, err := splitTerms(text)
	if err == nil && len(terms) > limit {
		err = fmt.Errorf("%d terms; at most %d are allowed", len(terms), limit)
	}
	if err != nil {
		p.Problem(parameter, gold.CodeInvalidValue, "%v", err)
		return true
	}
	for _, term := range terms {
		name, body, named := strings.Cut(term, ":")
		if !named || strings.Contains(name, "(") { // the colon of a time in a condition
			name, body = "", term
		} else if !namePattern.MatchString(name) || strings.Contains(name, "__") {
			p.Problem(parameter, gold.CodeInvalidValue, "%s: expected a name of a letter, then at most 62 letters, digits and single underscores, before the colon", term)
			continue
		}
		read(name, body)
	}
	return true
}

// readGroups reads group_by=pays,date_achat.month,montant.bins(0,5,10); a term may have a name and a colon before it. lost
// are the names of columns that can't be made.
func readGroups(p *Set, s *query.Scope) (groups []gold.Group, lost []string) {
	p.terms("group_by", query.MaxGroups, func(name, term string) {
		made := len(groups)
		defer func() {
			if len(groups) == made {
				lost = append(lost, cmp.Or(name, strings.ReplaceAll(term, ".", "_")), cmp.Or(name, term))
			}
		}()
		column, by, cut := groupTerm(s, term)
		switch {
		case column == nil:
			field, names := groupField(s, term), Groupable(s)
			p.suggest("group_by", gold.CodeInvalidValue, cmp.Or(namedLast(term, names), gold.Nearest(field, names)), "%s can't be grouped by %q, only by %s, those of dates by a grain (.month) and numbers by .bins(0,10)", s.Version.Dataset.Name, field, query.List(names))
			return
		case column.Field.Mask != gold.MaskNone:
			p.Problem("group_by", gold.CodeInvalidValue, "%s is masked and can't be grouped by", column.Name)
			return
		}
		g := gold.Group{Field: column.Name, As: name, Join: column.Join}
		if cut && !p.grouping(s, &g, column, by) {
			return
		}
		if column.Name != column.Field.Name {
			g.As, g.Field = g.Name(), column.Field.Name
		}
		if err := measure.CheckGroup(column.Owner.Fields, g); err != nil {
			p.Problem("group_by", gold.CodeInvalidValue, "%v", err)
			return
		}
		groups = append(groups, g)
	})
	return groups, lost
}

// groupTerm finds the column of a term to group by, and what stands behind its name and a point: a grain or bins. A name may
// have points itself: customer.country.
func groupTerm(s *query.Scope, term string) (c *query.Column, by string, cut bool) {
	name, _, _ := strings.Cut(term, "(")
	if c = s.Find(term); c != nil {
		return c, "", false
	}
	for {
		point := strings.LastIndexByte(name, '.')
		if point < 0 {
			return nil, "", false
		}
		if name = name[:point]; s.Find(name) != nil {
			return s.Find(name), term[point+1:], true
		}
	}
}

// groupField returns the part of a term that is most likely meant as the name of a field.
func groupField(s *query.Scope, term string) string {
	field, rest, _ := strings.Cut(term, ".")
	looked := func(name string) bool { return strings.HasPrefix(name, field+".") }
	if rest == "" || !slices.ContainsFunc(Groupable(s), looked) {
		return field
	}
	name, _, _ := strings.Cut(term, "(")
	var g gold.Grain
	if point := strings.LastIndexByte(name, '.'); point > len(field) && (len(name) < len(term) || g.UnmarshalText([]byte(name[point+1:])) == nil) {
		name = name[:point]
	}
	return name
}

// Groupable returns the fields that rows can be grouped by.
func Groupable(s *query.Scope) []string {
	var names []string
	for _, c := range s.Columns {
		if c.Field.Mask == gold.MaskNone {
			names = append(names, c.Name)
		}
	}
	return names
}

// grouping reads the part of a group after the point: a grain or bins.
func (p *Set) grouping(s *query.Scope, g *gold.Group, column *query.Column, text string) bool {
	f := column.Field
	if of, ok := strings.CutPrefix(text, "age("); ok && strings.HasSuffix(of, ")") {
		return p.age(s, g, column, strings.TrimSuffix(of, ")"))
	}
	edges, bins := strings.CutPrefix(text, "bins(")
	edges, closed := strings.CutSuffix(edges, ")")
	if bins && closed {
		items := strings.Split(edges, ",")
		if len(items) > maxEdges {
			p.Problem("group_by", gold.CodeInvalidValue, "%s: %d edges; at most %d are allowed", g.Field, len(items), maxEdges)
			return false
		}
		for _, item := range items {
			// Edges are doubles, also those of integers and decimals of up to 18 digits.
			edge := gold.Field{Kind: gold.Double, Single: f.Single}
			v, err := edge.Parse(item)
			if err != nil {
				p.Problem("group_by", gold.CodeInvalidValue, "%s: an edge of bins: %v", g.Field, err)
				return false
			}
			g.Bins = append(g.Bins, v.Double())
			if text, ok := gold.ExactDecimal(item); ok && f.Kind == gold.WideDecimal {
				g.Exact = append(g.Exact, text)
			}
		}
		g.Single = f.Single
		return true
	}
	if text == "" || g.Grain.UnmarshalText([]byte(text)) != nil {
		looked := lookedUpBy(s, column)
		if name := namedLast("."+text, looked); name != "" {
			p.suggest("group_by", gold.CodeInvalidValue, name, "%s.%s is named %s here: it is looked up by %s", column.Name, text, name, column.Name)
			return false
		}
		words := GroupingsOf(f, column.Calendar)
		nearest := gold.Nearest(text, words)
		if nearest != "" {
			nearest = g.Field + "." + nearest
		} else {
			nearest = gold.Nearest(text, looked)
		}
		p.suggest("group_by", gold.CodeInvalidValue, nearest, "%s.%s: expected one of %s after the point", g.Field, text, query.List(words))
		return false
	}
	g.Calendar = column.Calendar.Of(f.Kind, g.Grain)
	return true
}

// lookedUpBy returns the names of the fields that rows look up by a column of theirs and can be grouped by.
func lookedUpBy(s *query.Scope, by *query.Column) (names []string) {
	for _, c := range s.Columns {
		if c.Join != nil && by.Join == nil && c.Join.On == by.Field.Name && c.Field.Mask == gold.MaskNone {
			names = append(names, c.Name)
		}
	}
	return names
}

// age reads the arguments of an age: the date that it is counted from, and the length of its periods.
func (p *Set) age(s *query.Scope, g *gold.Group, column *query.Column, text string) bool {
	name, unit, _ := strings.Cut(text, ",")
	since := s.Find(name)
	days, months, ok := gold.ParseAgeUnit(unit)
	switch {
	case since == nil || since.Field.Mask != gold.MaskNone || !since.Field.Kind.Temporal():
		var dates []string
		for _, c := range s.Columns {
			if c.Field.Kind.Temporal() && c.Field.Mask == gold.MaskNone {
				dates = append(dates, c.Name)
			}
		}
		p.suggest("group_by", gold.CodeInvalidValue, gold.Nearest(name, dates), "%s.age: an age is counted from a date, one of %s, not %q", g.Field, query.List(dates), name)
		return false
	case !ok:
		p.suggest("group_by", gold.CodeInvalidValue, gold.Nearest(unit, gold.AgeUnits), "%s.age: expected a period of some days such as 30d, or one of %s, behind %s and a comma, not %q", g.Field, query.List(gold.AgeUnits), name, unit)
		return false
	}
	g.Age = &gold.Age{Since: since.Field.Name, Days: days, Months: months, Join: since.Join}
	if column.Field.Kind == gold.Time || since.Field.Kind == gold.Time {
		g.Calendar.Timezone = column.Calendar.Timezone
	}
	return true
}

// GroupingsOf returns what may stand behind a field and a point in group_by; all of it for a field of another kind.
func GroupingsOf(f *gold.Field, c gold.Calendar) []string {
	k := f.Kind
	if k != gold.Date {
		k = gold.Time
	}
	words := c.GrainNames(k)
	if !f.Kind.Temporal() {
		return append(words, "bins(0,10)")
	}
	return append(words, "age(field,30d)")
}

// readMeasures reads measures=ca:sum(montant),count(),total_ca. Without the parameter it is count(). lost are the names of
// columns that can't be made.
func readMeasures(p *Set, s *query.Scope) (measures []query.Measure, lost []string) {
	given := p.terms("measures", maxMeasures, func(name, term string) {
		f := query.Measure{Name: name}
		ok := false
		if strings.Contains(term, "(") {
			f.Measure, ok = p.measure(s, term)
			if ok && f.Measure.Where != "" && name == "" {
				p.Problem("measures", gold.CodeInvalidValue, "%s: a measure with a condition needs a name, as in some:%s", term, f.Measure)
				ok = false
			}
		} else {
			f.Measure, f.Metric, ok = p.metric(s, term)
		}
		if !ok {
			lost = append(lost, cmp.Or(name, f.Measure.Name(), term))
			return
		}
		switch {
		case name != "":
		case f.Metric != nil:
			f.Name = f.Metric.Name
		default:
			f.Name = f.Measure.Name()
		}
		f.Measure.As = f.Name
		measures = append(measures, f)
	})
	if !given {
		measures = []query.Measure{{Name: gold.Count.String(), Measure: gold.Measure{Func: gold.Count, As: gold.Count.String()}}}
	}
	return measures, lost
}

// measure reads a measure of a field that rows have or look up.
func (p *Set) measure(s *query.Scope, term string) (gold.Measure, bool) {
	d := &s.Version.Dataset
	m, err := gold.ParseMeasure(term)
	if err != nil {
		word, _, _ := strings.Cut(term, "(")
		p.suggest("measures", gold.CodeInvalidValue, gold.Nearest(word, slices.DeleteFunc(gold.Funcs(), func(w string) bool { return w == word })), "%s: %v", term, err)
		return m, false
	}
	if m.Func != gold.Count && p.measured(s, term, m.Field) == nil || !p.comparable(s, term, m) {
		return m, false
	}
	for _, name := range m.Order() {
		if p.measured(s, term, name) == nil {
			return m, false
		}
		if s.Find(name).Join != nil {
			p.Problem("measures", gold.CodeInvalidValue, "%s: %s is looked up: rows are ordered by the dataset's own fields", term, name)
			return m, false
		}
	}
	if m, err = d.Ordered(m); err != nil {
		p.Problem("measures", gold.CodeInvalidValue, "%s: %v", term, err)
		return m, false
	}
	fields := fieldsBehind(s, d.Fields, m.Field)
	for _, c := range m.Comparisons() {
		fields = fieldsBehind(s, fields, c.Field)
	}
	m = m.Pinned(fields, s.Catalog.Calendar.Zone())
	err = measure.CheckMeasure(fields, m)
	if err != nil {
		p.Problem("measures", gold.CodeInvalidValue, "%v", err)
	}
	return m, err == nil
}

// fieldsBehind returns fields with the looked-up one of a name, if there is one.
func fieldsBehind(s *query.Scope, fields []gold.Field, name string) []gold.Field {
	column := s.Find(name)
	if column == nil || column.Join == nil {
		return fields
	}
	of := *column.Field
	of.Name = column.Name
	return append(slices.Clip(fields), of)
}

// measured returns the field that a measure is of, which may be looked up, or nil after adding a problem.
func (p *Set) measured(s *query.Scope, term, name string) *gold.Field {
	column := s.Find(name)
	switch {
	case column == nil:
		names := s.Shown()
		p.suggest("measures", gold.CodeInvalidValue, nearestField(name, names), "%s: %s has no field %s, only %s", term, s.Version.Dataset.Name, name, query.List(names))
	case column.Field.Mask != gold.MaskNone:
		p.Problem("measures", gold.CodeInvalidValue, "%s: %s is masked and can't be measured", term, name)
	default:
		return column.Field
	}
	return nil
}

// comparable reports whether the contract allows the comparisons of a measure's condition, as it does those of filters.
func (p *Set) comparable(s *query.Scope, term string, m gold.Measure) bool {
	ok := true
	for _, c := range m.Comparisons() {
		f := p.measured(s, term, c.Field)
		if f != nil && !allows(f, c.Op) {
			p.Problem("measures", gold.CodeNotFilterable, "%s: the contract of %s doesn't allow %s", term, f.Name, c.Op)
		}
		ok = ok && f != nil && allows(f, c.Op)
	}
	return ok
}

// metric finds a metric of the dataset's contract.
func (p *Set) metric(s *query.Scope, name string) (gold.Measure, *gold.Metric, bool) {
	d := &s.Version.Dataset
	metric := d.Metric(name)
	switch {
	case metric == nil:
		names := d.MetricNames()
		p.suggest("measures", gold.CodeInvalidValue, gold.Nearest(name, names), "expected measures such as sum(field) or count(), or metrics of %s%s, not %q", d.Name, among(names), name)
	case query.Unfiltered(d, metric):
		p.Problem("measures", gold.CodeInvalidValue, "%s is always computed over the whole dataset and can't be grouped", name)
	case s.Lacks(metric) != "":
		p.Problem("measures", gold.CodeInvalidValue, "%s needs %s, which this release can't look up", name, s.Lacks(metric))
	case metric.Measure == nil:
		return gold.Measure{}, metric, true
	default:
		return *metric.Measure, metric, true
	}
	return gold.Measure{}, nil, false
}

func among(names []string) string {
	if len(names) == 0 {
		return ", which has none"
	}
	return " (" + query.List(names) + ")"
}
