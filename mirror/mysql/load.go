package mysql

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/mirror"
)

// The bytes that comments may have, in characters of which each has at least one.
const (
	maxTableComment  = 2048
	maxColumnComment = 1024
)

// The characters of the texts of a key, together and each: an index holds 3,072 bytes, of which a character may have four.
const (
	keyCharacters    = 768
	columnCharacters = 255
)

// length returns the number of characters of a joined text column.
func length(table *mirror.Table, c *mirror.Column) int {
	texts := 0
	for _, name := range table.Key {
		if table.Column(name).Kind == gold.Text {
			texts++
		}
	}
	return min(columnCharacters, keyCharacters/max(texts, 1))
}

// typeOf returns the type of a column. Times are UTC, durations are seconds.
func typeOf(table *mirror.Table, c *mirror.Column) string {
	switch c.Kind {
	case gold.Bool:
		return "BOOLEAN"
	case gold.Int:
		return "BIGINT"
	case gold.Double: // a FLOAT is shown with six digits
		return "DOUBLE"
	case gold.Decimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", gold.NarrowDigits, c.Scale)
	case gold.WideDecimal:
		return fmt.Sprintf("DECIMAL(%d,%d)", cmp.Or(c.Precision, gold.MaxDigits), c.Scale)
	case gold.Date:
		return "DATE"
	case gold.Time: // a TIMESTAMP ends in 2038
		return "DATETIME(3)"
	case gold.Duration:
		return fmt.Sprintf("DECIMAL(19,%d)", gold.DurationScale)
	case gold.Text, gold.Null:
	}
	if c.Joined {
		return fmt.Sprintf("VARCHAR(%d)", length(table, c))
	}
	return "LONGTEXT"
}

// load makes the table beside the one that it replaces, and fills it.
func (w *write) load(ctx context.Context, table *mirror.Table, open func(context.Context, *mirror.Table) (gold.Rows, error)) (err error) {
	parts := make([]string, 0, len(table.Columns)+1)
	for i := range table.Columns {
		c := &table.Columns[i]
		text := quote(c.Name) + " " + typeOf(table, c)
		if !c.Nullable {
			text += " NOT NULL"
		}
		comment := c.Comment
		if c.Kind == gold.Time {
			comment = strings.TrimLeft(mirror.Cut(comment, maxColumnComment-6)+" (UTC)", " ")
		}
		if comment != "" {
			text += " COMMENT " + literal(mirror.Cut(comment, maxColumnComment))
		}
		parts = append(parts, text)
	}
	if len(table.Key) > 0 {
		key := make([]string, len(table.Key))
		for i, name := range table.Key {
			key[i] = quote(name)
		}
		parts = append(parts, "PRIMARY KEY ("+strings.Join(key, ", ")+")")
	}
	name := w.quoted(fresh(table.Name))
	if err := w.exec(ctx, "CREATE TABLE "+name+" ("+strings.Join(parts, ", ")+") "+w.options(table.Mark.Comment(table.Comment, maxTableComment))); err != nil {
		return err
	}
	rows, err := open(ctx, table)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	i := inserter{write: w, table: table, head: "INSERT INTO " + name + " VALUES "}
	return i.insert(ctx, rows)
}

// The bytes of a statement, at most, and of the statements of a transaction.
const (
	statementSize   = 1 << 20
	transactionSize = 32 << 20
)

// inserter inserts rows, many by each statement.
type inserter struct {
	*write
	table *mirror.Table
	head  string
	text  []byte // the statement
	begun int    // bytes of the transaction; 0: there is none
	row   int64
}

func (s *inserter) insert(ctx context.Context, rows gold.Rows) error {
	limit := min(statementSize, s.packet/2)
	for {
		b, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for i := range b.Rows {
			s.row++
			before := len(s.text)
			if err := s.append(b, i); err != nil {
				return err
			}
			if size := len(s.text) - before; size > s.packet-len(s.head)-64 {
				return mirror.RangeError(s.table, s.row, &s.table.Columns[0], s.table.KeyOf(b, i), fmt.Sprintf("the row has %d bytes, and the server takes %d in a statement (max_allowed_packet): allow it more", size, s.packet))
			}
			if len(s.text) > limit && before > 0 && len(s.text) > s.packet-64 { // the row goes by itself
				if err := s.flush(ctx, before); err != nil {
					return err
				}
			}
			if len(s.text) > limit {
				if err := s.flush(ctx, len(s.text)); err != nil {
					return err
				}
			}
		}
	}
	if err := s.flush(ctx, len(s.text)); err != nil {
		return err
	}
	if s.begun > 0 {
		return s.exec(ctx, "COMMIT")
	}
	return nil
}

// flush sends the first bytes of the statement, which are whole rows, and leaves the others as the next one.
func (s *inserter) flush(ctx context.Context, size int) error {
	if size == 0 {
		return nil
	}
	if s.begun == 0 {
		if err := s.exec(ctx, "START TRANSACTION"); err != nil {
			return err
		}
	}
	if err := s.exec(ctx, string(s.text[:size])); err != nil {
		return fmt.Errorf("dataset %s: %w", s.table.Dataset, err)
	}
	s.begun += size
	rest := bytes.TrimPrefix(s.text[size:], []byte(","))
	if len(rest) > 0 {
		s.text = append([]byte(s.head), rest...)
	} else {
		s.text = s.text[:0]
	}
	if s.begun < transactionSize {
		return nil
	}
	s.begun = 0
	return s.exec(ctx, "COMMIT")
}

// append adds row i of a batch to the statement.
func (s *inserter) append(b *gold.Batch, i int) error {
	if len(s.text) == 0 {
		s.text = append(s.text, s.head...)
	} else {
		s.text = append(s.text, ',')
	}
	s.text = append(s.text, '(')
	for c := range b.Columns {
		if c > 0 {
			s.text = append(s.text, ',')
		}
		var why string
		if s.text, why = s.value(s.text, &s.table.Columns[c], &b.Columns[c], i); why != "" {
			return mirror.RangeError(s.table, s.row, &s.table.Columns[c], s.table.KeyOf(b, i), why)
		}
	}
	s.text = append(s.text, ')')
	return nil
}

// value appends row i of a column; why says why the server can't hold it.
func (s *inserter) value(dst []byte, f *mirror.Column, c *gold.Column, i int) (text []byte, why string) {
	if c.IsNull(i) {
		return append(dst, "NULL"...), ""
	}
	switch c.Kind {
	case gold.Text:
		text := c.Text(i)
		if f.Joined {
			if n, most := utf8.RuneCount(text), length(s.table, f); n > most {
				return dst, fmt.Sprintf("the text has %d characters, and the server takes %d in a key or at an end of a relationship", n, most)
			}
		}
		dst = append(dst, '\'')
		for {
			at := bytes.IndexByte(text, '\'')
			if at < 0 {
				break
			}
			dst = append(append(dst, text[:at]...), "''"...)
			text = text[at+1:]
		}
		return append(append(dst, text...), '\''), ""
	case gold.Double:
		if math.IsInf(c.Floats[i], 0) {
			return dst, "the number is infinite, which the server can't hold"
		}
		return strconv.AppendFloat(dst, c.Floats[i], 'e', -1, 64), ""
	case gold.Decimal, gold.Duration:
		return gold.AppendDecimal(dst, c.Ints[i], f.Scale), ""
	case gold.WideDecimal:
		return c.Int128(i).Append(dst, f.Scale), ""
	case gold.Date:
		return append(gold.AppendDate(append(dst, '\''), c.Ints[i]), '\''), ""
	case gold.Time:
		start := len(dst) + 1
		dst = gold.AppendTime(append(dst, '\''), c.Ints[i])
		dst[start+len("2011-12-08")] = ' '
		dst[len(dst)-1] = '\'' // the Z
		return dst, ""
	case gold.Bool, gold.Int, gold.Null:
	}
	return strconv.AppendInt(dst, c.Ints[i], 10), ""
}
