package spark

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"goldserve/builder"
	"goldserve/gold"
)

// source gives the session the view bronze__<source>: for each column c what its text means and, as _c, how the file has it; and _file,
// _slice, _line and _broken, and _number of a source that is numbered. The files are all landed, which are text, or all raw Parquet files.
func (r *run) source(ctx context.Context, s builder.Source) error {
	if len(s.Files) == 0 {
		return r.sourceError(s, r.session.do(ctx, "CREATE TEMPORARY VIEW "+name(view(builder.Bronze, s.Name))+" AS "+noRows(s)))
	}
	if err := readable(s); err != nil {
		return err
	}
	groups, err := r.groups(ctx, s)
	if err != nil {
		return r.sourceError(s, err)
	}
	places := "goldserve_files_" + s.Name
	list, err := r.places(s)
	if err != nil {
		return err
	}
	if err := r.view(ctx, places, rows(list)); err != nil {
		return r.sourceError(s, err)
	}
	selected, number := make([]string, len(groups)), ""
	if s.Numbered {
		number = ", f.number AS _number"
	}
	for i, g := range groups {
		columns, err := columnsOf(s, g.types)
		if err != nil {
			return err
		}
		raw, of := fmt.Sprintf("goldserve_raw_%s_%d", s.Name, i), []string{"*", "_metadata.file_path AS goldserve_path"}
		if !s.Files[0].Landed {
			of = append(of, "_metadata.row_index + 1 AS _line", "CAST(NULL AS STRING) AS _broken")
		}
		form := schema(s, g.types)
		if g.bundle {
			form += ", _file string, _slice string"
		}
		if err := r.view(ctx, raw, project(files("parquet", form, nil, literal(g.paths...)), of...)); err != nil {
			return r.sourceError(s, err)
		}
		if g.bundle { // of a source that isn't numbered
			selected[i] = fmt.Sprintf("SELECT %s, r._file, CAST(r._slice AS TIMESTAMP) AS _slice, r._line, r._broken FROM %s r", strings.Join(columns, ", "), name(raw))
			continue
		}
		selected[i] = fmt.Sprintf("SELECT /*+ BROADCAST(f) */ %s, coalesce(f.name, raise_error('Spark calls a file ' || r.goldserve_path)) AS _file, "+
			"CAST(f.slice AS TIMESTAMP) AS _slice, r._line, r._broken%s FROM %s r LEFT JOIN %s f ON f.path = r.goldserve_path",
			strings.Join(columns, ", "), number, name(raw), name(places))
	}
	return r.sourceError(s, r.session.do(ctx, "CREATE TEMPORARY VIEW "+name(view(builder.Bronze, s.Name))+" AS "+strings.Join(selected, " UNION ALL ")))
}

// noRows selects nothing, with the columns of a source that has no files.
func noRows(s builder.Source) string {
	var columns []string
	for _, c := range s.Columns {
		columns = append(columns, "CAST(NULL AS "+types[c.Kind]+") AS "+name(c.Name), "CAST(NULL AS STRING) AS "+name("_"+c.Name))
	}
	columns = append(columns, "CAST(NULL AS STRING) AS _file", "CAST(NULL AS TIMESTAMP) AS _slice", "CAST(NULL AS BIGINT) AS _line", "CAST(NULL AS STRING) AS _broken")
	if s.Numbered {
		columns = append(columns, "CAST(NULL AS BIGINT) AS _number")
	}
	return "SELECT " + strings.Join(columns, ", ") + " WHERE false"
}

func readable(s builder.Source) error {
	for _, f := range s.Files {
		if f.Landed != s.Files[0].Landed {
			return gold.Errorf(gold.Internal, gold.CodeBuildEngine, "source %s has both landed and raw files", s.Name)
		}
		if base := f.Path[strings.LastIndexByte(f.Path, '/')+1:]; strings.HasPrefix(base, "_") || strings.HasPrefix(base, ".") {
			return gold.Invalidf(gold.Problem{File: "bronze/" + f.Name, Code: gold.CodeFileInvalid},
				"Spark ignores files whose names begin with %q: rename it", base[:1])
		}
	}
	return nil
}

// group is files of a source whose columns have the same types.
type group struct {
	types  []string
	paths  []string
	bundle bool
}

// groups parts a source's files by their types. Where these are even, the first file tells them.
func (r *run) groups(ctx context.Context, s builder.Source) ([]group, error) {
	var groups []group
	for i, f := range s.Files {
		path := r.there(f.Path)
		at := slices.IndexFunc(groups, func(g group) bool { return g.bundle == f.Bundle })
		if i == 0 || s.Uneven || at < 0 {
			types, err := r.types(ctx, s, path)
			if err != nil {
				return nil, err
			}
			if at = slices.IndexFunc(groups, func(g group) bool { return g.bundle == f.Bundle && slices.Equal(g.types, types) }); at < 0 {
				groups, at = append(groups, group{types: types, bundle: f.Bundle}), len(groups)
			}
		}
		groups[at].paths = append(groups[at].paths, path)
	}
	return groups, nil
}

func (r *run) view(ctx context.Context, as string, relation message) error {
	return r.session.execute(ctx, createView(as, relation), nil)
}

// columnsOf returns the expressions of a source's columns.
func columnsOf(s builder.Source, types []string) ([]string, error) {
	columns := make([]string, 0, 2*len(s.Columns))
	for i, c := range s.Columns {
		column, stored := "r."+name(c.Name), storedAs(s, c)
		if stored == builder.StoredTimestamp && types[i] == "bigint" { // nanoseconds, which Spark has no type for
			column = fmt.Sprintf("timestamp_micros((%[1]s - pmod(%[1]s, 1000)) div 1000)", column)
		}
		value, ok := conversion(c.Kind, stored, column)
		if !ok {
			return nil, gold.Invalidf(gold.Problem{File: "bronze/" + s.Files[0].Name, Field: c.Name, Code: gold.CodeSchemaType},
				"the column is stored as %s, which can't be read as %s", stored, c.Kind)
		}
		written := column
		if stored == builder.StoredText {
			written = "trimmed(" + column + ")"
		}
		columns = append(columns, value+" AS "+name(c.Name), written+" AS "+name("_"+c.Name))
	}
	return columns, nil
}

// globbed escapes what Spark takes for a pattern of paths.
var globbed = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`, "*", `\*`, "?", `\?`)

// literal returns paths so that Spark reads them as they are written.
func literal(paths ...string) []string {
	all := make([]string, len(paths))
	for i, p := range paths {
		all[i] = globbed.Replace(p)
	}
	return all
}

// told returns a path as Spark tells it of a row's file: as Java's URIs have it.
func told(path string) string {
	if rest, ok := strings.CutPrefix(path, "file:///"); ok {
		path = "file:/" + rest
	}
	scheme, rest, _ := strings.Cut(path, "/")
	var b strings.Builder
	for _, c := range rest {
		switch {
		case c < utf8.RuneSelf && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-!.~'()*:@&=+$,;/", c)):
			b.WriteRune(c)
		case c < utf8.RuneSelf, unicode.IsControl(c), unicode.In(c, unicode.Z):
			for _, octet := range []byte(string(c)) {
				fmt.Fprintf(&b, "%%%02X", octet)
			}
		default:
			b.WriteRune(c)
		}
	}
	return scheme + "/" + b.String()
}

func storedAs(s builder.Source, c builder.Column) builder.Stored {
	if s.Files[0].Landed {
		return builder.StoredText
	}
	return c.Stored
}

// known are the types that columns are read as, whatever their width is in a file.
var known = map[builder.Stored]string{
	builder.StoredText: "string", builder.StoredNumber: "double", builder.StoredDate: "date", builder.StoredBoolean: "boolean",
}

// types returns the types that the columns of a source's file are read as.
func (r *run) types(ctx context.Context, s builder.Source, path string) ([]string, error) {
	var found map[string]string
	types := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		types[i] = known[storedAs(s, c)]
		if types[i] != "" {
			continue
		}
		if found == nil {
			if err := r.view(ctx, "goldserve_probe", files("parquet", "", nil, literal(path))); err != nil {
				return nil, err
			}
			var err error
			if found, err = r.describe(ctx, "goldserve_probe"); err != nil {
				return nil, err
			}
		}
		types[i] = found[c.Name]
		switch types[i] {
		case "tinyint", "smallint", "int":
			types[i] = "bigint"
		case "":
			return nil, gold.Invalidf(gold.Problem{File: "bronze/" + s.Files[0].Name, Field: c.Name, Code: gold.CodeSchemaMissing}, "the file has no such column")
		}
	}
	return types, nil
}

// schema writes a source's columns in DDL.
func schema(s builder.Source, types []string) string {
	columns := make([]string, 0, len(s.Columns)+2)
	for i, c := range s.Columns {
		columns = append(columns, name(c.Name)+" "+types[i])
	}
	if s.Files[0].Landed {
		columns = append(columns, "_line bigint", "_broken string")
	}
	return strings.Join(columns, ", ")
}

// describe returns the types of a view's columns.
func (r *run) describe(ctx context.Context, of string) (map[string]string, error) {
	answer, err := r.session.ask(ctx, query("DESCRIBE TABLE "+name(of)))
	types := map[string]string{}
	for _, row := range answer {
		column, _ := row[0].(string)
		types[column], _ = row[1].(string)
	}
	return types, err
}

// places lists a source's files as an Arrow stream: the path that Spark tells of a row's file, the file's name, its slice and its number.
func (r *run) places(s builder.Source) ([]byte, error) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "path", Type: arrow.BinaryTypes.String},
		{Name: "name", Type: arrow.BinaryTypes.String},
		{Name: "slice", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "number", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	list := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer list.Release()
	for _, f := range s.Files {
		path, shown, slice := list.Field(0).(*array.StringBuilder), list.Field(1).(*array.StringBuilder), list.Field(2).(*array.StringBuilder)
		path.Append(told(r.there(f.Path)))
		shown.Append(f.Name)
		list.Field(3).(*array.Int64Builder).Append(f.Number)
		if f.Slice == "" {
			slice.AppendNull()
		} else {
			slice.Append(f.Slice)
		}
	}
	batch := list.NewRecordBatch()
	defer batch.Release()
	var stream bytes.Buffer
	writer := ipc.NewWriter(&stream, ipc.WithSchema(schema))
	if err := writer.Write(batch); err != nil {
		return nil, err
	}
	return stream.Bytes(), writer.Close()
}
