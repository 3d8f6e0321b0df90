package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"goldserve/publisher"
)

// intent says what a publish with something to do would come to.
func intent(p *publisher.Plan) string {
	if p.Next == 0 {
		return "would publish no release, but refresh the BI collections of release " + strconv.FormatInt(p.Current, 10)
	}
	return "would publish release " + strconv.FormatInt(p.Next, 10)
}

// planText shows what a publish would do: a table of the datasets, then the changes of the release and of the BI
// database.
func planText(p *publisher.Plan) string {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "DATASET\tACTION\tROWS\tWHY")
	for i := range p.Datasets {
		d := &p.Datasets[i]
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", d.Dataset, d.Action, rowsChange(d), whyText(d.Why))
	}
	_ = table.Flush() // to memory
	if len(p.Why) > 0 {
		fmt.Fprintf(&b, "release: %s\n", whyText(p.Why))
	}
	for i := range p.Datasets {
		if text := collectionChange(&p.Datasets[i]); text != "" && p.Current > 0 {
			fmt.Fprintf(&b, "BI database: %s\n", text)
		}
	}
	if len(p.Stale) > 0 {
		fmt.Fprintf(&b, "BI database: %s would be written again, since the current release is not there yet\n", list(p.Stale))
	}
	return b.String()
}

// rowsChange shows the number of rows before and after.
func rowsChange(d *publisher.DatasetPlan) string {
	after := "?" // not known before it is derived
	if d.Rows != nil {
		after = strconv.FormatInt(*d.Rows, 10)
	}
	if d.RowsBefore == nil {
		return after
	}
	before := strconv.FormatInt(*d.RowsBefore, 10)
	if before == after {
		return after
	}
	return before + " → " + after
}

func whyText(why []publisher.Why) string {
	texts := make([]string, len(why))
	for i, w := range why {
		texts[i] = w.Detail
	}
	return strings.Join(texts, "; ")
}

// collectionChange says how the dataset's collection in the BI database would change; "" if it would not.
func collectionChange(d *publisher.DatasetPlan) string {
	switch {
	case d.Collection == d.CollectionBefore:
		return ""
	case d.CollectionBefore == "":
		return "collection " + d.Collection + " is new"
	case d.Collection == "":
		return "collection " + d.CollectionBefore + " goes"
	default:
		return "collection " + d.CollectionBefore + " is called " + d.Collection
	}
}
