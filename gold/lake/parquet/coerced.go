package parquet

// Coerced counts the values of a field that did not fit its cast, and became null.
type Coerced struct {
	Rows     int64
	Examples []CoercedExample // of the first ones
}

// CoercedExample is one of these values. Text is empty for personal data.
type CoercedExample struct {
	File string
	Row  int64 // of the file, from 1
	Text string
}

// MostCoerced bounds the examples of a field.
const MostCoerced = 5

// coercions counts them for one column.
type coercions struct {
	Coerced
	file   string
	before int64 // rows of the file before the row group
	whole  int64 // rows of the row group
}

// begin says which row group is read from here on.
func (c *coercions) begin(file string, g *group) { c.file, c.before, c.whole = file, g.before, g.rows }

// coerce notes that the n rows from one of the row group on, from 0, become null.
func (c *cursor) coerce(row int64, p *valueProblem, n int64) {
	c.coerced.Rows += n
	for i := range min(n, int64(MostCoerced-len(c.coerced.Examples))) {
		e := CoercedExample{File: c.coerced.file, Row: c.coerced.before + row + i + 1}
		if !c.column.field.PII {
			e.Text = p.found
		}
		c.coerced.Examples = append(c.coerced.Examples, e)
	}
}

// Coerced returns the values that became null, by field; only fields that have some.
func (r *Reader) Coerced() map[string]Coerced {
	coerced := map[string]Coerced{}
	for i := range r.cursors {
		if c := r.cursors[i].coerced.Coerced; c.Rows > 0 {
			coerced[r.batch.Fields[i].Name] = c
		}
	}
	return coerced
}
