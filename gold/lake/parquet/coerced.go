package parquet

import "goldserve/gold/lake/content"

// coercions counts them for one column.
type coercions struct {
	content.Coerced
	file   string
	before int64 // rows of the file before the row group
	whole  int64 // rows of the row group
}

// begin says which row group is read from here on.
func (c *coercions) begin(file string, g *group) { c.file, c.before, c.whole = file, g.before, g.rows }

// coerce notes that the n rows from one of the row group on, from 0, become null.
func (c *cursor) coerce(row int64, p *valueProblem, n int64) {
	c.coerced.Rows += n
	for i := range min(n, int64(content.MostCoerced-len(c.coerced.Examples))) {
		e := content.CoercedExample{File: c.coerced.file, Row: c.coerced.before + row + i + 1}
		if !c.column.field.PII {
			e.Text = p.found
		}
		c.coerced.Examples = append(c.coerced.Examples, e)
	}
}

// Coerced returns the values that became null, by field; only fields that have some.
func (r *Reader) Coerced() map[string]content.Coerced {
	coerced := map[string]content.Coerced{}
	for i := range r.cursors {
		if c := r.cursors[i].coerced.Coerced; c.Rows > 0 {
			coerced[r.batch.Fields[i].Name] = c
		}
	}
	return coerced
}
