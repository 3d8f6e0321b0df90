package lake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"goldserve/gold"
	"goldserve/gold/lake/content"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/text"
)

// Column is what the files of a source say about one of their columns, or the names of their folders about a partition.
type Column = content.Column

// UnsignedDigits is how many digits the values of a column may have that is Unsigned.
const UnsignedDigits = content.UnsignedDigits

// maxLevels is how many folders within folders are looked into for sources.
const maxLevels = 4

// Sources returns what Spec.Source may name in the lake, in the order of their names: Parquet and text files, folders of parts,
// Delta and Iceberg tables, and those in folders that only order the lake. Tables of other formats are left out. Text files are named with
// their endings where something else has their name without it. Around the gold of a build, what lies in its other stages is left out,
// and so are the files that Patterns are the sources of.
func (l *Lake) Sources(ctx context.Context) ([]string, error) {
	if err := refuseTable(ctx, l.source, ".", l.Path()); err != nil {
		return nil, err
	}
	entries, err := l.survey(ctx, ".", maxLevels, func(object.Info, error) {})
	if err != nil {
		return nil, err
	}
	if entries, err = l.leaveStages(ctx, entries, besideGold...); err != nil {
		return nil, err
	}
	patterns, err := l.Patterns(ctx)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e object.Info) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return pattern(p).MatchString(e.Name) })
	})
	named := map[string]int{} // sources by their names without endings
	for _, e := range entries {
		named[stemOfEntry(e)]++
	}
	found := make([]string, len(entries))
	for i, e := range entries {
		found[i] = stemOfEntry(e)
		if strings.TrimSuffix(e.Name, extension) != found[i] && named[found[i]] > 1 {
			found[i] = e.Name // a text file
		}
	}
	return found, nil
}

// stemOfEntry returns the name of a source without its ending.
func stemOfEntry(e object.Info) string {
	if stem, ok := strings.CutSuffix(e.Name, extension); ok || e.Folder {
		return stem
	}
	return StemOf(e.Name)
}

// StemOf returns the name of a source without the ending of a text file, if it has one.
func StemOf(source string) string {
	_, stem := text.FormatOf(source)
	return stem
}

// FormatWithout returns the format of a source that is no text file: Delta or Iceberg for a folder that is such a table, else Parquet.
func (l *Lake) FormatWithout(ctx context.Context, source string) (gold.Format, error) {
	if info, err := l.source.Stat(ctx, source); err != nil || !info.Folder {
		return gold.Parquet, ctx.Err() // what can't be read is reported where it is read
	}
	format, _, err := tableFormat(ctx, l.source, source)
	switch format {
	case deltaLake:
		return gold.Delta, err
	case apacheIceberg:
		return gold.Iceberg, err
	}
	return gold.Parquet, err
}

// manifestFile is the name that manifests have beside the files that they tell of.
const manifestFile = "manifest.json"

// survey returns what may be sources in a folder and in those within it that only order the lake: of each folder the text files
// last. What is none is left with the reason, but for what writers leave beside their data.
func (l *Lake) survey(ctx context.Context, folder string, levels int, leave func(e object.Info, why error)) ([]object.Info, error) {
	entries, err := l.source.List(ctx, folder)
	if err != nil {
		return nil, err
	}
	var found, texts []object.Info
	for _, e := range entries {
		switch {
		case skipped(e) || path.Base(e.Name) == extension:
		case strings.HasSuffix(e.Name, extension):
			found = append(found, e)
		case e.Folder:
			within, err := l.surveyFolder(ctx, e, levels, leave)
			if err != nil {
				return nil, err
			}
			found = append(found, within...)
		case StemOf(e.Name) == e.Name:
			leave(e, l.noTable(ctx, e))
		case path.Base(e.Name) != manifestFile:
			texts = append(texts, e)
		}
	}
	return append(found, texts...), nil
}

// surveyFolder is survey of a folder within another.
func (l *Lake) surveyFolder(ctx context.Context, e object.Info, levels int, leave func(e object.Info, why error)) ([]object.Info, error) {
	if levels == 0 {
		leave(e, object.Refused(e.Name, fmt.Sprintf("it is nested below %d other folders, the deepest level at which sources are looked for: name a folder nearer to it as the lake, or its path as the source in a contract", maxLevels), nil))
		return nil, nil
	}
	whole, err := l.isOneDataset(ctx, e.Name)
	if err != nil {
		return nil, err
	}
	if whole {
		return []object.Info{e}, nil
	}
	switch why := refuse(ctx, l.source, e.Name, e.Name); {
	case gold.KindOf(why) == gold.Invalid && why != nil:
		leave(e, why)
		return nil, nil
	case why != nil:
		return nil, why
	}
	return l.survey(ctx, e.Name, levels-1, leave)
}

// spreadsheets are the endings of names of spreadsheets.
var spreadsheets = []string{".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"}

// noTable returns why a file is no table by its name.
func (l *Lake) noTable(ctx context.Context, e object.Info) error {
	if e.Link {
		info, err := l.source.Stat(ctx, e.Name)
		switch {
		case err != nil && !object.Absent(err):
			return err
		case err == nil && info.Folder:
			return object.Refused(e.Name, "it is a symbolic link to a folder, which is not looked into: put the folder itself there, or name it as the source in a contract", nil)
		}
	}
	if slices.Contains(spreadsheets, strings.ToLower(path.Ext(e.Name))) {
		return gold.Invalidf(gold.Problem{File: e.Name, Code: gold.CodeFileUnsupported}, "it is a spreadsheet: save each table in it as CSV, or write it as Parquet with pandas, Polars or DuckDB")
	}
	return gold.Invalidf(gold.Problem{File: e.Name, Code: gold.CodeFileUnsupported},
		"its name has none of the endings of tables (.parquet, .csv, .tsv, .ndjson, .jsonl, .json; text also with .gz or .zst): rename it if it is one of these, or write it as Parquet")
}

// isOneDataset reports whether a folder without the extension is a Delta or Iceberg table, or one of parts of one dataset, rather than one
// that orders datasets: its writer said that it is complete, it has partitions, or its files are named alike (part-0, part-1).
func (l *Lake) isOneDataset(ctx context.Context, folder string) (bool, error) {
	if format, _, err := tableFormat(ctx, l.source, folder); err != nil || isRead(format) {
		return err == nil, err
	}
	holds, err := holdsParts(ctx, l.source, folder)
	if err != nil || !holds {
		return false, err
	}
	entries, err := l.source.List(ctx, folder)
	if err != nil {
		return false, err
	}
	var stems []string
	for _, e := range entries {
		switch name := path.Base(e.Name); {
		case name == successFile || e.Folder && strings.Contains(name, "="):
			return true, nil
		case !e.Folder && !skipped(e) && isPart(name):
			stems = append(stems, stemOf(name))
		}
	}
	alike := len(slices.Compact(slices.Clone(stems))) == 1
	return alike && (len(stems) > 1 || stems[0] == "part"), nil
}

// stemOf returns the letters that a file's name begins with, "part" where it begins with a number or is one of hex digits.
func stemOf(name string) string {
	stem := name[:len(name)-len(strings.TrimLeftFunc(name, func(r rune) bool { return unicode.IsLetter(r) }))]
	if stem == "" || len(name) > 8 && strings.Trim(name[:8], "0123456789abcdef") == "" {
		return "part"
	}
	return strings.ToLower(stem)
}

// Columns returns the columns that all files of a source have, as a contract without loss would hold them, and those of
// partitions. It reads footers alone. A column that some files lack is among them; one that files hold in kinds that no
// one field can hold is Refused.
//
// It returns the errors of Table but for those of the contract.
func (l *Lake) Columns(ctx context.Context, s Spec) ([]Column, error) {
	found, err := l.list(ctx, s)
	if err != nil {
		return nil, err
	}
	if found.version != nil {
		return found.version.schema().Fields(), nil
	}
	var columns []Column
	for _, p := range found.parts {
		more, err := l.columnsOf(ctx, found.format, p)
		if err != nil {
			return nil, err
		}
		columns = join(columns, more)
	}
	return append(columns, partitionColumns(found.parts, columns)...), nil
}

func (l *Lake) columnsOf(ctx context.Context, as format, p part) (columns []Column, err error) {
	err = l.look(ctx, p, func(in content.Input) error {
		columns, err = as.columns(ctx, p.info.Name, in)
		return err
	})
	return columns, err
}

// look opens a file for fn.
func (l *Lake) look(ctx context.Context, p part, fn func(in content.Input) error) error {
	f, err := openFile(ctx, l.source, p.info)
	if err != nil {
		return err
	}
	defer func() { _ = f.close() }() // it was only read
	pinned, err := f.pin(ctx)
	if err != nil {
		return err
	}
	defer pinned.release()
	return fn(pinned)
}

// Token names the versions of a source's files as they are listed now, as that of a Table does. It is empty for a table with
// versions, whose metadata tells its columns.
func (l *Lake) Token(ctx context.Context, s Spec, now time.Time) (string, error) {
	found, err := l.list(ctx, s)
	if err != nil || found.version != nil {
		return "", err
	}
	sum := sha256.New()
	_, _ = fmt.Fprintf(sum, "%q\n", found.name)
	for _, p := range found.parts {
		if p.info.Token == "" || !p.info.Modified.IsZero() && now.Sub(p.info.Modified) < racy {
			return "", nil
		}
		_, _ = fmt.Fprintf(sum, "%q %q\n", p.info.Name, p.info.Token) // a hash takes every write
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Reading returns how the files of a source are read, as far as their names do not tell: as the first of them is. It returns
// the errors of Table but for those of the contract.
func (l *Lake) Reading(ctx context.Context, s Spec) (r gold.Reading, err error) {
	found, err := l.list(ctx, s)
	if err != nil || len(found.parts) == 0 {
		return r, err
	}
	err = l.look(ctx, found.parts[0], func(in content.Input) error {
		r, err = found.format.sniff(ctx, found.parts[0].info.Name, in)
		return err
	})
	return r, err
}

// join adds the columns of one more file.
func join(columns, more []Column) []Column {
	for _, c := range more {
		at := slices.IndexFunc(columns, func(o Column) bool { return o.Name == c.Name })
		if at < 0 {
			columns = append(columns, c)
			continue
		}
		columns[at] = both(columns[at], c)
	}
	return columns
}

// both returns the column that holds the values of two files.
func both(a, b Column) Column {
	switch {
	case a.Refused != "":
		return a
	case b.Refused != "":
		return b
	case a.Untyped && !sameCast(a, b):
		a.Field, a.JSON = gold.Field{Name: a.Name, Kind: gold.Text, Nullable: true}, a.JSON || b.JSON
		return a
	case a.Field.Kind.Exact() && b.Field.Kind.Exact():
		whole := max(a.Precision-a.Field.Scale, b.Precision-b.Field.Scale)
		a.Field.Scale = max(a.Field.Scale, b.Field.Scale)
		a.Precision = whole + a.Field.Scale
		switch {
		case a.Precision <= gold.NarrowDigits:
			a.Field.Kind, a.Field.Precision = gold.Decimal, 0
		case a.Precision <= gold.MaxDigits:
			a.Field.Kind, a.Field.Precision = gold.WideDecimal, a.Precision
		default:
			a.Field.Kind, a.Field.Scale, a.Field.Precision, a.Precision = gold.Double, 0, 0, 0
		}
		return a
	case a.Field.Kind == b.Field.Kind:
		a.Field.Single = a.Field.Single && b.Field.Single
		a.Unsigned, a.JSON = a.Unsigned || b.Unsigned, a.JSON || b.JSON
		return a
	case a.Field.Kind.Numeric() && b.Field.Kind.Numeric():
		a.Field.Kind, a.Field.Scale, a.Field.Precision, a.Field.Single, a.Precision, a.Unsigned = gold.Double, 0, 0, false, 0, false
		return a
	}
	return Column{Name: a.Name, Refused: a.Field.Kind.WithArticle() + " in some files and " + b.Field.Kind.WithArticle() + " in others, which no one field can hold"}
}

// sameCast reports whether the texts of two files are read alike, but for the kind of number.
func sameCast(a, b Column) bool {
	alike := a.Field.Kind == b.Field.Kind || a.Field.Kind.Numeric() && b.Field.Kind.Numeric()
	return alike && reflect.DeepEqual(a.Field.Cast, b.Field.Cast)
}

// partitionColumns returns the columns that the names of folders make: integers where all values are, else text.
func partitionColumns(parts []part, columns []Column) []Column {
	var found []Column
	if len(parts) == 0 {
		return nil
	}
	for i, name := range partitionNames(parts[0]) {
		if slices.ContainsFunc(columns, func(c Column) bool { return c.Name == name }) {
			continue // the files say what it holds
		}
		kind := gold.Int
		for _, p := range parts {
			v := p.partition[i]
			if n, err := strconv.ParseInt(v.Text, 10, 64); !v.Null && (err != nil || strconv.FormatInt(n, 10) != v.Text) {
				kind = gold.Text
			}
		}
		found = append(found, Column{Name: name, Field: gold.Field{Name: name, Kind: kind, Nullable: true}})
	}
	return found
}
