package builder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"goldserve/gold"
)

// reportFile says which rows silver dropped, and how many rows gold has.
const reportFile = "silver_report.json"

// silverReport writes the report: each table with a quarantine, in the order in which they are built, and its reasons in the header's.
func silverReport(p *Plan, tables []gold.BuiltTable) []byte {
	entry := func(t *Table) *gold.BuiltTable {
		i := slices.IndexFunc(tables, func(b gold.BuiltTable) bool { return b.FullName() == t.FullName() })
		if i < 0 {
			return nil
		}
		return &tables[i]
	}
	var b, rows bytes.Buffer
	b.WriteString("{\n")
	for i := range p.Tables {
		t := p.Tables[i].Table
		e := entry(t)
		switch {
		case e == nil:
		case t.Quarantine != nil:
			fmt.Fprintf(&b, "  %q: {\n    \"rows_in\": %d,\n    \"dropped\": {\n", t.Name, e.RowsIn)
			for j, reason := range t.Quarantine.Reasons {
				fmt.Fprintf(&b, "      %q: %d%s\n", reason, e.Rejected[reason], comma(j < len(t.Quarantine.Reasons)-1))
			}
			fmt.Fprintf(&b, "    },\n    \"rows_out\": %d\n  },\n", e.Rows)
		case t.Stage == Gold && !t.Temporary:
			fmt.Fprintf(&rows, "%s\n    %q: %d", comma(rows.Len() > 0), t.Name, e.Rows)
		}
	}
	fmt.Fprintf(&b, "  \"gold_rows\": {%s\n  }\n}\n", rows.Bytes())
	return b.Bytes()
}

// refreshReport writes the report where it isn't what the record says, though nothing has to run.
func (b *Builder) refreshReport(ctx context.Context, p *Plan) error {
	want := silverReport(p, p.record.Tables)
	got, err := b.Lake.Root.Read(ctx, reportFile)
	if err == nil && bytes.Equal(got, want) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	scratch, err := newScratch(b.Lake.Scratch)
	if err != nil {
		return err
	}
	from := filepath.Join(scratch, reportFile)
	if err = writeFile(from, want); err == nil {
		_, err = b.Lake.Root.Put(ctx, reportFile, from)
	}
	return errors.Join(err, removeScratch(b.Lake.Scratch))
}

func comma(more bool) string {
	if more {
		return ","
	}
	return ""
}
