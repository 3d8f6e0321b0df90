package contract

import (
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// expectationOf reads what a source's rows must be.
func expectationOf(f *yaml.File, n *yaml.Node, s *gold.RawSource, what string) (e gold.Expectation) {
	o := f.Object(n, what)
	if at := o.Need("rule"); at != nil {
		word, _ := f.Word(at, what+": rule", gold.ExpectRules)
		e.Rule = gold.ExpectRule(word)
	}
	what += ": " + string(e.Rule)
	need := func(key string, of ...gold.ExpectRule) *yaml.Node {
		switch wanted := slices.Contains(of, e.Rule); {
		case wanted:
			return o.Need(key)
		case e.Rule != "":
			if at := o.Take(key); at != nil {
				f.Add(at, "%s: the rule has no %s", what, key)
			}
		default:
			o.Take(key)
		}
		return nil
	}
	if at := need("columns", gold.ExpectNotNull, gold.ExpectUnique, gold.ExpectMin); at != nil {
		for _, item := range f.Words(at, what+": columns") {
			expected(f, item, s, &e, what+": columns")
		}
	}
	if at := need("column", gold.ExpectReference); at != nil {
		expected(f, at, s, &e, what+": column")
	}
	if at := need("to", gold.ExpectReference); at != nil {
		if text, ok := f.Text(at, what+": to"); ok {
			e.Source, e.Column, ok = strings.Cut(text, ".")
			if !ok {
				f.Add(at, "%s: to: expected a column of another source, such as accounts.account_id, found %s", what, yaml.Quote(text))
			}
		}
	}
	if at := need("min", gold.ExpectMin); at != nil {
		e.Min, _ = f.Number(at, what+": min")
	}
	if at := need("days", gold.ExpectFresh); at != nil {
		e.Days, _ = f.Integer(at, what+": days", 1, 36500)
	}
	if at := o.Take("severity"); at != nil {
		word, _ := f.Word(at, what+": severity", []string{gold.FindingError, gold.FindingWarning})
		e.Warning = word == gold.FindingWarning
	}
	o.Done()
	return e
}

// expected reads a column that an expectation is about.
func expected(f *yaml.File, n *yaml.Node, s *gold.RawSource, e *gold.Expectation, what string) {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	at := slices.Index(names, n.Text)
	switch {
	case n.Kind != yaml.Scalar || at < 0:
		f.AddNear(n, n.Text, names, "%s: the source has no column %s", what, yaml.Quote(n.Text))
	case e.Rule == gold.ExpectMin && !slices.Contains([]gold.RawKind{gold.RawWhole, gold.RawNumber, gold.RawMoney}, s.Columns[at].Kind):
		f.Add(n, "%s: %s is of kind %s: expected a number", what, n.Text, s.Columns[at].Kind)
	default:
		e.Columns = append(e.Columns, n.Text)
	}
}

// referencesOf checks that the columns to which expectations refer are there.
func referencesOf(f *yaml.File, sources *yaml.Node, b *gold.Build) {
	var known []string
	for _, s := range b.Sources {
		for _, c := range s.Columns {
			known = append(known, s.Name+"."+c.Name)
		}
	}
	for i := range b.Sources {
		for j, e := range b.Sources[i].Expect {
			if to := e.Source + "." + e.Column; e.Column != "" && !slices.Contains(known, to) {
				at := sources.Value(b.Sources[i].Name).Value("expect").Items[j].Value("to")
				f.AddNear(at, to, known, "model: build: sources: %s: expect: reference: to: there is no column %s", b.Sources[i].Name, yaml.Quote(to))
				b.Sources[i].Expect[j].Columns = nil
			}
		}
	}
}
