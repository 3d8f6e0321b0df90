package landing

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake/parquet"
	"goldserve/gold/lake/text"
)

// readFrom are the stored types that a kind is read from.
var readFrom = map[gold.RawKind][]builder.Stored{
	gold.RawWhole:   {builder.StoredText, builder.StoredWhole, builder.StoredNumber, builder.StoredDecimal},
	gold.RawNumber:  {builder.StoredText, builder.StoredWhole, builder.StoredNumber, builder.StoredDecimal},
	gold.RawMoney:   {builder.StoredText, builder.StoredWhole, builder.StoredNumber, builder.StoredDecimal},
	gold.RawInstant: {builder.StoredText, builder.StoredTimestamp, builder.StoredDate},
	gold.RawDate:    {builder.StoredText, builder.StoredTimestamp, builder.StoredDate},
	gold.RawBoolean: {builder.StoredText, builder.StoredBoolean, builder.StoredWhole},
}

// storedAs are the types of columns by the kinds of their values.
var storedAs = map[gold.Kind]builder.Stored{
	gold.Text: builder.StoredText, gold.Int: builder.StoredWhole, gold.Double: builder.StoredNumber, gold.Decimal: builder.StoredDecimal,
	gold.WideDecimal: builder.StoredDecimal, gold.Time: builder.StoredTimestamp, gold.Date: builder.StoredDate, gold.Bool: builder.StoredBoolean,
}

// landsAs is what stands among Types for a column that engines don't read as it is.
const landsAs = "landed"

// schema reads the footer of a Parquet file: its rows, and the types of the source's columns.
func (l *Lander) schema(ctx context.Context, s *gold.RawSource, f *builder.RawFile) (found content, problems []gold.Problem, err error) {
	in, err := l.open(ctx, f)
	if err != nil {
		return found, nil, err
	}
	defer in.Close()
	defer func() { err = in.checked(ctx, err) }()
	columns, err := parquet.StoredColumns(ctx, f.Name, in)
	if err != nil {
		return found, nil, err
	}
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	d := &gold.Dataset{}
	for _, c := range s.Columns {
		at := slices.Index(names, c.Name)
		if at < 0 && c.Optional {
			found.Lacks, found.Types = append(found.Lacks, c.Name), append(found.Types, landsAs+" ")
			continue
		}
		if at < 0 {
			problems = append(problems, gold.Problem{
				File: f.Name, Field: c.Name, Code: gold.CodeSchemaMissing, DidYouMean: gold.Nearest(c.Name, names),
				Detail: "the file has " + noSuch + ": it has " + gold.Listed(names),
			})
			continue
		}
		stored, why := storedOf(&columns[at], c.Kind)
		if why != "" {
			problems = append(problems, gold.Problem{File: f.Name, Field: c.Name, Code: gold.CodeBuildSchema, Detail: why})
			continue
		}
		if !columns[at].Own {
			stored = landsAs
		}
		found.Types = append(found.Types, string(stored)+" "+columns[at].Type)
		d.Fields = append(d.Fields, columns[at].Field)
	}
	if len(problems) > 0 {
		return found, asDeclared(s, problems), nil
	}
	file, err := parquet.Open(ctx, f.Name, in, d, nil, nil)
	if err != nil {
		return found, nil, err
	}
	found.Rows = file.Rows()
	return found, nil, in.unchanged(ctx)
}

// storedOf returns the type of a column, or why a kind can't be read from it.
func storedOf(c *parquet.Stored, kind gold.RawKind) (builder.Stored, string) {
	stored, ok := storedAs[c.Field.Kind]
	switch {
	case c.Refused != "":
		return "", "it holds " + c.Refused
	case !ok || c.JSON && c.Field.Kind == gold.Text && !c.Own:
		return "", fmt.Sprintf("it holds %s, which can't be read: write it as text or as separate columns, or leave it out of the source", c.Words)
	case kind != gold.RawText && !slices.Contains(readFrom[kind], stored):
		return "", fmt.Sprintf("it holds %s, which can't be read as %s: expected one of %s", c.Words, kind, storedWords(readFrom[kind]))
	}
	return stored, ""
}

func storedWords(stored []builder.Stored) string {
	words := make([]string, len(stored))
	for i, s := range stored {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// unite completes a source by what its Parquet files have: the stored type of each column, whether files differ in it, and whether
// engines read the files as they are.
func unite(s *gold.RawSource, files []builder.RawFile, of []content) (columns []builder.Column, uneven, own bool, problems []gold.Problem) {
	own = true
	for i, c := range s.Columns {
		column := builder.Column{Name: c.Name, Kind: c.Kind}
		first := 0 // that says the type
		for j := range of {
			stored, exact, _ := strings.Cut(of[j].Types[i], " ")
			switch {
			case stored == landsAs:
				own = false
			case column.Stored == "":
				column.Stored, first = builder.Stored(stored), j
			case string(column.Stored) != stored:
				problems = append(problems, gold.Problem{
					File: files[j].Name, Field: c.Name, Code: gold.CodeBuildSchema,
					Detail: fmt.Sprintf("the column is %s here and %s in %s: write both with the same type", stored, column.Stored, files[first].Name),
				})
			default:
				_, before, _ := strings.Cut(of[first].Types[i], " ")
				uneven = uneven || exact != before
			}
		}
		columns = append(columns, column)
	}
	return columns, uneven, own, problems
}

// lacking returns the problems of columns of JSON that no file of a source has.
func (l *Lander) lacking(ctx context.Context, s *gold.RawSource, files []builder.RawFile, of []content) ([]gold.Problem, error) {
	var problems []gold.Problem
	for _, c := range s.Columns {
		if c.Optional {
			continue
		}
		lacks := -1
		for j := range of {
			if of[j].Rows == of[j].Broken {
				continue
			}
			if !slices.Contains(of[j].Lacks, c.Name) {
				lacks = -1
				break
			}
			lacks = j
		}
		if lacks < 0 {
			continue
		}
		keys, err := l.keys(ctx, s, &files[lacks])
		if err != nil {
			return nil, err
		}
		p := gold.Problem{
			File: files[lacks].Name, Field: c.Name, Code: gold.CodeBuildSchema, DidYouMean: likely(s, gold.Nearest(c.Name, keys)),
			Detail: "no object has this key: the first ones have " + gold.Listed(keys) + declaredWords(s),
		}
		problems = append(problems, p)
	}
	if personal(s) && len(problems) == len(s.Columns) {
		hideNames(problems)
	}
	return problems, nil
}

// keys returns the keys of the first objects of a file; none of one that was removed.
func (l *Lander) keys(ctx context.Context, s *gold.RawSource, f *builder.RawFile) ([]string, error) {
	if f.Carried != nil {
		return nil, nil
	}
	in, err := l.open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return text.Keys(ctx, f.Name, in, s.Reading)
}
