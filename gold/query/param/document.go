package param

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"goldserve/gold"
)

// ReadDocument reads the parameters of a question from a JSON object: its members are the parameters of a URL, by the same
// names. Numbers and truth values are written as such, a list as an array; or, and and not take objects, whose members must
// all hold: {"or": [{"pays": "France"}, {"montant__gte": 100, "pays__in": ["Italy", "Spain"]}]}.
func ReadDocument(text []byte) *Set {
	p := &Set{document: true}
	object, err := readObject(text)
	switch {
	case err != nil:
		p.Problem("", gold.CodeInvalidEncoding, "expected a JSON object of parameters: %v", err)
		return p
	case len(object) > maxParams:
		p.Problem("", gold.CodeTooMany, "%d members; at most %d are allowed", len(object), maxParams)
		return p
	}
	seen := map[string]bool{}
	for _, m := range object {
		value, err := m.text()
		if err == nil {
			err = readable(value)
		}
		if len(p.Problems) < maxParams {
			p.admit(seen, Pair{m.name, value}, readable(m.name), err)
		}
	}
	return p
}

// Grouped reports whether the question is one for groups: it has group_by or measures, or its cursor continues such a one.
func (p *Set) Grouped() bool {
	if p.Cursor != nil {
		return strings.HasSuffix(p.Cursor.Dataset, aggregateSuffix)
	}
	return slices.ContainsFunc(p.Pairs, func(p Pair) bool { return p.Name == "group_by" || p.Name == "measures" })
}

// member is one member of an object, in the order of the text. Its value is null, a string, a bool, a json.Number, a list
// or an object.
type member struct {
	name  string
	value any
}

type (
	object []member
	list   []any
)

// maxNested bounds the objects and lists within each other: each connective within another is a list and an object.
const maxNested = 2*maxDepth + 2

// readObject reads a JSON object whose members keep their order, and which may have some twice.
func readObject(text []byte) (object, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("the text isn't UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := readJSON(d, 0)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			if o, ok := value.(object); ok {
				return o, nil
			}
			return nil, errors.New("it is something else")
		}
		if err == nil {
			err = errors.New("something follows it")
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it has no end")
	}
	line := 1 + bytes.Count(text[:min(int64(len(text)), d.InputOffset())], []byte("\n"))
	return nil, fmt.Errorf("line %d: %w", line, err)
}

func readJSON(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	open, ok := token.(json.Delim)
	if err != nil || !ok {
		return token, err
	}
	if depth == maxNested {
		return nil, fmt.Errorf("conditions are nested at most %d deep", maxDepth)
	}
	var of object
	items := list{}
	for d.More() {
		name := ""
		if open == '{' {
			token, err := d.Token()
			if err != nil {
				return nil, err
			}
			name = token.(string)
		}
		value, err := readJSON(d, depth+1)
		if err != nil {
			return nil, err
		}
		of, items = append(of, member{name, value}), append(items, value)
	}
	if _, err := d.Token(); err != nil || open == '[' {
		return items, err
	}
	return of, nil
}

// text writes the value of a member as that of a parameter.
func (m *member) text() (string, error) {
	if slices.Contains(Connectives, m.name) {
		n := 0
		return m.connective(&n)
	}
	items, ok := m.value.(list)
	if !ok {
		text, err := scalar(m.value)
		if _, number := m.value.(json.Number); err == nil && !number && (m.name == "limit" || m.name == "release") {
			err = errors.New("expected a number")
		}
		if _, truth := m.value.(bool); err == nil && !truth && (m.name == "totals" || m.name == "explain") {
			err = errors.New("expected true or false")
		}
		return text, err
	}
	texts, err := m.scalars(items)
	if err == nil && m.isList() {
		return JoinList(texts), nil
	}
	return strings.Join(texts, ","), err
}

func (m *member) isList() bool {
	_, suffix, _ := strings.Cut(m.name, "__")
	return suffix == gold.In.String() || suffix == gold.NotIn.String()
}

// scalars writes the items of a list.
func (m *member) scalars(items list) ([]string, error) {
	switch {
	case !m.isList() && !slices.Contains([]string{"fields", "group_by", "measures", "sort"}, m.name):
		return nil, fmt.Errorf("expected one value; a list is compared by %s__in", strings.TrimSuffix(m.name, "__eq"))
	case len(items) == 0:
		return nil, errors.New("expected a list of at least one value")
	}
	texts := make([]string, len(items))
	for i, item := range items {
		var err error
		if texts[i], err = scalar(item); err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	return texts, nil
}

// scalar writes one value.
func scalar(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		if v {
			return "true", nil
		}
		return "false", nil
	case nil:
		return "", errors.New("null equals nothing: compare by __isnull")
	default:
		return "", errors.New("expected a text, a number, true or false")
	}
}

// connective writes the conditions of or, and or not: (a=1,and(b=2,c__in=(3,4))).
func (m *member) connective(terms *int) (string, error) {
	conditions, ok := m.value.(list)
	if one, is := m.value.(object); is && m.name == "not" {
		conditions, ok = list{one}, true
	}
	if !ok || len(conditions) == 0 {
		return "", fmt.Errorf(`expected %s as in {"%[1]s": [{"a": 1}, {"b__gt": 2}]}`, m.name)
	}
	parts := make([]string, len(conditions))
	for i, c := range conditions {
		members, ok := c.(object)
		if !ok || len(members) == 0 {
			return "", fmt.Errorf(`condition %d: expected an object of comparisons as in {"a": 1, "b__gt": 2}`, i+1)
		}
		texts := make([]string, len(members))
		for k := range members {
			var err error
			if texts[k], err = members[k].part(terms); err != nil {
				return "", err
			}
		}
		if parts[i] = strings.Join(texts, ","); len(texts) > 1 && m.name == "or" {
			parts[i] = "and(" + parts[i] + ")"
		}
	}
	return "(" + strings.Join(parts, ",") + ")", nil
}

// part writes a member of a condition.
func (m *member) part(terms *int) (string, error) {
	if strings.ContainsAny(m.name, "=,()") || m.name == "" {
		return "", fmt.Errorf("no field is named %q", m.name)
	}
	_, isObject := m.value.(object)
	items, isList := m.value.(list)
	if slices.Contains(Connectives, m.name) && (isObject || isList) {
		text, err := m.connective(terms)
		return m.name + text, err
	}
	if *terms++; *terms > maxTerms {
		return "", fmt.Errorf("at most %d comparisons are connected", maxTerms)
	}
	texts := []string{""}
	var err error
	if isList {
		texts, err = m.scalars(items)
	} else if texts[0], err = scalar(m.value); err == nil && m.isList() {
		texts, err = splitList(texts[0]) // as in a URL
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", m.name, err)
	}
	for i, text := range texts {
		if strings.ContainsAny(text, ",()") || strings.HasPrefix(text, `"`) {
			texts[i] = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
		}
	}
	if m.isList() {
		return m.name + "=(" + strings.Join(texts, ",") + ")", nil
	}
	return m.name + "=" + texts[0], nil
}
