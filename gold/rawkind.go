package gold

import (
	"fmt"
	"slices"
	"strings"
)

// RawKinds are the names of the kinds, in the order of the reference.
var RawKinds = []string{string(RawText), string(RawWhole), string(RawNumber), string(RawMoney), string(RawInstant), string(RawDate), string(RawBoolean)}

// MoneyScale is how many digits money has after the point.
const MoneyScale = 4

// kindOf returns the kind of values that a raw kind has.
func (k RawKind) kindOf() (kind Kind, scale int) {
	switch k {
	case RawWhole:
		return Int, 0
	case RawNumber:
		return Double, 0
	case RawMoney:
		return Decimal, MoneyScale
	case RawInstant:
		return Time, 0
	case RawDate:
		return Date, 0
	case RawBoolean:
		return Bool, 0
	default:
		return Text, 0
	}
}

// Parse reads a value of the parameter, which its bounds allow, and returns its canonical text: 365, 10000.0000,
// 2025-01-31T00:00:00.000Z, true.
func (p *Parameter) Parse(text string) (string, error) {
	kind, scale := p.Kind.kindOf()
	v, err := ParseValue(kind, scale, text)
	if err != nil {
		return "", err
	}
	bound := func(text string, beyond int, words string) error {
		if text == "" {
			return nil
		}
		limit, err := ParseValue(kind, scale, text)
		if err != nil || Compare(v, limit) == beyond {
			return fmt.Errorf("expected %s %s", words, text)
		}
		return nil
	}
	if err := bound(p.Min, -1, "at least"); err != nil {
		return "", err
	}
	if err := bound(p.Max, 1, "at most"); err != nil {
		return "", err
	}
	return v.Format(scale), nil
}

// Set returns the values of the parameters that assignments such as horizon_days=30 set, in canonical form, by name. Its error names
// every assignment that is wrong.
func (b *Build) Set(assignments []string) (map[string]string, error) {
	return setParameters(b.Parameters, assignments)
}

// SetGenerate is Set of the parameters of the SQL that makes raw files.
func (b *Build) SetGenerate(assignments []string) (map[string]string, error) {
	return setParameters(b.Generate, assignments)
}

func setParameters(parameters []Parameter, assignments []string) (map[string]string, error) {
	values := map[string]string{}
	names := make([]string, len(parameters))
	for i := range parameters {
		names[i] = parameters[i].Name
	}
	var problems []Problem
	wrong := func(name, near, format string, args ...any) {
		problems = append(problems, Problem{Parameter: name, Code: CodeUsage, Detail: fmt.Sprintf(format, args...), DidYouMean: near})
	}
	for _, a := range assignments {
		name, text, found := strings.Cut(a, "=")
		at := slices.Index(names, name)
		_, again := values[name]
		switch {
		case !found:
			wrong(a, "", "expected NAME=VALUE, such as horizon_days=365")
		case len(names) == 0:
			wrong(name, "", "the model's build has no parameters")
		case at < 0:
			wrong(name, Nearest(name, names), "the model's build has no such parameter: expected one of %s", strings.Join(names, ", "))
		case again:
			wrong(name, "", "the parameter is set twice")
		default:
			value, err := parameters[at].Parse(text)
			if err != nil {
				wrong(name, "", "%s, found %q", err, text)
			}
			values[name] = value
		}
	}
	for i := range parameters {
		if _, set := values[names[i]]; parameters[i].Required && !set && problems == nil {
			wrong(names[i], "", "the model's build needs this parameter: expected a value of kind %s: %s", parameters[i].Kind, parameters[i].Description)
		}
	}
	if problems != nil {
		return nil, InvalidAll(problems)
	}
	return values, nil
}

// Parameter returns the parameter of a name, nil if there is none.
func (b *Build) Parameter(name string) *Parameter {
	for i := range b.Parameters {
		if b.Parameters[i].Name == name {
			return &b.Parameters[i]
		}
	}
	return nil
}

// Source returns the source of a name, nil if there is none.
func (b *Build) Source(name string) *RawSource {
	for i := range b.Sources {
		if b.Sources[i].Name == name {
			return &b.Sources[i]
		}
	}
	return nil
}
