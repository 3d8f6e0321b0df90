package gold

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// clause is the condition of a measure as it is written, before its fields are known.
type clause struct {
	word   string    // and, or, not; "": a comparison
	parts  []*clause // of and, or, not
	field  string
	op     Op
	values []literal
}

// literal is a value as it is written.
type literal struct {
	kind tokenKind // a word is true or false
	text string
}

func (l literal) String() string {
	if l.kind == tokenText {
		return quoteText(l.text)
	}
	return l.text
}

// symbols are the operators as conditions write them.
var symbols = map[string]Op{"=": Eq, "!=": Ne, "<>": Ne, "<": Lt, "<=": Lte, ">": Gt, ">=": Gte}

var symbolOf = map[Op]string{Eq: "=", Ne: "!=", Lt: "<", Lte: "<=", Gt: ">", Gte: ">=", In: "in", NotIn: "not in", IsNull: "is null", NotNull: "is not null"}

// parseClause reads a condition up to what can't belong to it.
func parseClause(s *scanner) (*clause, error) { return (&clauseParser{scanner: s}).all("or", "and") }

type clauseParser struct {
	*scanner
	depth int
}

// all reads parts between a word, whose parts are between the next word.
func (p *clauseParser) all(word, within string) (*clause, error) {
	part := p.factor
	if within != "" {
		part = func() (*clause, error) { return p.all(within, "") }
	}
	first, err := part()
	c := &clause{word: word, parts: []*clause{first}}
	for err == nil && p.isWord(word) {
		p.next()
		var next *clause
		next, err = part()
		c.parts = append(c.parts, next)
	}
	if len(c.parts) == 1 {
		return first, err
	}
	return c, err
}

func (p *clauseParser) factor() (*clause, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.expected("at most " + strconv.Itoa(maxNesting) + " conditions within each other")
	}
	defer func() { p.depth-- }()
	switch {
	case p.isWord("not"):
		p.next()
		c, err := p.factor()
		return &clause{word: "not", parts: []*clause{c}}, err
	case p.is("("):
		p.next()
		c, err := p.all("or", "and")
		if err == nil && !p.is(")") {
			err = p.expected("and, or, or )")
		}
		p.next()
		return c, err
	case p.kind == tokenWord:
		return p.comparison()
	default:
		return nil, p.expected("a field, not or (")
	}
}

func (p *clauseParser) comparison() (*clause, error) {
	c := &clause{field: p.token.text}
	p.next()
	op, compares := symbols[p.token.text]
	var err error
	switch {
	case p.kind == tokenSymbol && compares:
		c.op = op
		p.next()
		c.values, err = p.value(nil)
	case p.isWord("in"):
		c.op = In
		c.values, err = p.list()
	case p.isWord("not"):
		if p.next(); !p.isWord("in") {
			return nil, p.expected("in")
		}
		c.op = NotIn
		c.values, err = p.list()
	case p.isWord("is"):
		c.op = IsNull
		if p.next(); p.isWord("not") {
			c.op = NotNull
			p.next()
		}
		if !p.isWord("null") {
			return nil, p.expected("null")
		}
		p.next()
	default:
		return nil, p.expected("=, !=, <, <=, >, >=, in, not in or is null")
	}
	return c, err
}

// list reads values in parentheses.
func (p *clauseParser) list() (values []literal, err error) {
	if p.next(); !p.is("(") {
		return nil, p.expected("( and values")
	}
	for err == nil {
		p.next()
		if values, err = p.value(values); err == nil && !p.is(",") {
			break
		}
	}
	if err == nil && !p.is(")") {
		err = p.expected(", or )")
	}
	p.next()
	return values, err
}

// value reads one value and appends it.
func (p *clauseParser) value(values []literal) ([]literal, error) {
	sign := ""
	if p.is("-") {
		sign = "-"
		p.next()
	}
	l := literal{p.kind, sign + p.token.text}
	switch {
	case p.kind == tokenNumber, p.kind == tokenText && sign == "":
	case sign == "" && (p.isWord("true") || p.isWord("false")):
		l.text = strings.ToLower(l.text)
	case p.isWord("null"):
		return nil, errors.New("nothing equals null: expected is null or is not null")
	default:
		return nil, p.expected("a number, a text in single quotes, true or false")
	}
	p.next()
	return append(values, l), nil
}

// String returns the condition as parseClause reads it, with the parentheses that it needs.
func (c *clause) String() string {
	switch c.word {
	case "":
		text := c.field + " " + symbolOf[c.op]
		switch c.op.Row().Arity {
		case OneValue:
			text += " " + c.values[0].String()
		case AnyValues:
			items := make([]string, len(c.values))
			for i, l := range c.values {
				items[i] = l.String()
			}
			text += " (" + strings.Join(items, ", ") + ")"
		default:
		}
		return text
	case "not":
		return "not " + c.parts[0].within(true)
	default:
		texts := make([]string, len(c.parts))
		for i, part := range c.parts {
			texts[i] = part.within(c.word == "and")
		}
		return strings.Join(texts, " "+c.word+" ")
	}
}

// within writes the condition as a part of another; or needs parentheses within and, both within not.
func (c *clause) within(closer bool) string {
	if closer && (c.word == "or" || c.word == "and") {
		return "(" + c.String() + ")"
	}
	return c.String()
}

// comparisons appends the comparisons, without their values.
func (c *clause) comparisons(all []Predicate) []Predicate {
	if c.word == "" {
		return append(all, Predicate{Field: c.field, Op: c.op})
	}
	for _, part := range c.parts {
		all = part.comparisons(all)
	}
	return all
}

// predicates types the condition's values as those of its fields.
func (c *clause) predicates(fields []Field) ([]Predicate, error) {
	if c.word == "" {
		return c.typed(fields)
	}
	parts := make([][]Predicate, len(c.parts))
	for i, part := range c.parts {
		var err error
		if parts[i], err = part.predicates(fields); err != nil {
			return nil, err
		}
	}
	switch c.word {
	case "or":
		return AnyOf(parts...), nil
	case "not":
		return Not(parts[0]), nil
	default:
		return slices.Concat(parts...), nil
	}
}

// typed returns the predicates of a comparison.
func (c *clause) typed(fields []Field) ([]Predicate, error) {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == c.field })
	if i < 0 {
		return nil, fmt.Errorf("there is no field %s", c.field)
	}
	f := &fields[i]
	row := c.op.Row()
	if row.Ordered && f.Kind == Bool {
		return nil, fmt.Errorf("%s is a bool, which %s can't compare", f.Name, symbolOf[c.op])
	}
	if row.Arity == NoValue {
		return []Predicate{{Field: f.Name, Op: c.op}}, nil
	}
	if f.Kind.Temporal() {
		return c.ofPeriods(f, nil)
	}
	p := Predicate{Field: f.Name, Op: c.op}
	for _, l := range c.values {
		v, err := l.of(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w, found %s", f.Name, err, l)
		}
		p.Values = append(p.Values, v)
	}
	return []Predicate{p}, nil
}

// of returns the literal as a value of a field.
func (l literal) of(f *Field) (Value, error) {
	wanted, what := tokenNumber, "a number"
	switch f.Kind {
	case Bool:
		wanted, what = tokenWord, "true or false"
	case Text:
		wanted, what = tokenText, "a text in single quotes"
	case Duration:
		wanted, what = tokenText, "a duration in single quotes"
	default:
	}
	if l.kind != wanted {
		return Value{}, errors.New("expected " + what)
	}
	if unit := periodFormats[f.Doc.Format]; f.Kind == Text && unit != NoPeriod {
		// Texts of periods compare by their bytes, which only those of the same unit do in the order of time.
		if p, ok := ParsePeriod(l.text); !ok || p.Unit != unit && (unit != WeekPeriod || p.Unit != DayPeriod) {
			return Value{}, fmt.Errorf("expected a %s such as %s", unit, unit.Example())
		}
	}
	return f.Parse(l.text)
}

// pinned returns the condition with instants in place of periods and local times of a zone.
func (c *clause) pinned(fields []Field, z *Zone) (*clause, error) {
	if c.word != "" {
		parts := make([]*clause, len(c.parts))
		for i, part := range c.parts {
			var err error
			if parts[i], err = part.pinned(fields, z); err != nil {
				return nil, err
			}
		}
		return &clause{word: c.word, parts: parts}, nil
	}
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == c.field })
	if i < 0 || fields[i].Kind != Time || c.op.Row().Arity == NoValue {
		return c, nil
	}
	where, err := c.ofPeriods(&fields[i], z)
	return clauseOf(where), err
}

// clauseOf returns the clause of a condition on times.
func clauseOf(where []Predicate) *clause {
	all := &clause{word: "and"}
	for _, p := range where {
		part := &clause{word: "or", field: p.Field}
		if p.Any == nil {
			part = &clause{field: p.Field, op: p.Op}
			for _, v := range p.Values {
				part.values = append(part.values, literal{tokenText, v.String()})
			}
		}
		for _, alternative := range p.Any {
			part.parts = append(part.parts, clauseOf(alternative))
		}
		all.parts = append(all.parts, part)
	}
	if len(all.parts) == 1 {
		return all.parts[0]
	}
	return all
}

// ofPeriods compares a Date or Time with instants, days or longer periods, which mean all of their time in a zone, nil for
// UTC.
func (c *clause) ofPeriods(f *Field, z *Zone) ([]Predicate, error) {
	compare := func(op Op, v int64) Predicate {
		return Predicate{Field: f.Name, Op: op, Values: []Value{NewIntegral(f.Kind, v)}}
	}
	equal := make([][]Predicate, len(c.values))
	var first, last int64
	for i, l := range c.values {
		var err error
		if first, last, err = l.period(f, z); err != nil {
			return nil, fmt.Errorf("%s: %w, found %s", f.Name, err, l)
		}
		equal[i] = []Predicate{compare(Gte, first), compare(Lte, last)}
		if first == last {
			equal[i] = []Predicate{compare(Eq, first)}
		}
	}
	switch c.op {
	case Lt, Gte:
		return []Predicate{compare(c.op, first)}, nil
	case Gt, Lte:
		return []Predicate{compare(c.op, last)}, nil
	case Ne, NotIn:
		return Not(AnyOf(equal...)), nil
	default:
		return AnyOf(equal...), nil
	}
}

// period returns the first and the last value of a Date or Time that a literal means.
func (l literal) period(f *Field, z *Zone) (first, last int64, err error) {
	if l.kind != tokenText {
		return 0, 0, errors.New("expected a time in single quotes, such as '2011-12-08' or '2011-12'")
	}
	if p, ok := ParsePeriod(l.text); ok {
		if f.Kind == Date {
			return p.First, p.Last, nil
		}
		if z == nil {
			return p.First * MillisPerDay, (p.Last+1)*MillisPerDay - 1, nil
		}
		return z.Start(p.First), z.Start(p.Last+1) - 1, nil
	}
	var v Value
	if f.Kind == Time {
		v, err = parseTimeIn(z, l.text)
	} else {
		v, err = f.Parse(l.text)
	}
	return v.Int(), v.Int(), err
}
