package dbt

import (
	"slices"
	"strings"

	"goldserve/gold"
)

// test adds what a test says to its model; otherwise it returns why it says nothing here, in words that follow "tests, ".
func (n *node) test(byID map[string]*Model) string {
	k := n.TestMetadata
	if k == nil {
		return "which are queries of their own"
	}
	m := byID[n.AttachedNode]
	if m == nil {
		m = modelOf(k.text("model"), n, byID)
	}
	if m == nil {
		return "" // of a source, or of what is never stored
	}
	if n.Config.Where != nil && strings.TrimSpace(*n.Config.Where) != "" || k.text("row_condition") != "" {
		return "which hold for some rows only"
	}
	if !anyFailure(n.Config.ErrorIf) || !anyFailure(n.Config.WarnIf) {
		return "which tolerate some rows"
	}
	t := Test{}
	if strings.EqualFold(n.Config.Severity, "warn") {
		t.Severity = gold.SeverityWarning
	}
	if name := k.text("column_name"); name != "" {
		t.Columns = []string{name}
	} else if n.ColumnName != "" {
		t.Columns = []string{n.ColumnName}
	}
	if reason := t.read(k, n, byID); reason != "" {
		return reason
	}
	if len(t.Columns) == 0 {
		return "which are about an expression"
	}
	for i, name := range t.Columns {
		t.Columns[i] = strings.Trim(name, "`\"[]")
		switch {
		case m.Column(t.Columns[i]) != nil:
		case m.catalogued:
			return "whose column is none of their model's"
		default:
			m.Columns = append(m.Columns, &Column{Name: t.Columns[i]})
		}
	}
	m.Tests = append(m.Tests, t)
	return ""
}

// anyFailure reports whether one failing row is enough, as by default.
func anyFailure(condition string) bool {
	return slices.Contains([]string{"", "!=0", ">0", "<>0", ">=1"}, strings.ReplaceAll(condition, " ", ""))
}

// read reads what a test of a known kind says, or returns why it has no counterpart.
func (t *Test) read(k *testMetadata, n *node, byID map[string]*Model) string {
	switch k.qualified() {
	case "not_null", "dbt_expectations.expect_column_values_to_not_be_null":
		t.Kind = NotNull
	case "unique", "dbt_expectations.expect_column_values_to_be_unique":
		t.Kind = Unique
	case "dbt_utils.unique_combination_of_columns":
		t.Kind, t.Columns = Unique, k.texts("combination_of_columns")
	case "dbt_expectations.expect_compound_columns_to_be_unique":
		if k.text("ignore_row_if") != "" {
			return "which hold for some rows only"
		}
		t.Kind, t.Columns = Unique, k.texts("column_list")
	case "accepted_values":
		t.Kind, t.Values = Accepted, k.texts("values")
	case "dbt_expectations.expect_column_values_to_be_in_set":
		t.Kind, t.Values = Accepted, k.texts("value_set")
	case "dbt_utils.accepted_range":
		t.Kind, t.Low, t.High, t.Open = Range, k.text("min_value"), k.text("max_value"), k.text("inclusive") == "false"
	case "dbt_expectations.expect_column_values_to_be_between":
		t.Kind, t.Low, t.High, t.Open = Range, k.text("min_value"), k.text("max_value"), k.is("strictly")
	case "relationships":
		t.Kind, t.Field = Refers, k.text("field")
		if t.To = modelOf(k.text("to"), n, byID); t.To == nil {
			return "which refer to no model of the project"
		}
	default:
		return "which goldserve has no rule for"
	}
	return ""
}
