package gold

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Measure is one aggregate of a group's rows, or of those for which its condition holds.
type Measure struct {
	Func  Func    `json:"func"`
	Field string  `json:"field,omitempty"` // none for Count
	Level float64 `json:"level,omitempty"` // of Quantile
	// By is the order of First and Last: fields with commas between, a time first, and last those that tell apart rows
	// of the same time; see Ordered.
	By    string `json:"by,omitempty"`
	Where string `json:"where,omitempty"` // a condition as ParseMeasure writes it; "": all rows
	As    string `json:"as,omitempty"`    // the column's name; see Name
	Join  *Join  `json:"-"`               // of Field
}

// Name returns the name of the measure's column: As, else count, sum_montant ….
func (m Measure) Name() string {
	switch {
	case m.As != "":
		return m.As
	case m.Field == "":
		return m.Func.String()
	case m.Func == Quantile:
		return m.Func.String() + "_" + m.Field + "_" + strings.ReplaceAll(m.level(), ".", "_")
	default:
		return m.Func.String() + "_" + m.Field
	}
}

// level writes the level of a quantile: 0.9.
func (m Measure) level() string { return strconv.FormatFloat(m.Level, 'f', -1, 64) }

// String returns the measure's canonical text: "sum(montant)", "count()", "sum(montant where pays = 'France')".
func (m Measure) String() string {
	arguments := m.Field
	switch {
	case m.Func == Quantile:
		arguments += ", " + m.level()
	case m.By != "":
		arguments += ", " + m.By
	}
	if m.Where != "" {
		if arguments != "" {
			arguments += " "
		}
		arguments += "where " + m.Where
	}
	return m.Func.String() + "(" + arguments + ")"
}

// Overflow returns the Invalid integer_overflow error of a sum of a field of kind k. If several sums overflow, callers
// report the first one in the order of the question.
func Overflow(m Measure, k Kind) *Error {
	name, of := m.String(), "the range of 64-bit integers"
	if k == WideDecimal {
		of = fmt.Sprintf("the %d digits of decimals", MaxDigits)
	}
	if m.Name() != (Measure{Func: m.Func, Field: m.Field}).Name() {
		name = m.As + ", " + name + ","
	}
	return Errorf(Invalid, CodeIntegerOverflow, "%s exceeds %s: narrow the filter, group by more fields, or make %s a double in its contract", name, of, m.Field)
}

// ParseMeasure reads the text of a measure: sum(montant), or sum(montant where pays = 'France' and not produit in ('Mug')).
func ParseMeasure(text string) (Measure, error) {
	var m Measure
	s, err := newScanner(text)
	if err != nil {
		return m, err
	}
	isFunc := s.kind == tokenWord && m.Func.UnmarshalText([]byte(s.token.text)) == nil
	s.next()
	if !isFunc || !s.is("(") {
		return m, fmt.Errorf("expected a measure such as sum(amount) or count(), one of %s", strings.Join(funcNames[:], ", "))
	}
	s.next()
	if s.kind == tokenWord && (m.Func != Count || !s.isWord("where")) {
		m.Field = s.token.text
		s.next()
	}
	if (m.Func == Count) != (m.Field == "") {
		return m, errors.New("count() takes no field, every other function takes one")
	}
	if m.Func == Quantile {
		if m.Level, err = parseLevel(s); err != nil {
			return m, err
		}
	}
	if m.Func.Picks() {
		if m.By, err = parseOrder(s); err != nil {
			return m, err
		}
	}
	if s.isWord("where") {
		s.next()
		c, err := parseClause(s)
		if err != nil {
			return m, err
		}
		m.Where = c.String()
	}
	if !s.is(")") {
		return m, s.expected(either(m.Where == "", "where or )", "and, or, or )"))
	}
	if s.next(); s.kind != tokenEnd {
		return m, s.expected("nothing")
	}
	return m, nil
}

// parseLevel reads the level of a quantile.
func parseLevel(s *scanner) (float64, error) {
	wanted := errors.New("quantile takes a field and a level from 0 to 1, such as quantile(amount, 0.9)")
	if !s.is(",") {
		return 0, wanted
	}
	s.next()
	level, err := strconv.ParseFloat(s.token.text, 64)
	if s.kind != tokenNumber || err != nil || level < 0 || level > 1 {
		return 0, wanted
	}
	s.next()
	return level, nil
}

// parseOrder reads the fields after the first one of First and Last; there may be none.
func parseOrder(s *scanner) (string, error) {
	var names []string
	for s.is(",") {
		s.next()
		if s.kind != tokenWord || slices.Contains(names, s.token.text) {
			return "", s.expected("another field to order by")
		}
		names = append(names, s.token.text)
		s.next()
	}
	return strings.Join(names, byComma), nil
}

// byComma is between the fields of By.
const byComma = ", "

// Order returns the fields of By.
func (m Measure) Order() []string {
	if m.By == "" {
		return nil
	}
	return strings.Split(m.By, byComma)
}

// Ordered completes the order of First and Last: the time, if the dataset has only one, and then what tells rows of the
// same time apart, which is the key or, where rows have none, the value itself. The error says what is missing.
func (d *Dataset) Ordered(m Measure) (Measure, error) {
	if !m.Func.Picks() {
		return m, nil
	}
	order := m.Order()
	if len(order) == 0 {
		for i := range d.Fields {
			if d.Fields[i].Kind.Temporal() {
				order = append(order, d.Fields[i].Name)
			}
		}
		if len(order) != 1 {
			return m, fmt.Errorf("%s has %d dates and timestamps: say by which, as in %s(%s, day)", d.Name, len(order), m.Func, m.Field)
		}
	}
	last := d.Key
	if d.Keyless() {
		if last = []string{m.Field}; d.Field(m.Field) == nil { // it is looked up
			last = nil
			if len(order) < 2 {
				return m, fmt.Errorf("rows of %s have no key: name a field that tells rows of the same time apart, as in %s(%s, day, number)", d.Name, m.Func, m.Field)
			}
		}
	}
	for _, name := range last {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	m.By = strings.Join(order, byComma)
	return m, nil
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// InUnit returns the measure of amounts in a single unit, which a field holds, for advice.
func (m Measure) InUnit(field string) Measure {
	if m.Where != "" {
		m.Where = "(" + m.Where + ") and "
	}
	m.Where += field + " = 'EUR'"
	return m
}

// Condition returns the measure's condition on rows of these fields; nil: it holds for all rows. The error says what can't
// be compared.
func (m Measure) Condition(fields []Field) ([]Predicate, error) {
	if m.Where == "" {
		return nil, nil
	}
	c, err := m.clause()
	if err != nil {
		return nil, err
	}
	return c.predicates(fields)
}

// ownCondition returns those parts of the measure's condition, all of which hold, that compare some of these fields alone.
func (m Measure) ownCondition(fields []Field) []Predicate {
	if m.Where == "" {
		return nil
	}
	c, err := m.clause()
	if err != nil {
		return nil
	}
	parts := []*clause{c}
	if c.word == "and" {
		parts = c.parts
	}
	var own []Predicate
	for _, part := range parts {
		if where, err := part.predicates(fields); err == nil {
			own = append(own, where...)
		}
	}
	return own
}

// Pinned writes the periods and local times of the measure's condition as instants, which are the same whatever the time
// zone: answers, and records of them, depend on nothing but the measure's text.
func (m Measure) Pinned(fields []Field, z *Zone) Measure {
	if m.Where == "" || z == nil {
		return m
	}
	c, err := m.clause()
	if err == nil {
		c, err = c.pinned(fields, z)
	}
	if err == nil { // else the condition's own problem
		m.Where = c.String()
	}
	return m
}

func (m Measure) clause() (*clause, error) {
	s, err := newScanner(m.Where)
	if err != nil {
		return nil, err
	}
	c, err := parseClause(s)
	if err == nil && s.kind != tokenEnd {
		err = s.expected("and, or")
	}
	return c, err
}

// Comparisons returns the comparisons of the measure's condition as they are written, without their values.
func (m Measure) Comparisons() []Predicate {
	if m.Where == "" {
		return nil
	}
	c, err := m.clause()
	if err != nil {
		return nil // a measure that was not parsed
	}
	return c.comparisons(nil)
}

// Reads returns the names of the dataset's fields that the measure reads, each once.
func (m Measure) Reads() []string {
	var names []string
	switch {
	case m.Join != nil:
		names = append(names, m.Join.On)
	case m.Field != "":
		names = append(names, m.Field)
	}
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range m.Order() {
		add(name)
	}
	for _, p := range m.Comparisons() {
		add(p.Field)
	}
	return names
}

// Inexact reports whether the measure lies between values: it has no precision of its own.
func (f Func) Inexact() bool { return f == Avg || f == Median || f == Quantile }

// Picks reports whether the measure is the value of one row.
func (f Func) Picks() bool { return f == First || f == Last }

// Kind returns the kind of the measure's column for a field of kind k: counts are Int; sums, minima, maxima,
// first and last values keep the field's kind, but that sums of a Decimal are WideDecimals; averages, medians and
// quantiles are Double.
func (m Measure) Kind(k Kind) Kind {
	if m.Func == Sum && k == Decimal {
		return WideDecimal
	}
	return m.StoredKind(k)
}

// StoredKind is Kind of a field that holds the measure's values in a dataset. A sum of Decimals may be a Decimal there, as
// long as none has more digits.
func (m Measure) StoredKind(k Kind) Kind {
	switch m.Func {
	case Count, CountDistinct:
		return Int
	case Avg, Median, Quantile:
		return Double
	default:
		return k
	}
}

// Single reports whether the measure's column is Single for a field: it has only values of the field itself.
func (m Measure) Single(f *Field) bool {
	return f.Single && (m.Func == Min || m.Func == Max || m.Func.Picks())
}

// Precision returns the Precision of the measure's column for a field: a sum of a WideDecimal may have all the digits
// that there are, that of the Decimals of 10^16 rows 34.
func (m Measure) Precision(f *Field) int {
	switch {
	case m.Kind(f.Kind) != WideDecimal:
		return 0
	case f.Kind == Decimal:
		return Decimal128Digits
	case m.Func == Sum:
		return MaxDigits
	default:
		return f.Precision
	}
}
