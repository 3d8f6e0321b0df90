package duckdb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

// sourceView returns the view bronze.<source>: for each column c what its text means and, as _c, how the file has it; and _file, _slice,
// _line and _broken. Files that follow each other and are all bundles, other landed files, which are all text, or raw Parquet files are a
// part of it each: the rows are in the order of the files.
func sourceView(s builder.Source) (string, error) {
	mixed := s.HasText() && slices.ContainsFunc(s.Files, func(f builder.File) bool { return !f.Landed })
	var parts []string
	for first, i := 0, 1; i <= len(s.Files); i++ {
		if i < len(s.Files) && s.Files[i].Landed == s.Files[first].Landed && s.Files[i].Bundle == s.Files[first].Bundle {
			continue
		}
		part, err := sourcePart(s, s.Files[first:i], mixed)
		if err != nil {
			return "", err
		}
		parts, first = append(parts, part), i
	}
	if len(parts) == 0 {
		parts = []string{noRows(s)}
	}
	return "CREATE VIEW " + qualified(builder.Bronze, s.Name) + " AS " + strings.Join(parts, " UNION ALL ") + ";", nil
}

// noRows selects nothing, with the columns of a source that has no files.
func noRows(s builder.Source) string {
	var columns []string
	for _, c := range s.Columns {
		columns = append(columns, "CAST(NULL AS "+mustType(c.Kind)+") AS "+name(c.Name), "CAST(NULL AS VARCHAR) AS "+name("_"+c.Name))
	}
	columns = append(columns, "CAST(NULL AS VARCHAR) AS _file", "CAST(NULL AS TIMESTAMP) AS _slice", "CAST(NULL AS BIGINT) AS _line", "CAST(NULL AS VARCHAR) AS _broken")
	if s.Numbered {
		columns = append(columns, "CAST(NULL AS BIGINT) AS _number")
	}
	return "SELECT " + strings.Join(columns, ", ") + " WHERE false"
}

// sourcePart selects from files of one sort. Where landed and raw ones are there, raw values are texts in _c, as landed ones are.
func sourcePart(s builder.Source, files []builder.File, mixed bool) (string, error) {
	columns := make([]string, 0, 2*len(s.Columns)+3)
	for _, c := range s.Columns {
		stored := c.Stored
		if files[0].Landed {
			stored = builder.StoredText
		}
		value, ok := conversion(c.Kind, stored, name(c.Name))
		if !ok {
			return "", gold.Invalidf(gold.Problem{File: "bronze/" + files[0].Name, Field: c.Name, Code: gold.CodeSchemaType},
				"the column is stored as %s, which can't be read as %s", stored, c.Kind)
		}
		asWritten := name(c.Name)
		switch {
		case stored == builder.StoredText:
			asWritten = "trimmed(" + asWritten + ")"
		case mixed:
			asWritten = "CAST(" + asWritten + " AS VARCHAR)"
		}
		columns = append(columns, value+" AS "+name(c.Name), asWritten+" AS "+name("_"+c.Name))
	}
	columns = append(columns, places(files, s.Numbered)...)
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	uneven := ""
	if s.Uneven {
		uneven = ", union_by_name = true" // the widest type of all files, not the first one's
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM read_parquet(" + literals(paths) + ", hive_partitioning = false" + uneven + ")", nil
}

// places returns the columns _file, _slice, _line and _broken, and _number of a source that is numbered.
func places(files []builder.File, numbered bool) []string {
	if files[0].Bundle { // of a source that isn't numbered
		return []string{"_file", "CAST(_slice AS TIMESTAMP) AS _slice", "_line", "_broken"}
	}
	shown, slices, numbers, dated := make([]string, len(files)), make([]string, len(files)), make([]string, len(files)), false
	for i, f := range files {
		numbers[i] = strconv.FormatInt(f.Number, 10)
		shown[i] = text(f.Name)
		slices[i] = "NULL"
		if f.Slice != "" {
			slices[i], dated = "make_timestamp(epoch_us(TIMESTAMPTZ "+text(f.Slice)+"))", true
		}
	}
	ofFile := func(of []string, kind string) string {
		if len(of) == 1 {
			return "CAST(" + of[0] + " AS " + kind + ")"
		}
		return "CAST([" + strings.Join(of, ", ") + "] AS " + kind + "[])[CAST(file_index AS BIGINT) + 1]"
	}
	slice := "CAST(NULL AS TIMESTAMP)"
	if dated {
		slice = ofFile(slices, "TIMESTAMP")
	}
	line, broken := "file_row_number + 1", "CAST(NULL AS VARCHAR)"
	if files[0].Landed {
		line, broken = "_line", "_broken"
	}
	all := []string{ofFile(shown, "VARCHAR") + " AS _file", slice + " AS _slice", line + " AS _line", broken + " AS _broken"}
	if numbered {
		all = append(all, ofFile(numbers, "BIGINT")+" AS _number")
	}
	return all
}

// conversion returns the expression that reads a stored column as a kind: null where it has no such value. It returns false where no value
// of the type has one.
func conversion(kind gold.RawKind, stored builder.Stored, column string) (string, bool) {
	numeric := stored == builder.StoredWhole || stored == builder.StoredNumber || stored == builder.StoredDecimal
	dated := stored == builder.StoredTimestamp || stored == builder.StoredDate
	if stored == builder.StoredText {
		return builder.FromText(kind, column)
	}
	switch {
	case kind == gold.RawText:
		return "CAST(" + column + " AS VARCHAR)", true
	case kind == gold.RawWhole && numeric && stored != builder.StoredWhole:
		return "whole_of_number(" + column + ")", true
	case kind == gold.RawMoney && stored == builder.StoredNumber:
		return "money_of_number(CAST(" + column + " AS DOUBLE))", true
	case kind == gold.RawNumber && stored == builder.StoredNumber:
		return fmt.Sprintf("CASE WHEN isfinite(%[1]s) THEN CAST(%[1]s AS DOUBLE) END", column), true
	case (kind == gold.RawWhole || kind == gold.RawNumber || kind == gold.RawMoney) && numeric:
	case (kind == gold.RawInstant || kind == gold.RawDate) && dated:
		return fmt.Sprintf("CASE WHEN isfinite(%[1]s) THEN TRY_CAST(%[1]s AS %[2]s) END", column, mustType(kind)), true
	case kind == gold.RawBoolean && stored == builder.StoredBoolean:
	case kind == gold.RawBoolean && stored == builder.StoredWhole:
		return fmt.Sprintf("CASE %s WHEN 0 THEN false WHEN 1 THEN true END", column), true
	default:
		return "", false
	}
	return "TRY_CAST(" + column + " AS " + mustType(kind) + ")", true
}

func mustType(kind gold.RawKind) string {
	t, _ := duckType(kind)
	return t
}
