package spark

import (
	"bytes"
	"context"
	"fmt"
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
// _slice, _line and _broken. The files are all landed, which are text, or all raw Parquet files.
func (r *run) source(ctx context.Context, s builder.Source) error {
	if len(s.Files) == 0 {
		return gold.Errorf(gold.Internal, gold.CodeBuildEngine, "source %s has no files", s.Name)
	}
	var paths []string
	for _, f := range s.Files {
		if f.Landed != s.Files[0].Landed {
			return gold.Errorf(gold.Internal, gold.CodeBuildEngine, "source %s has both landed and raw files", s.Name)
		}
		paths = append(paths, r.there(f.Path))
		if base := f.Path[strings.LastIndexByte(f.Path, '/')+1:]; strings.HasPrefix(base, "_") || strings.HasPrefix(base, ".") {
			return gold.Invalidf(gold.Problem{File: "bronze/" + f.Name, Code: gold.CodeFileInvalid},
				"Spark reads no file whose name begins with %q: rename it", base[:1])
		}
	}
	types, err := r.types(ctx, s, paths[0])
	if err != nil {
		return r.sourceError(s, err)
	}
	columns, err := r.columns(s, types)
	if err != nil {
		return err
	}
	raw, places := "goldserve_raw_"+s.Name, "goldserve_files_"+s.Name
	of := []string{"*", "_metadata.file_path AS goldserve_path"}
	if !s.Files[0].Landed {
		of = append(of, "_metadata.row_index + 1 AS _line", "CAST(NULL AS STRING) AS _broken")
	}
	if err := r.view(ctx, raw, project(files("parquet", schema(s, types), nil, literal(paths...)), of...)); err != nil {
		return r.sourceError(s, err)
	}
	list, err := placesOf(s, paths)
	if err != nil {
		return err
	}
	if err := r.view(ctx, places, rows(list)); err != nil {
		return r.sourceError(s, err)
	}
	err = r.session.do(ctx, fmt.Sprintf("CREATE TEMPORARY VIEW %s AS SELECT /*+ BROADCAST(f) */ %s, "+
		"coalesce(f.name, raise_error('Spark calls a file ' || r.goldserve_path)) AS _file, CAST(f.slice AS TIMESTAMP) AS _slice, r._line, r._broken "+
		"FROM %s r LEFT JOIN %s f ON f.path = r.goldserve_path",
		name(view(builder.Bronze, s.Name)), strings.Join(columns, ", "), name(raw), name(places)))
	return r.sourceError(s, err)
}

func (r *run) view(ctx context.Context, as string, relation message) error {
	return r.session.execute(ctx, createView(as, relation), nil)
}

// columns returns the expressions of a source's columns.
func (r *run) columns(s builder.Source, types []string) ([]string, error) {
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

// types returns the types that a source's columns are read as. The scale of decimals and the unit of timestamps are those of the first
// file.
func (r *run) types(ctx context.Context, s builder.Source, first string) ([]string, error) {
	var found map[string]string
	types := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		types[i] = known[storedAs(s, c)]
		if types[i] != "" {
			continue
		}
		if found == nil {
			if err := r.view(ctx, "goldserve_probe", files("parquet", "", nil, literal(first))); err != nil {
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

// placesOf lists a source's files as an Arrow stream: the path that Spark tells of a row's file, the file's name and its slice.
func placesOf(s builder.Source, paths []string) ([]byte, error) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "path", Type: arrow.BinaryTypes.String},
		{Name: "name", Type: arrow.BinaryTypes.String},
		{Name: "slice", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	list := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer list.Release()
	for i, f := range s.Files {
		path, shown, slice := list.Field(0).(*array.StringBuilder), list.Field(1).(*array.StringBuilder), list.Field(2).(*array.StringBuilder)
		path.Append(told(paths[i]))
		shown.Append(f.Name)
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
