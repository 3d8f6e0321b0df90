package spark

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

//go:embed prelude.sql
var preludeText string

// prelude returns the statements that define the functions which every model's SQL may use.
func prelude() []string {
	var all []string
	for statement := range strings.SplitSeq(comment.ReplaceAllString(preludeText, ""), ";\n") {
		if strings.TrimSpace(statement) != "" {
			all = append(all, statement)
		}
	}
	return all
}

var comment = regexp.MustCompile(`(?m)^--.*\n`)

// types are Spark's for the kinds of raw columns and parameters.
var types = map[gold.RawKind]string{
	gold.RawText: "STRING", gold.RawWhole: "BIGINT", gold.RawNumber: "DOUBLE", gold.RawMoney: "DECIMAL(18, 4)",
	gold.RawInstant: "TIMESTAMP", gold.RawDate: "DATE", gold.RawBoolean: "BOOLEAN",
}

// parameter returns the statement that defines a parameter as a function.
func parameter(v builder.Value) (string, error) {
	kind, ok := types[v.Kind]
	if !ok {
		return "", gold.Errorf(gold.Internal, gold.CodeBuildEngine, "parameter %s: unknown kind %q", v.Name, v.Kind)
	}
	return fmt.Sprintf("CREATE TEMPORARY FUNCTION %s() RETURNS %s RETURN CAST(%s AS %[2]s)", name("param_"+v.Name), kind, text(v.Text)), nil
}

// name quotes the name of a column, a view or a function.
func name(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }

// text is a literal.
func text(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// view returns the name under which a session has a table: views have no schema.
func view(stage builder.Stage, table string) string { return string(stage) + "__" + table }

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
		return "CAST(" + column + " AS STRING)", true
	case kind == gold.RawWhole && stored == builder.StoredNumber:
		return "whole_of_number(" + column + ")", true
	case kind == gold.RawWhole && stored == builder.StoredDecimal:
		return "CASE WHEN " + column + " % 1 = 0 THEN try_cast(" + column + " AS BIGINT) END", true
	case kind == gold.RawMoney && stored == builder.StoredNumber:
		return "money_of_number(" + column + ")", true
	case kind == gold.RawNumber && stored == builder.StoredNumber:
		return "CASE WHEN abs(" + column + ") < double('Infinity') THEN " + column + " END", true
	case (kind == gold.RawWhole || kind == gold.RawMoney || kind == gold.RawNumber) && numeric:
	case (kind == gold.RawInstant || kind == gold.RawDate) && dated:
	case kind == gold.RawBoolean && stored == builder.StoredBoolean:
	case kind == gold.RawBoolean && stored == builder.StoredWhole:
		return "CASE " + column + " WHEN 0 THEN false WHEN 1 THEN true END", true
	default:
		return "", false
	}
	return "try_cast(" + column + " AS " + types[kind] + ")", true
}

// typeNames are Spark's names of types, by the fields of a DataType.
var typeNames = map[int]string{
	1: "void", 2: "binary", 3: "boolean", 4: "tinyint", 5: "smallint", 6: "int", 7: "bigint", 8: "float", 9: "double", 10: "decimal", 11: "string", 12: "char", 13: "varchar",
	14: "date", 15: "timestamp", 16: "timestamp_ntz", 17: "interval", 18: "interval year to month", 19: "interval day to second", 20: "array", 21: "struct", 22: "map", 25: "variant", 28: "time",
}

// typeOf returns the name of a DataType: decimal(18,4), or array whatever it is of.
func typeOf(kind []byte) (text string, err error) {
	err = each(kind, func(field int, v value) error {
		text = typeNames[field]
		if field != 10 {
			return nil
		}
		var digits, scale uint64
		err := each(v.bytes, func(field int, v value) error {
			switch field {
			case 1:
				scale = v.number
			case 2:
				digits = v.number
			}
			return nil
		})
		text = fmt.Sprintf("decimal(%d,%d)", digits, scale)
		return err
	})
	return text, err
}
