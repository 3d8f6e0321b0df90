package publisher

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// withScored returns the dataset that is read, with the fields that are computed.
func withScored(read *gold.Dataset, c *contract.Contract) *gold.Dataset {
	if len(c.Scorers) == 0 {
		return read
	}
	all := *read
	all.Fields = slices.Concat(read.Fields, c.Dataset.Scored())
	return &all
}

// shapeOfScores writes what of models shapes rows: their bytes, and which fields they take and give.
func shapeOfScores(b *strings.Builder, d *gold.Dataset) {
	for i := range d.Scores {
		s := &d.Scores[i]
		fmt.Fprintf(b, "score %s", s.SHA256)
		for _, in := range s.Inputs {
			fmt.Fprintf(b, " input %q %q", in.Name, in.Fields)
		}
		for _, out := range s.Outputs {
			fmt.Fprintf(b, " output %q %q", out.Field, out.Output)
		}
		b.WriteByte('\n')
	}
}
