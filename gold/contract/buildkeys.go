package contract

import (
	"goldserve/gold"
	"goldserve/gold/yaml"
)

// buildValue describes what a model's SQL builds its gold from.
func buildValue() yaml.Value {
	none := "none"
	kind := yaml.WordValue(gold.RawKinds...)
	value := yaml.EitherValue(yaml.NumberValue, yaml.BooleanValue, yaml.TextValue).As("value of the kind")
	column := yaml.EitherValue(kind, yaml.KeysValue(
		yaml.Key{Name: "kind", Need: true, Value: kind, Doc: "The type that the column's text is converted to; text that can't be converted gives null."},
		yaml.Key{Name: "mask", Value: yaml.WordValue(maskNames...), Default: "clear", Doc: "How its text is masked before the SQL, and the engine, see it; null needs quotes."},
		yaml.Key{Name: "optional", Value: yaml.BooleanValue, Default: "false", Doc: "Whether a file may lack the column: its values are null there."},
	))
	parameters := yaml.MapValue(yaml.KeysValue(
		yaml.Key{Name: "kind", Need: true, Value: kind, Doc: "The value's type."},
		yaml.Key{Name: "default", Value: value, Default: "required; of an instant, the time of the build", Doc: "The value if none is set."},
		yaml.Key{Name: "required", Value: yaml.BooleanValue, Default: "false", Doc: "true: the parameter has no default, and every build must set it."},
		yaml.Key{Name: "min", Value: value, Default: none, Doc: "The least value that can be set."},
		yaml.Key{Name: "max", Value: value, Default: none, Doc: "The greatest value that can be set."},
		yaml.Key{Name: "description", Value: yaml.TextValue, Doc: "What the value is for."},
	))
	return yaml.KeysValue(
		yaml.Key{Name: "parameters", Default: none, Doc: "Values that the SQL reads as functions, such as param_horizon_days(), and that can be set for a build: a map from name to settings.", Value: parameters},
		yaml.Key{Name: "generate", Default: none, Doc: "Settings for the SQL that generates raw files (sql/generate).", Value: yaml.KeysValue(
			yaml.Key{Name: "parameters", Default: none, Doc: "Values that the SQL of sql/generate reads as functions, such as param_clients(): a map from name to settings.", Value: parameters},
		)},
		yaml.Key{Name: "retention", Default: "all files stay", Doc: "How long files stay whose names have the time of a slice, by its age beside the newest slice.", Value: yaml.KeysValue(
			yaml.Key{Name: "bronze", Value: yaml.TextValue.As("duration"), Default: "they stay", Doc: "Raw files. They are removed from bronze; their rows are kept, as landed, in the lake's _carried, and are read as before."},
			yaml.Key{Name: "silver", Value: yaml.TextValue.As("duration"), Default: "they stay", Doc: "Files of silver tables that have one for each slice (file: NAME_{slice}.csv). The rows are computed again for each build of gold that needs them."},
			yaml.Key{Name: "gold", Value: yaml.TextValue.As("duration"), Default: "they stay", Doc: "Files of gold that earlier builds made, beside the current ones (file: NAME/NAME_{ts}.csv)."},
		)},
		yaml.Key{Name: "folders", Default: "lake, bronze, silver and gold", Doc: "What the folders of the stages are called in the lake.", Value: yaml.KeysValue(
			yaml.Key{Name: "lake", Value: yaml.TextValue.As("folder"), Default: "lake", Doc: "The lake of commands that name none."},
			yaml.Key{Name: "bronze", Value: yaml.TextValue.As("folder"), Default: "bronze", Doc: "The raw files."},
			yaml.Key{Name: "silver", Value: yaml.TextValue.As("folder"), Default: "silver", Doc: "The cleaned tables."},
			yaml.Key{Name: "gold", Value: yaml.TextValue.As("folder"), Default: "gold", Doc: "The gold tables."},
		)},
		yaml.Key{Name: "sources", Need: true, Doc: "The raw tables, which SQL reads as bronze.NAME: a map from name to settings.", Value: yaml.MapValue(yaml.KeysValue(
			yaml.Key{Name: "files", Value: yaml.WordsValue(yaml.TextValue.As("pattern")), Default: "NAME.*, NAME_*.* and NAME/*", Doc: "The files below bronze; * stands for any part of a name."},
			yaml.Key{Name: "slice", Default: none, Value: yaml.EitherValue(yaml.TextValue.As("name"), yaml.KeysValue(
				yaml.Key{Name: "name", Need: true, Value: yaml.TextValue, Doc: "The name of a folder, or of a file without its ending, with the number as {n}: month_{n}. SQL reads the number as _number."},
				yaml.Key{Name: "firstMonth", Value: yaml.TextValue.As("parameter"), Default: "the numbers are no months", Doc: "The date parameter in whose month number 0 lies; _slice is then the last day of each number's month."},
				yaml.Key{Name: "optional", Value: yaml.BooleanValue, Default: "false", Doc: "true: a slice may lack files of this source."},
				yaml.Key{Name: "frozen", Value: yaml.BooleanValue, Default: "false", Doc: "true: files of a slice that was built must stay as they are, and no slice may be missing between others."},
			)), Doc: "Where the files' paths have the number of their [slice](raw-files.md#numbered-slices)."},
			yaml.Key{Name: "format", Value: yaml.WordValue(rawFormats...), Default: "by the files' names", Doc: "The files' format."},
			yaml.Key{Name: "delimiter", Value: yaml.TextValue.As("character"), Default: "a comma; a tab in .tsv files", Doc: "The character between the values of CSV."},
			yaml.Key{Name: "quote", Value: yaml.TextValue.As("character, or none"), Default: "a double quote", Doc: "The character around values of CSV."},
			yaml.Key{Name: "encoding", Value: yaml.WordValue(gold.Encodings...), Default: "utf-8", Doc: "The character encoding of CSV."},
			yaml.Key{Name: "null", Value: castTexts, Default: "blank texts alone", Doc: "Texts that mean null in CSV."},
			yaml.Key{Name: "foldNames", Value: yaml.BooleanValue, Default: "false", Doc: "Reads the names of CSV's columns in lower case, and without blanks around them."},
			yaml.Key{Name: "columns", Need: true, Value: yaml.MapValue(column), Doc: "The columns to read, which every file must have unless they are optional: a map from name to kind, or to settings."},
			yaml.Key{Name: "expect", Default: none, Value: yaml.ListValue(yaml.KeysValue(
				yaml.Key{Name: "rule", Need: true, Value: yaml.WordValue(gold.ExpectRules...), Doc: "What is expected: exactly the declared columns; no nulls; no repetitions in a slice; numbers not below min; values that another source has; a file that is recent."},
				yaml.Key{Name: "columns", Value: yaml.WordsValue(yaml.TextValue.As("column")), Default: "required by notNull, unique and min", Doc: "The columns."},
				yaml.Key{Name: "column", Value: yaml.TextValue.As("column"), Default: "required by reference", Doc: "The column whose values are references."},
				yaml.Key{Name: "to", Value: yaml.TextValue.As("SOURCE.COLUMN"), Default: "required by reference", Doc: "The column that has them, in this slice or an earlier one."},
				yaml.Key{Name: "min", Value: yaml.NumberValue, Default: "required by min", Doc: "The least value."},
				yaml.Key{Name: "days", Value: yaml.NumberValue, Default: "required by fresh", Doc: "How many days before the build the newest file may be."},
				yaml.Key{Name: "severity", Value: yaml.WordValue(gold.FindingError, gold.FindingWarning), Default: "error", Doc: "error: a slice that breaks it is left out of the build, and later ones; a source without slices ends the build. warning: it is reported."},
			)), Doc: "What the rows must be ([expectations](raw-files.md#expectations))."},
		))},
	)
}
