package dashboard

import (
	"slices"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// LayoutKeys describes dashboard.yaml.
func LayoutKeys() yaml.Value {
	filter := yaml.KeysValue(
		yaml.Key{Name: "type", Need: true, Value: yaml.WordValue(filterControls...), Doc: "period (of the field that the model's asOf names), choice (among few values), search (among many), or compare (with an earlier time)."},
		yaml.Key{Name: "field", Value: fieldName, Doc: "The field that a choice or search filters by: of the facts, or looked up by them."},
		yaml.Key{Name: "label", Value: yaml.LabelsValue, Default: "the field's label", Doc: "What a choice or search is called."},
	)
	for _, control := range []Control{PeriodControl, CompareControl} {
		filter.Cases = append(filter.Cases, yaml.Case{On: "type", Word: string(control), Need: []string{"type"}})
	}
	for _, control := range []Control{ChoiceControl, SearchControl} {
		filter.Cases = append(filter.Cases, yaml.Case{On: "type", Word: string(control), Need: []string{"type", "field"}, May: []string{"label"}})
	}
	row := yaml.KeysValue(
		yaml.Key{Name: "height", Need: true, Value: yaml.IntegerValue(minRowHeight, maxRowHeight), Doc: "The row's height in pixels."},
		yaml.Key{Name: "widgets", Need: true, Value: yaml.ListValue(widgetValue()), Doc: "The widgets from left to right, whose spans add up to 12."},
	)
	return yaml.KeysValue(
		yaml.Key{Name: "filters", Value: yaml.ListValue(filter), Default: "none", Doc: "The controls of the row of filters, on fields of the model's facts."},
		yaml.Key{Name: "tables", Value: yaml.ListValue(tableValue()), Default: "none", Doc: "Pages that list a dataset's rows, and show each row in full."},
		yaml.Key{Name: "rows", Need: true, Value: yaml.ListValue(row), Doc: "The rows of widgets from top to bottom."},
	)
}

var (
	fieldName   = yaml.TextValue.As("field")
	fieldList   = yaml.WordsValue(fieldName)
	sortList    = yaml.WordsValue(yaml.TextValue.As("field or -field"))
	metricName  = yaml.TextValue.As("metric")
	datasetName = yaml.TextValue.As("dataset")
	markValue   = yaml.KeysValue(
		yaml.Key{Name: "field", Need: true, Value: fieldName, Doc: "A field of numbers."},
		yaml.Key{Name: "below", Need: true, Value: yaml.NumberValue, Doc: "The mark stands beside rows whose field is less than this."},
		yaml.Key{Name: "label", Need: true, Value: yaml.LabelsValue, Doc: "The text of the mark."},
	)
)

func widgetValue() yaml.Value {
	var types []string
	for _, t := range WidgetTypes() {
		types = append(types, string(t))
	}
	widget := yaml.KeysValue(
		yaml.Key{Name: "id", Need: true, Value: yaml.IdentifierValue, Doc: "The widget's name in URLs, unique on the page."},
		yaml.Key{Name: "type", Need: true, Value: yaml.WordValue(types...), Doc: "What the widget shows."},
		yaml.Key{Name: "span", Need: true, Value: yaml.IntegerValue(1, Columns), Doc: "Its width in columns."},
		yaml.Key{Name: "title", Value: yaml.LabelsValue, Default: "the name of its metric or dataset", Doc: "The text above the widget."},
		yaml.Key{Name: "dataset", Value: datasetName, Doc: "The dataset of its fields and metrics."},
		yaml.Key{Name: "group", Value: fieldName, Doc: "The field to group by, which may be looked up."},
		yaml.Key{Name: "field", Value: fieldName, Doc: "The date or timestamp of a trend or of the ages of a triangle, or the number whose bins are shown."},
		yaml.Key{Name: "metric", Value: metricName, Doc: "The metric that is shown."},
		yaml.Key{Name: "metrics", Value: yaml.WordsValue(metricName), Doc: "The metrics that are shown: of kpis, those of the model's kpis."},
		yaml.Key{Name: "fields", Value: fieldList, Doc: "The columns of a list, which may be looked up, or the figures of shares."},
		yaml.Key{Name: "sort", Value: sortList, Default: "the dataset's order", Doc: "The order of the rows; -field is descending."},
		yaml.Key{Name: "limit", Value: yaml.IntegerValue(1, gold.DefaultMaxLimit), Default: "10; 5000 of a scatter", Doc: "How many groups, rows or points are shown."},
		yaml.Key{Name: "bars", Value: fieldList, Default: "none", Doc: "Those of the fields that are drawn as a bar from 0 to 1."},
		yaml.Key{Name: "marks", Value: yaml.ListValue(markValue), Default: "none", Doc: "Texts beside rows whose field is below a number."},
		yaml.Key{Name: "page", Value: yaml.TextValue.As("id of a table"), Default: "none", Doc: "The table (one of tables) that a click opens, at that row."},
		yaml.Key{Name: "x", Value: fieldName, Doc: "The field of a scatter's horizontal axis."},
		yaml.Key{Name: "y", Value: fieldName, Doc: "The field of a scatter's vertical axis."},
		yaml.Key{Name: "color", Value: fieldName, Default: "one colour", Doc: "The field by which the points of a scatter are coloured."},
		yaml.Key{Name: "log", Value: fieldList, Default: "none", Doc: "Which of the fields x and y have a logarithmic axis."},
		yaml.Key{Name: "count", Value: fieldName, Doc: "The field that holds the size of each group."},
		yaml.Key{Name: "value", Value: fieldName, Doc: "The field that is shown divided by the count."},
		yaml.Key{Name: "since", Value: fieldName, Doc: "The date or timestamp that a triangle's ages are counted from."},
		yaml.Key{Name: "period", Value: yaml.EitherValue(yaml.Value{Type: "string", Called: "a number of days such as 30d", Pattern: `^[1-9][0-9]{0,3}d$`}, yaml.WordValue(gold.AgeUnits...)), Doc: "How long the ages of a triangle are."},
		yaml.Key{Name: "per", Value: metricName, Doc: "The metric that a triangle's metric is divided by: how many began in each month."},
		yaml.Key{Name: "edges", Value: yaml.ListValue(yaml.NumberValue), Doc: "The ascending edges of the bins, at most 100."},
		yaml.Key{Name: "table", Value: datasetName, Default: "the bins", Doc: "The dataset that the table view shows instead."},
	)
	for _, t := range WidgetTypes() {
		widget.Cases = append(widget.Cases, yaml.Case{On: "type", Word: string(t), Need: slices.Concat([]string{"id", "type", "span"}, t.Keys().Need), May: slices.Concat([]string{"title"}, t.Keys().May)})
	}
	return widget
}

func tableValue() yaml.Value {
	history := yaml.KeysValue(
		yaml.Key{Name: "dataset", Need: true, Value: datasetName, Doc: "The dataset of the metric."},
		yaml.Key{Name: "on", Need: true, Value: fieldName, Doc: "Its field that holds the row's key."},
		yaml.Key{Name: "metric", Need: true, Value: metricName, Doc: "The metric that is shown over time."},
	)
	return yaml.KeysValue(
		yaml.Key{Name: "id", Need: true, Value: yaml.IdentifierValue, Doc: "The table's name in URLs, unique on the page."},
		yaml.Key{Name: "title", Need: true, Value: yaml.LabelsValue, Doc: "What the menu calls it."},
		yaml.Key{Name: "dataset", Need: true, Value: datasetName, Doc: "The dataset whose rows are listed."},
		yaml.Key{Name: "fields", Need: true, Value: fieldList, Doc: "The columns, which may be looked up."},
		yaml.Key{Name: "sort", Value: sortList, Default: "the dataset's order", Doc: "The order of the rows; -field is descending."},
		yaml.Key{Name: "bars", Value: fieldList, Default: "none", Doc: "Those of the fields that are drawn as a bar from 0 to 1."},
		yaml.Key{Name: "marks", Value: yaml.ListValue(markValue), Default: "none", Doc: "Texts beside rows whose field is below a number."},
		yaml.Key{Name: "history", Value: history, Default: "none", Doc: "A metric over time on the page of a row."},
	)
}
