package publisher

import (
	"time"

	"goldserve/gold"
	"goldserve/gold/mask"
)

// storer turns a dataset's batches into stored rows: masks PII fields, and adds the position where there is no key, and the
// BI fields. It is for one goroutine; the batch that it returns is valid until its next call.
type storer struct {
	dataset *gold.Dataset
	out     gold.Batch
	masks   []func(*gold.Column) // by field; nil: none
	from    []int                // of each BI field
}

func newStorer(d *gold.Dataset, hmacKey []byte) *storer {
	s := &storer{dataset: d, masks: make([]func(*gold.Column), len(d.Fields))}
	s.out.Fields = d.Stored()
	s.out.Columns = make([]gold.Column, len(s.out.Fields))
	for i, f := range d.Fields {
		s.masks[i] = mask.New(f.Mask, hmacKey, d.Model+"."+d.Name, f.Name)
	}
	for _, b := range d.BI {
		for i, f := range d.Fields {
			if f.Name == b.From {
				s.from = append(s.from, i)
			}
		}
	}
	return s
}

// store returns the stored form of a batch of the dataset's fields, whose first row has a position that counts where there
// is no key. Columns that need no change are shared.
func (s *storer) store(b *gold.Batch, position int64) *gold.Batch {
	s.out.Rows = b.Rows
	n := copy(s.out.Columns, b.Columns)
	for i, mask := range s.masks {
		if mask != nil {
			mask(&s.out.Columns[i])
		}
	}
	if s.dataset.Keyless() {
		c := &s.out.Columns[n]
		*c = gold.Column{Kind: gold.Int, Ints: c.Ints[:0]}
		for i := range b.Rows {
			c.Ints = append(c.Ints, position+int64(i))
		}
		n++
	}
	for i, from := range s.from {
		dateColumn(&s.out.Columns[n+i], &b.Columns[from])
	}
	return &s.out
}

// dateColumn fills a Time column with the midnight, UTC, of days or months. Text that is neither is null.
func dateColumn(dst, src *gold.Column) {
	*dst = gold.Column{Kind: gold.Time, Ints: dst.Ints[:0], Nulls: dst.Nulls[:0]}
	lastText, lastValue := "", gold.Value{}
	for i := range src.Len() {
		switch {
		case src.IsNull(i):
			dst.AppendNull()
		case src.Kind == gold.Date:
			dst.Append(gold.NewTime(src.Ints[i] * gold.MillisPerDay))
		default:
			if text := src.Text(i); string(text) != lastText {
				lastText = string(text)
				lastValue = midnight(lastText)
			}
			dst.Append(lastValue)
		}
	}
}

func midnight(text string) gold.Value {
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			return gold.NewTime(t.UnixMilli())
		}
	}
	return gold.Value{}
}
