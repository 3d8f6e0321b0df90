package storetest

import (
	"fmt"
	"strconv"
	"strings"

	"goldserve/gold"
)

// show writes rows so that different ones look different.
func show(rows [][]gold.Value) []string {
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = showRow(r)
	}
	return lines
}

func showRow(r []gold.Value) string {
	cells := make([]string, len(r))
	for i, v := range r {
		cells[i] = showValue(v)
	}
	return strings.Join(cells, " | ")
}

// showValue writes text quoted and in ASCII, cut where it is long, and every other kind but Int with its name.
func showValue(v gold.Value) string {
	switch v.Kind() {
	case gold.Null:
		return "null"
	case gold.Int:
		return v.String()
	case gold.Text:
		quoted := strconv.QuoteToASCII(v.Text())
		if len(quoted) > 200 {
			return fmt.Sprintf("%s… (%d bytes, %s)", quoted[:80], len(v.Text()), digest([]gold.Field{{Kind: gold.Text}}, [][]gold.Value{{v}})[:12])
		}
		return quoted
	default:
		return v.Kind().String() + "(" + v.String() + ")"
	}
}

// describe writes a query as one reads it aloud.
func describe(q gold.Query) string {
	var b strings.Builder
	fmt.Fprintf(&b, "rows of %s", q.Version.Dataset.Name)
	if q.Fields != nil {
		fmt.Fprintf(&b, ", fields %s", strings.Join(q.Fields, " "))
	}
	describePredicates(&b, "where", q.Where)
	b.WriteString(", sort")
	for _, s := range q.Sort {
		fmt.Fprintf(&b, " %v%s", s, describeVia(s.Join))
	}
	if q.After != nil {
		fmt.Fprintf(&b, ", after (%s)", showRow(q.After))
	}
	if q.Limit != 0 {
		fmt.Fprintf(&b, ", limit %d", q.Limit)
	}
	return b.String()
}

func describeAggregation(a gold.Aggregation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "aggregate of %s", a.Version.Dataset.Name)
	for i, g := range a.Group {
		fmt.Fprintf(&b, "%s %s = %s%s", either(i == 0, ", by", ","), g.Name(), g.Field, describeVia(g.Join))
		if g.Grain != gold.GrainNone {
			fmt.Fprintf(&b, ".%s%+v", g.Grain, g.Calendar)
		}
		if g.Age != nil {
			fmt.Fprintf(&b, ".age(%s%s,%dd,%dm)%+v", g.Age.Since, describeVia(g.Age.Join), g.Age.Days, g.Age.Months, g.Calendar)
		}
		if len(g.Bins) > 0 {
			fmt.Fprintf(&b, ".bins%v%v", g.Bins, g.Exact)
		}
	}
	for i, m := range a.Measures {
		fmt.Fprintf(&b, "%s %s = %s", either(i == 0, ", measures", ","), m.Name(), m)
		b.WriteString(describeVia(m.Join))
	}
	for _, alias := range a.Aliases {
		fmt.Fprintf(&b, ", %s is %s%s", alias.Name, alias.Field, describeVia(alias.Join))
	}
	describePredicates(&b, "where", a.Where)
	describePredicates(&b, "having", a.Having)
	if a.Sort != nil {
		fmt.Fprintf(&b, ", sort %v", a.Sort)
	}
	if a.Limit != 0 {
		fmt.Fprintf(&b, ", limit %d", a.Limit)
	}
	return b.String()
}

func describePredicates(b *strings.Builder, word string, predicates []gold.Predicate) {
	for i, p := range predicates {
		b.WriteString(either(i == 0, ", "+word, " and"))
		if p.Any != nil {
			b.WriteString(" (")
			for k, alternative := range p.Any {
				describePredicates(b, either(k == 0, "either", "or"), alternative)
			}
			b.WriteString(")")
			continue
		}
		fmt.Fprintf(b, " %s%s %s", p.Field, describeVia(p.Join), p.Op)
		if len(p.Values) > 0 || p.Op == gold.In || p.Op == gold.NotIn {
			fmt.Fprintf(b, " (%s)", showRow(p.Values))
		}
	}
}

func describeVia(v *gold.Join) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf(" of %s by %s = %s%s", v.Version.Dataset.Name, v.Key, v.On, describeVia(v.Next))
}

func either[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}
