package landing

import (
	"context"
	"path"
	"slices"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/lake"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

// spec names a Delta or Iceberg table of bronze.
func spec(folder string) lake.Spec {
	return lake.Spec{Source: folder, Dataset: gold.Dataset{Name: path.Base(folder)}}
}

// lookAtTable takes the version that a table has now.
func (l *Lander) lookAtTable(ctx context.Context, f *builder.RawFile) error {
	table, err := lake.New(l.config.Bronze).Locate(ctx, spec(f.Name))
	if err != nil {
		return err
	}
	f.Table, f.Bytes, f.Token = true, table.Bytes(), table.Token(l.now())
	f.SHA256 = f.Token
	return table.Close()
}

// writeTable lands the rows of a table, their values as text: without those that it has deleted.
func (at *landing) writeTable(ctx context.Context, rows func(write func(out format.Writer) error) error) (made content, err error) {
	within := lake.New(at.lander.config.Bronze)
	columns, err := within.Columns(ctx, spec(at.file.Name))
	if err != nil {
		return made, err
	}
	names := make([]string, len(columns))
	for i := range columns {
		names[i] = columns[i].Name
	}
	of := spec(at.file.Name)
	var problems []gold.Problem
	var places []int
	for _, c := range at.source.Columns {
		place := slices.Index(names, c.Name)
		if place < 0 && c.Optional {
			places, made.Lacks = append(places, -1), append(made.Lacks, c.Name)
			continue
		}
		if place < 0 {
			problems = append(problems, gold.Problem{
				File: at.file.Name, Field: c.Name, Code: gold.CodeSchemaMissing, DidYouMean: gold.Nearest(c.Name, names),
				Detail: "the table has " + noSuch + ": it has " + gold.Listed(names),
			})
			continue
		}
		column := &columns[place]
		if _, why := storedOf(&parquet.Stored{Column: *column, Words: "values of the kind " + column.Field.Kind.String()}, c.Kind); why != "" {
			problems = append(problems, gold.Problem{File: at.file.Name, Field: c.Name, Code: gold.CodeSchemaType, Detail: why})
			continue
		}
		places = append(places, len(of.Dataset.Fields))
		of.Dataset.Fields = append(of.Dataset.Fields, column.Field)
	}
	if len(problems) > 0 {
		return made, gold.InvalidAll(problems)
	}
	table, err := within.Table(ctx, of)
	if err != nil {
		return made, err
	}
	defer func() { _ = table.Close() }() // it was only read
	now := builder.RawFile{Name: at.file.Name}
	err = rows(func(out format.Writer) error {
		landed := gold.NewBatch(fieldsOf(at.source), batchRows)
		report, err := table.Read(ctx, lake.Read{Workers: 1, BatchRows: batchRows}, func(_ int, b *gold.Batch, first int64) error {
			landed.Reset()
			appendTexts(landed, b, places, first)
			at.mask(landed)
			return out.Write(landed)
		})
		if err != nil {
			return err
		}
		made.Rows = report.Rows
		if err := at.lander.lookAtTable(ctx, &now); err != nil {
			return err
		}
		if now.Token != at.file.Token {
			return object.Changed(at.file.Name, "it has another version")
		}
		return nil
	})
	return made, err
}
