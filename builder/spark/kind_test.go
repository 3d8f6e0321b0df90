package spark

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// oddTexts are texts that readers of numbers, dates and truths differ about.
var oddTexts = []string{
	"", " ", "\u00a0 a  b\u2003\t\n", "NA", "null", "nan", "None", "Infinity", "inf", "1_000", "1,5", "0x10", "5d", "5f", "1e3", "1E+3", "1e400", "1e-400", "-.5", "5.", ".", "+", "-0",
	"007", "2.0", "2.7", "2.000", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999.99995", "1.00005", "2.675", "-1.00005", "١٢",
	"2025-11-13", "2025-11-13T10:35", "2025-11-13 10:35:07", "2025-11-13T10:35:07.123456789", "2025-11-13T10:35:07Z", "2025-11-13T10:35Z", "2025-11-13T10:35+02:00",
	"2025-11-13T10:35:07.5-0330", "2025-11-13T10:35:07+02", "2025-11-13T10:35:07+14:59", "2025-11-13T10:35:07+15:00", "2025-11-13T24:00", "2025-11-13T23:59:60", "2025-02-29", "2024-02-29", "2025-13-01",
	"1582-10-10", "1500-02-29", "0001-01-01", "0000-01-01", "9999-12-31T23:59:59.999999999", "10000-01-01", "2025", "2025-11", "2025-11-13 junk", "10:00", "now", "epoch", "today", "infinity",
	"13/11/2025", "32/12/2025", "13/11/2025 10:35:07", "true", "TRUE", "t", "Yes", "no", "N", "0", "1", "2", "ß", "\U0001F600",
}

type kindCase struct {
	name   string
	stored builder.Stored
	values string // as DuckDB writes them; "": the odd texts
	kinds  []gold.RawKind
}

var kinds = []gold.RawKind{gold.RawText, gold.RawWhole, gold.RawNumber, gold.RawMoney, gold.RawInstant, gold.RawDate, gold.RawBoolean}

var kindCases = []kindCase{
	{"landed", builder.StoredText, "", kinds},
	{"text", builder.StoredText, "", kinds},
	{"int8", builder.StoredWhole, "((-128)::TINYINT), (0), (1), (127), (NULL)", []gold.RawKind{gold.RawText, gold.RawWhole, gold.RawNumber, gold.RawMoney, gold.RawBoolean}},
	{"int64", builder.StoredWhole, "((-9223372036854775808)::BIGINT), (0), (1), (2), (99999999999999), (100000000000000), (9223372036854775807), (NULL)", []gold.RawKind{gold.RawText, gold.RawWhole, gold.RawNumber, gold.RawMoney, gold.RawBoolean}},
	{"uint32", builder.StoredWhole, "(4294967295::UINTEGER), (0), (NULL)", []gold.RawKind{gold.RawText, gold.RawWhole, gold.RawNumber, gold.RawMoney}},
	{"uint64", builder.StoredWhole, "(18446744073709551615::UBIGINT), (0), (NULL)", []gold.RawKind{gold.RawWhole, gold.RawNumber, gold.RawMoney}},
	{"float", builder.StoredNumber, "(0.1::FLOAT), (-2), (2.5), ('nan'), (NULL)", []gold.RawKind{gold.RawWhole, gold.RawNumber, gold.RawMoney}},
	{
		"double", builder.StoredNumber, "(0.1::DOUBLE), (-0.0), (143.0), (143.5), (1e18), (9.3e18), (-9223372036854775808), (1e300), (1.00005), (2.675), (-1.00005), (1e-9), ('nan'), ('inf'), ('-inf'), (NULL)",
		[]gold.RawKind{gold.RawWhole, gold.RawNumber, gold.RawMoney},
	},
	{"decimal", builder.StoredDecimal, "(1.25::DECIMAL(10, 2)), (2), (-99999999.99), (NULL)", []gold.RawKind{gold.RawText, gold.RawWhole, gold.RawNumber, gold.RawMoney}},
	{"fine", builder.StoredDecimal, "(1.000050000001::DECIMAL(38, 12)), (2), (99999999999999999999), (-1.00005), (NULL)", []gold.RawKind{gold.RawWhole, gold.RawNumber, gold.RawMoney}},
	{
		"timestamp", builder.StoredTimestamp, "(TIMESTAMP '2025-11-13 10:35:07.123456'), (TIMESTAMP '0001-01-01'), (TIMESTAMP '1582-10-10'), (TIMESTAMP '1969-12-31 23:59:59.999999'), (TIMESTAMP '9999-12-31 23:59:59.999999'), (NULL)",
		[]gold.RawKind{gold.RawInstant, gold.RawDate},
	},
	{"zoned", builder.StoredTimestamp, "(TIMESTAMPTZ '2025-11-13 23:35:07.123456-02'), (NULL)", []gold.RawKind{gold.RawInstant, gold.RawDate}},
	{"nanos", builder.StoredTimestamp, "(TIMESTAMP_NS '2025-11-13 10:35:07.123456789'), (TIMESTAMP_NS '1969-12-31 23:59:59.999999000'), (NULL)", []gold.RawKind{gold.RawInstant, gold.RawDate}},
	{"millis", builder.StoredTimestamp, "(TIMESTAMP_MS '2025-11-13 10:35:07.123'), (NULL)", []gold.RawKind{gold.RawInstant, gold.RawDate}},
	{"date", builder.StoredDate, "(DATE '2025-11-13'), (DATE '1582-10-10'), (NULL)", []gold.RawKind{gold.RawText, gold.RawInstant, gold.RawDate}},
	{"boolean", builder.StoredBoolean, "(true), (false), (NULL)", []gold.RawKind{gold.RawText, gold.RawBoolean}},
}

// Spark reads every kind from every type that it may be stored as, as DuckDB does.
func TestKindsAreReadAsDuckDBReadsThem(t *testing.T) {
	l := newLake(t)
	quoted := make([]string, len(oddTexts))
	for i, s := range oddTexts {
		quoted[i] = fmt.Sprintf("(%d, '%s')", i+1, strings.ReplaceAll(s, "'", "''"))
	}
	texts := "(VALUES " + strings.Join(quoted, ", ") + ", (1000, NULL)) v(_line, stored)"
	var sources []builder.Source
	var tables []*builder.Table
	for _, c := range kindCases {
		values, landed := "(VALUES "+c.values+") v(stored)", c.name == "landed"
		if c.values == "" {
			values = texts
		}
		s := builder.Source{Name: c.name, Files: []builder.File{{Path: l.path("bronze", c.name+".parquet"), Name: c.name + ".csv", Landed: landed}}}
		var columns, selected []string
		for _, kind := range c.kinds {
			columns = append(columns, "stored AS c_"+string(kind))
			selected = append(selected, fmt.Sprintf("c_%[1]s, _c_%[1]s", kind))
			s.Columns = append(s.Columns, builder.Column{Name: "c_" + string(kind), Kind: kind, Stored: c.stored})
		}
		if landed {
			columns = append(columns, "_line::BIGINT AS _line", "NULL::VARCHAR AS _broken")
		}
		l.sql("COPY (SELECT " + strings.Join(columns, ", ") + " FROM " + values + ") TO 'LAKE/bronze/" + c.name + ".parquet'")
		sources = append(sources, s)
		tables = append(tables, table(builder.Gold, c.name, "SELECT "+strings.Join(selected, ", ")+", _file, _line FROM bronze."+c.name+" ORDER BY _line"))
	}
	tables = append(tables, table(builder.Gold, "sums", "SELECT sum(c_whole) AS n FROM bronze.int8"))
	here, there := l.program(sources, tables...), l.program(sources, tables...)
	here.Scratch = t.TempDir()
	if _, err := duckdb.New(duckdb.Options{Executable: storetest.DuckDB(t)}).Run(t.Context(), here, func(builder.Built) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.run(t.Context(), l.engine(), there); err != nil {
		t.Fatal(err)
	}
	for _, sums := range []string{here.Scratch + "/gold/sums.parquet", "LAKE/scratch/gold/sums.parquet/*.parquet"} {
		if diff := cmp.Diff([]map[string]any{{"n": "0 BIGINT"}}, l.sql("SELECT n || ' ' || typeof(n) AS n FROM '"+sums+"'")); diff != "" {
			t.Errorf("%s: %s", sums, diff)
		}
	}
	for _, c := range kindCases {
		for _, kind := range c.kinds {
			// Spark's timestamps have a zone, which is UTC.
			plain := "c_" + string(kind)
			if kind == gold.RawInstant {
				plain = "CAST(" + plain + " AS TIMESTAMP)"
			}
			rows := func(of string) string {
				return fmt.Sprintf("(SELECT %s AS value, typeof(%[1]s) AS of, CAST(_c_%[2]s AS VARCHAR) AS raw, _file, _line FROM '%[3]s')", plain, kind, of)
			}
			if differ := l.sql("SELECT w._line, w.raw, w.value AS want, w.of, g.value AS got, g.of AS got_of, g.raw AS got_raw FROM " +
				rows(here.Scratch+"/gold/"+c.name+".parquet") + " w FULL JOIN " + rows("LAKE/scratch/gold/"+c.name+".parquet/*.parquet") + " g ON w._line = g._line " +
				"WHERE w.value IS DISTINCT FROM g.value OR w.of IS DISTINCT FROM g.of OR w._file IS DISTINCT FROM g._file" + c.raw()); len(differ) > 0 {
				t.Errorf("%s read as %s: %v", c.name, kind, differ)
			}
		}
	}
}

// raw is a condition for values as their files have them, where both engines write them alike.
func (c kindCase) raw() string {
	if c.stored == builder.StoredTimestamp || c.name == "float" {
		return ""
	}
	return " OR w.raw IS DISTINCT FROM g.raw"
}
