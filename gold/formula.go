package gold

import (
	"math"
	"strconv"
	"strings"
)

// Formula is arithmetic over the measures and metrics of a dataset: an operation on two formulas, or a number, a measure,
// or the name of a metric. Null or a number that isn't finite makes the result null, and so does a division by 0.
type Formula struct {
	Op          byte // '+', '-', '*' or '/'; 0: one of the others
	Left, Right *Formula
	Number      float64
	Measure     *Measure
	Metric      string
}

// ParseFormula reads a formula: (revenue - cost) / revenue, or sum(amount) / 1000. * and / go before + and -. The error
// says what was expected.
func ParseFormula(text string) (*Formula, error) {
	s, err := newScanner(text)
	if err != nil {
		return nil, err
	}
	p := &formulaParser{scanner: s}
	f, err := p.sum()
	if err == nil && p.kind != tokenEnd {
		err = p.expected("+, -, * or /")
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

type formulaParser struct {
	*scanner
	depth int
}

func (p *formulaParser) sum() (*Formula, error) { return p.operations("+-", p.product) }

func (p *formulaParser) product() (*Formula, error) { return p.operations("*/", p.factor) }

// operations reads operands between operators of one precedence, which go from left to right.
func (p *formulaParser) operations(operators string, operand func() (*Formula, error)) (*Formula, error) {
	left, err := operand()
	for err == nil && p.kind == tokenSymbol && len(p.token.text) == 1 && strings.Contains(operators, p.token.text) {
		op := p.token.text[0]
		p.next()
		var right *Formula
		right, err = operand()
		left = &Formula{Op: op, Left: left, Right: right}
	}
	return left, err
}

const operandWords = "a number, a metric, a measure such as sum(amount), or ("

func (p *formulaParser) factor() (*Formula, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, p.expected("at most " + strconv.Itoa(maxNesting) + " parentheses within each other")
	}
	defer func() { p.depth-- }()
	switch {
	case p.kind == tokenWord:
		return p.reference()
	case p.kind == tokenNumber:
		n, err := strconv.ParseFloat(p.token.text, 64)
		if err != nil {
			return nil, p.expected(operandWords)
		}
		p.next()
		return &Formula{Number: n}, nil
	case p.is("-"):
		p.next()
		f, err := p.factor()
		if err == nil && f.Op == 0 && f.Measure == nil && f.Metric == "" {
			return &Formula{Number: -f.Number}, nil
		}
		return &Formula{Op: '-', Left: &Formula{}, Right: f}, err
	case p.is("("):
		p.next()
		f, err := p.sum()
		switch {
		case err != nil:
			return nil, err
		case !p.is(")"):
			return nil, p.expected("+, -, *, / or )")
		}
		p.next()
		return f, nil
	default:
		return nil, p.expected(operandWords)
	}
}

// reference reads a metric's name or a measure, up to its closing parenthesis.
func (p *formulaParser) reference() (*Formula, error) {
	start, name := p.start, p.token.text
	p.next()
	if !p.is("(") {
		return &Formula{Metric: name}, nil
	}
	end := len(p.text)
	for depth := 0; p.kind != tokenEnd; p.next() {
		switch {
		case p.is("("):
			depth++
		case p.is(")"):
			depth--
		}
		if depth == 0 {
			end = p.at
			p.next()
			break
		}
	}
	m, err := ParseMeasure(p.text[start:end])
	return &Formula{Measure: &m}, err
}

// String returns the formula as ParseFormula reads it, with the parentheses that it needs.
func (f *Formula) String() string {
	switch {
	case f.Op != 0:
		left, right := f.Left.String(), f.Right.String()
		if f.Left.binds() < f.binds() {
			left = "(" + left + ")"
		}
		// Of operators of the same precedence, the right one goes first only in parentheses.
		if f.Right.binds() <= f.binds() || strings.HasPrefix(right, "-") {
			right = "(" + right + ")"
		}
		return left + " " + string(f.Op) + " " + right
	case f.Measure != nil:
		return f.Measure.String()
	case f.Metric != "":
		return f.Metric
	default:
		return string(AppendDouble(nil, f.Number))
	}
}

// binds is greater where the operation goes first.
func (f *Formula) binds() int {
	switch f.Op {
	case '+', '-':
		return 1
	case '*', '/':
		return 2
	default:
		return 3
	}
}

// MarshalText writes the formula's text.
func (f *Formula) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads a formula's text.
func (f *Formula) UnmarshalText(text []byte) error {
	read, err := ParseFormula(string(text))
	if err == nil {
		*f = *read
	}
	return err
}

// Operands calls fn with the numbers, measures and metrics of the formula, from left to right.
func (f *Formula) Operands(fn func(*Formula)) {
	if f.Op == 0 {
		fn(f)
		return
	}
	f.Left.Operands(fn)
	f.Right.Operands(fn)
}

// value evaluates the formula; operand returns the value of a measure or metric.
func (f *Formula) value(operand func(*Formula) Value) Value {
	switch {
	case f.Op != 0:
		return calculate(f.Op, f.Left.value(operand), f.Right.value(operand))
	case f.Measure != nil || f.Metric != "":
		return operand(f)
	default:
		return NewDouble(f.Number)
	}
}

func calculate(op byte, a, b Value) Value {
	if a.IsNull() || b.IsNull() {
		return Value{}
	}
	x, y := a.Number(), b.Number()
	switch op {
	case '+':
		x += y
	case '-':
		x -= y
	case '*':
		x *= y
	default:
		if y == 0 {
			return Value{}
		}
		x /= y
	}
	if math.IsInf(x, 0) {
		return Value{}
	}
	return NewDouble(x)
}
