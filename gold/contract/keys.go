package contract

import (
	"math"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// The names of things in the tables of keys.
var (
	fieldName   = yaml.TextValue.As("field")
	sortName    = yaml.TextValue.As("field or -field")
	datasetName = yaml.TextValue.As("dataset")
	measureText = yaml.TextValue.As("measure")
	formulaText = yaml.TextValue.As("formula")
	castTexts   = yaml.WordsValue(yaml.EitherValue(yaml.TextValue, yaml.Value{Type: "integer", Called: "text"}))
)

// fieldList is a list of fields, which may be empty: none.
func fieldList() yaml.Value {
	list := yaml.ListValue(fieldName)
	list.MayLack = true
	return yaml.EitherValue(fieldName, list)
}

// ModelKeys describes model.yaml.
func ModelKeys() yaml.Value {
	return yaml.KeysValue(
		yaml.Key{Name: "name", Need: true, Value: yaml.IdentifierValue, Doc: "The model's name: in URLs, in stores and for commands."},
		yaml.Key{Name: "title", Value: yaml.LabelsValue, Need: true, Doc: "What people call the model."},
		yaml.Key{Name: "description", Value: yaml.TextValue, Doc: "What the model is about, in English."},
		yaml.Key{Name: "descriptionFr", Value: yaml.TextValue, Doc: "The description in French."},
		yaml.Key{Name: "locale", Value: yaml.TextValue.As("language tag"), Default: "the reader's", Doc: "The language whose way of writing numbers and dates the dashboard takes, such as en-GB."},
		yaml.Key{Name: "timezone", Value: yaml.TextValue.As("time zone"), Default: "UTC", Doc: "The time zone (of the IANA database) in which hours, days, months and years begin."},
		yaml.Key{Name: "weekStart", Value: yaml.WordValue(gold.WeekdayNames...), Default: "monday", Doc: "The day that weeks start on."},
		yaml.Key{Name: "fiscalYearStart", Value: yaml.EitherValue(yaml.IntegerValue(1, 12), yaml.WordValue(monthNames...)), Default: "no fiscal years", Doc: "The month that fiscal years start in; it opens the grains fiscal_quarter and fiscal_year."},
		yaml.Key{Name: "asOf", Value: yaml.TextValue.As("dataset.field"), Default: "the time of the publish", Doc: "The date or timestamp whose newest value is the time of a release's data."},
		yaml.Key{Name: "facts", Value: datasetName, Default: "none", Doc: "The dataset that `/kpis` requires and that the dashboard filters."},
		yaml.Key{Name: "kpis", Value: yaml.WordsValue(yaml.TextValue.As("metric")), Default: "none", Doc: "The metrics of `/kpis` in their order, of any dataset; they need facts."},
		yaml.Key{Name: "biDatabase", Value: yaml.IdentifierValue, Default: "the store's own, or one named after the model", Doc: "The database that shows the model to BI tools."},
		yaml.Key{Name: "pack", Default: "its facts, with all rules, as MODEL_pack.zip", Doc: "How its releases are packed ([packs](pack.md)).", Value: yaml.KeysValue(
			yaml.Key{Name: "file", Value: yaml.TextValue.As("name of a file"), Default: "MODEL_pack.zip", Doc: "The name of the ZIP file."},
			yaml.Key{Name: "folder", Value: yaml.IdentifierValue, Default: "the model's name", Doc: "The folder in it that its files lie in."},
			yaml.Key{Name: "dataset", Value: datasetName, Default: "facts, or the only dataset", Doc: "The dataset that is packed."},
			yaml.Key{Name: "dateMin", Value: fieldName, Default: "none", Doc: "The date or timestamp whose least value the quality report shows."},
			yaml.Key{Name: "dateMax", Value: fieldName, Default: "none", Doc: "The date or timestamp whose greatest value the quality report shows."},
			yaml.Key{Name: "checks", Value: yaml.WordsValue(yaml.TextValue.As("id of a rule")), Default: "all rules of the dataset", Doc: "The rules that are the checks of the quality report, in its order."},
		)},
		yaml.Key{Name: "ready", Default: "no file is waited for", Doc: "How the lake says that its writer is done.", Value: yaml.KeysValue(
			yaml.Key{Name: "file", Need: true, Value: yaml.TextValue.As("path in the lake"), Doc: "The file that the writer leaves once it is done, such as _COMMITTED."},
		)},
		yaml.Key{Name: "settle", Value: yaml.TextValue.As("duration"), Default: "0s", Doc: "How long nothing of the lake must have changed before it is read, from 1s to 1h."},
		yaml.Key{Name: "trainingSet", Value: trainingSetValue(), Default: "no training sets can be exported", Doc: "What training sets are made of ([training sets](training.md))."},
		yaml.Key{Name: "build", Value: buildValue(), Default: "the lake's gold is written by something else", Doc: "The raw files and parameters from which the model's SQL builds the gold ([from raw files to gold](build.md))."},
		yaml.Key{Name: "targets", Value: targetsValue(), Default: "nothing can be trained", Doc: "What `goldserve train` can learn from a release ([training](scoring.md#training-a-model))."},
		yaml.Key{Name: "stream", Value: streamValue(), Default: "no topic can be streamed into it", Doc: "How messages of a Kafka topic become rows of its build ([streams](stream.md))."},
		yaml.Key{Name: "mlflow", Value: mlflowValue(), Default: "a publish logs only its own run", Doc: "The runs that a publish logs to MLflow besides its own ([MLflow](mlflow.md))."},
	)
}

// DatasetKeys describes the goldserve settings of a dataset.
func DatasetKeys() yaml.Value {
	filters := yaml.MapValue(yaml.WordsValue(yaml.WordValue(gold.SpelledOps()...))).As("map from field to a list of operators")
	index := yaml.ListValue(yaml.WordsValue(sortName))
	lookup := yaml.MapValue(yaml.WordsValue(fieldName)).As("map from dataset or relationship to a list of fields")
	none := "none"
	return yaml.KeysValue(
		yaml.Key{Name: "endpoint", Value: yaml.TextValue.As("path"), Default: "the generic routes only", Doc: "The dataset's own URL, such as /orders or /sales/totals."},
		yaml.Key{Name: "collection", Value: yaml.IdentifierValue.As("name, or none"), Default: "the dataset's name; none for a derived dataset without endpoint", Doc: "Its name for BI tools; none keeps it out of their database."},
		yaml.Key{Name: "source", Value: sourceValue(), Default: "the dataset's name", Doc: "Where the lake has its rows: a path, or a pattern: {ts} reads the newest file that matches, * all of them."},
		yaml.Key{Name: "label", Value: yaml.LabelsValue, Default: "businessName, else the words of the name", Doc: "What people call the dataset."},
		yaml.Key{Name: "descriptionFr", Value: yaml.TextValue, Doc: "The description in French."},
		yaml.Key{Name: "filters", Value: yaml.EitherValue(fieldList(), filters), Default: "all fields, by every operator of their types", Doc: "The fields to filter by: a list for eq and in, or a map from field to operators; what is listed restricts."},
		yaml.Key{Name: "sorts", Value: fieldList(), Default: "all fields", Doc: "The fields to sort by, besides the default order and the key."},
		yaml.Key{Name: "search", Value: fieldList(), Default: "every text field that isn't masked, unless filters are listed", Doc: "The text fields that contains and startswith may search. Lists, maps and structs are text fields that hold JSON: to leave them out, list the others, as inferred contracts do."},
		yaml.Key{Name: "defaultSort", Value: yaml.WordsValue(sortName), Default: "the key, else the order of the source", Doc: "The order of rows without sort; the key always comes last."},
		yaml.Key{Name: "defaultLimit", Value: yaml.IntegerValue(1, highestMaxLimit), Default: "all, up to maxLimit", Doc: "How many rows the endpoint answers without limit."},
		yaml.Key{Name: "maxLimit", Value: yaml.IntegerValue(1, highestMaxLimit), Default: "10000", Doc: "The maximum number of rows of a JSON page."},
		yaml.Key{Name: "indexes", Value: index, Default: none, Doc: "Indexes in the store, each a field or a list of fields."},
		yaml.Key{Name: "biIndexes", Value: index, Default: none, Doc: "Indexes of what BI tools read; they may name columns of bi."},
		yaml.Key{Name: "bi", Value: yaml.MapValue(fieldName).As("map from new name to field"), Default: none, Doc: "Dates for BI tools, made from dates, or from texts that hold days or months."},
		yaml.Key{Name: "accelerate", Value: yaml.BooleanValue, Default: "false", Doc: "Keeps a column snapshot of the dataset in memory."},
		yaml.Key{Name: "metrics", Value: metricsValue(), Default: none, Doc: "Named measures and formulas: a map from name to formula or settings, or a list of settings with a name."},
		yaml.Key{Name: "derive", Value: deriveValue(), Default: "rows come from the source", Doc: "Derives the dataset from another one, by exactly one of group, histogram and growth."},
		yaml.Key{Name: "score", Value: scoreValue(), Default: none, Doc: "Fields that a machine learning model computes when rows are published ([scores](scoring.md)); several models are a list."},
		yaml.Key{Name: "rollup", Value: rollupValue(), Default: none, Doc: "Declares that the dataset is an aggregate of another one, which every publish checks."},
		yaml.Key{Name: "lookup", Value: lookup, Default: none, Doc: "Fields of other datasets by which this one can be filtered, grouped, sorted and measured."},
		yaml.Key{Name: "lend", Value: lookup, Old: true, Doc: "The old name of lookup."},
	)
}

// sourceValue describes where the lake has the rows.
func sourceValue() yaml.Value {
	named := yaml.TextValue.As("path in the lake")
	none := "none"
	return yaml.EitherValue(named, yaml.KeysValue(
		yaml.Key{Name: "csv", Value: named, Default: none, Doc: "The path of CSV files."},
		yaml.Key{Name: "ndjson", Value: named, Default: none, Doc: "The path of files with one JSON object per line."},
		yaml.Key{Name: "json", Value: named, Default: none, Doc: "The path of files that are each an array of JSON objects, or have one object per line."},
		yaml.Key{Name: "parquet", Value: named, Default: none, Doc: "The path of Parquet files."},
		yaml.Key{Name: "delta", Value: named, Default: none, Doc: "The path of a Delta table's folder."},
		yaml.Key{Name: "version", Value: yaml.IntegerValue(0, math.MaxInt64), Default: "the newest", Doc: "The version of the Delta table."},
		yaml.Key{Name: "iceberg", Value: named, Default: none, Doc: "The path of an Iceberg table's folder."},
		yaml.Key{Name: "snapshot", Value: yaml.EitherValue(yaml.IntegerValue(1, math.MaxInt64), yaml.TextValue.As("one in quotes")), Default: "the newest", Doc: "The id of a snapshot of the Iceberg table."},
		yaml.Key{Name: "ref", Value: yaml.TextValue.As("name"), Default: none, Doc: "A tag or a branch of the Iceberg table: its snapshot is read."},
		yaml.Key{Name: "timestamp", Value: yaml.TextValue.As("time with its zone"), Default: "the newest version", Doc: "A time: the version or snapshot of the table that was the newest then is read."},
		yaml.Key{Name: "delimiter", Value: yaml.TextValue.As("character"), Default: "a comma; a tab in .tsv files", Doc: "The character between the values of CSV."},
		yaml.Key{Name: "quote", Value: yaml.TextValue.As("character, or none"), Default: "a double quote", Doc: "The character around values of CSV, which is doubled within them; none: values are not quoted."},
		yaml.Key{Name: "encoding", Value: yaml.WordValue(gold.Encodings...), Default: "utf-8", Doc: "The character encoding of CSV."},
		yaml.Key{Name: "null", Value: castTexts, Default: "the empty text alone", Doc: "Texts that mean null in CSV, unless they stand in quotes in a text field."},
		yaml.Key{Name: "fileColumn", Value: yaml.TextValue.As("name"), Default: none, Doc: "The name of an additional column, which holds the name of each row's file."},
	))
}

func metricsValue() yaml.Value {
	settings := []yaml.Key{
		{Name: "formula", Need: true, Value: formulaText, Doc: "A measure such as sum(amount), or arithmetic over measures and metrics."},
		{Name: "label", Value: yaml.LabelsValue, Default: "the words of the name", Doc: "What people call the metric."},
		{Name: "description", Value: yaml.TextValue, Doc: "What the metric means, in English."},
		{Name: "descriptionFr", Value: yaml.TextValue, Doc: "The description in French."},
		{Name: "unit", Value: yaml.TextValue, Default: "that of the measure's field", Doc: "The unit of its values, such as EUR or days, in at most 20 bytes."},
		{Name: "format", Value: yaml.WordValue(formatNames...), Default: "that of the measure's field", Doc: "How its values are shown."},
		{Name: "multipleOf", Value: yaml.NumberValue, Default: "that of the measure's field", Doc: "The precision with which doubles are shown: 1, 0.1, 0.01 …"},
		{Name: "unfiltered", Value: yaml.BooleanValue, Default: "false", Doc: "Computes it over the whole dataset, whatever the filters."},
	}
	name := yaml.Key{Name: "name", Need: true, Value: yaml.IdentifierValue, Doc: "The metric's name, in a list of metrics."}
	return yaml.EitherValue(
		yaml.MapValue(yaml.EitherValue(formulaText, yaml.KeysValue(settings...))),
		yaml.ListValue(yaml.KeysValue(append([]yaml.Key{name}, settings...)...)),
	)
}

// groupsValue describes the terms to group by.
func groupsValue() yaml.Value {
	term := yaml.KeysValue(
		yaml.Key{Name: "field", Need: true, Value: fieldName, Doc: "The field to group by."},
		yaml.Key{Name: "grain", Value: yaml.WordValue(gold.Calendar{FiscalYearStart: 1}.GrainNames(gold.Time)...), Default: "the values themselves", Doc: "The period that a date or timestamp is cut to."},
		yaml.Key{Name: "bins", Value: yaml.ListValue(yaml.NumberValue), Default: "the values themselves", Doc: "The ascending edges of bins of a number."},
		yaml.Key{Name: "as", Value: yaml.IdentifierValue, Default: "the field's name, and the grain's", Doc: "The name of the field that comes out."},
	)
	return yaml.EitherValue(fieldName, yaml.ListValue(yaml.EitherValue(fieldName, term)))
}

func measuresValue() yaml.Value {
	return yaml.MapValue(measureText)
}

func deriveValue() yaml.Value {
	return yaml.KeysValue(
		yaml.Key{Name: "from", Need: true, Value: datasetName, Doc: "The dataset that is read."},
		yaml.Key{Name: "group", Value: groupsValue(), Doc: "The fields to group by, which may be looked up."},
		yaml.Key{Name: "measures", Value: measuresValue(), Doc: "The measures of each group; they are required with group."},
		yaml.Key{Name: "sort", Value: yaml.WordsValue(sortName), Default: "the groups' own order", Doc: "The order that limit cuts, of groups and measures."},
		yaml.Key{Name: "limit", Value: yaml.IntegerValue(1, 0), Default: "all groups", Doc: "How many groups are kept."},
		yaml.Key{Name: "histogram", Doc: "Counts the values of a number in bins of equal width, into bucket, lower, upper and count.", Value: yaml.KeysValue(
			yaml.Key{Name: "field", Need: true, Value: fieldName, Doc: "The field of numbers."},
			yaml.Key{Name: "bins", Need: true, Value: yaml.IntegerValue(1, maxBins), Doc: "How many bins there are."},
		)},
		yaml.Key{Name: "growth", Doc: "Compares each row with the period before, or with the row before, into prev_, growth_abs and growth_pct.", Value: yaml.KeysValue(
			yaml.Key{Name: "order", Need: true, Value: fieldName, Doc: "The other dataset's key, in whose order rows are compared."},
			yaml.Key{Name: "value", Need: true, Value: fieldName, Doc: "The number that is compared."},
			yaml.Key{Name: "previous", Value: yaml.WordValue(previousRows...), Default: "period; present where the order has no periods", Doc: "Whether a row is compared with the one of the period before (period), or with the row before (present)."},
		)},
	)
}

func rollupValue() yaml.Value {
	return yaml.KeysValue(
		yaml.Key{Name: "of", Need: true, Value: datasetName, Doc: "The dataset that is aggregated."},
		yaml.Key{Name: "group", Need: true, Value: groupsValue(), Doc: "The fields that it is grouped by."},
		yaml.Key{Name: "measures", Need: true, Value: measuresValue(), Doc: "The measures of each group, by the names of this dataset's fields."},
		yaml.Key{Name: "severity", Value: yaml.WordValue(severityNames...), Default: "warning", Doc: "Whether a difference refuses the publish (error) or only warns."},
	)
}

// FieldKeys describes the goldserve settings of a property.
func FieldKeys() yaml.Value {
	labels := yaml.MapValue(yaml.LabelsValue).As("map from value to label")
	unit := yaml.EitherValue(yaml.TextValue, yaml.KeysValue(
		yaml.Key{Name: "field", Need: true, Value: fieldName, Doc: "The field of the same dataset that holds the unit of each row, such as a currency."},
	))
	return yaml.KeysValue(
		yaml.Key{Name: "mask", Value: yaml.WordValue(maskNames...), Default: "drop for classification: pii, else clear", Doc: "What becomes of personal data before it is stored; null needs quotes."},
		yaml.Key{Name: "label", Value: yaml.LabelsValue, Default: "businessName, else the words of the name", Doc: "What people call the field."},
		yaml.Key{Name: "descriptionFr", Value: yaml.TextValue, Doc: "The description in French."},
		yaml.Key{Name: "transformDescriptionFr", Value: yaml.TextValue, Doc: "The standard's transformDescription in French."},
		yaml.Key{Name: "unit", Value: unit, Default: "none", Doc: "The unit of its values, such as EUR or days, in at most 20 bytes, or the field that holds it."},
		yaml.Key{Name: "format", Value: yaml.WordValue(formatNames...), Default: "by the type", Doc: "How its values are shown; a text with the format of a period holds such periods."},
		yaml.Key{Name: "values", Value: labels, Default: "the values themselves", Doc: "What people call the values."},
		yaml.Key{Name: "cast", Value: castValue(), Default: "the column has the field's type", Doc: "How a column of texts or integers is read as the field's type."},
	)
}

func castValue() yaml.Value {
	none := "none"
	return yaml.KeysValue(
		yaml.Key{Name: "from", Value: yaml.WordValue(castFroms...), Default: "text", Doc: "What the column holds."},
		yaml.Key{Name: "decimal", Value: yaml.TextValue.As("character"), Default: "a point", Doc: "The decimal mark of numbers."},
		yaml.Key{Name: "thousands", Value: yaml.TextValue.As("character"), Default: none, Doc: "The mark between groups of digits."},
		yaml.Key{Name: "sign", Value: yaml.TextValue, Default: none, Doc: "A sign that numbers may have before or after them, such as % or €; it is left out."},
		yaml.Key{Name: "date", Value: castTexts, Default: "ISO 8601", Doc: "How 2 January 2006, 15:04:05 is written, such as 02/01/2006; several are tried in turn."},
		yaml.Key{Name: "epoch", Value: yaml.WordValue(castEpochs...), Default: none, Doc: "For timestamps stored as integers: the unit in which they count since 1970."},
		yaml.Key{Name: "true", Value: castTexts, Default: "true, or 1 of integers", Doc: "The texts that mean true."},
		yaml.Key{Name: "false", Value: castTexts, Default: "false, or 0 of integers", Doc: "The texts that mean false."},
		yaml.Key{Name: "null", Value: castTexts, Default: none, Doc: "The texts that mean null."},
		yaml.Key{Name: "onError", Value: yaml.EitherValue(yaml.WordValue(onErrorValues...), yaml.Value{Type: "null", Called: "null without quotes"}), Default: "error", Doc: "Whether a value that doesn't fit stops the publish, or becomes null and is counted."},
	)
}

// RelationshipKeys describes the goldserve settings of a relationship.
func RelationshipKeys() yaml.Value {
	return yaml.KeysValue(
		yaml.Key{Name: "name", Value: yaml.IdentifierValue, Default: "none", Doc: "What lookups over this relationship are called, where several lead to one dataset."},
	)
}
