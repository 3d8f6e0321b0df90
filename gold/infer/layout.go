package infer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"goldserve/gold/dashboard"
)

// addLayout adds dashboard.yaml to the files of a new model, unless they have problems, which who loads them is told.
func (m *Model) addLayout(updates []Update) []Update {
	loaded, err := Compile(textsOf(updates))
	if err != nil {
		return updates
	}
	layout := m.layout(&loaded.Model)
	if len(layout.Rows) == 0 {
		return updates
	}
	return append(updates, Update{Path: LayoutFile, Content: layoutText(&layout), New: true})
}

// layoutText writes a layout as dashboard.yaml.
func layoutText(layout *dashboard.Layout) []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Guessed: what is wrong is one line to change or to take out. Without this file the page follows from the contracts.")
	if len(layout.Filters) > 0 {
		line("filters:")
	}
	for _, f := range layout.Filters {
		line("  - %s", entries("type", scalar(string(f.Type)), "field", scalarOr(f.Field), "label", texts(f.Label)))
	}
	if len(layout.Tables) > 0 {
		line("tables: # a page for each, with all of its rows")
	}
	for _, t := range layout.Tables {
		line("  - %s", entries("id", scalar(t.ID), "title", texts(t.Title), "dataset", scalar(t.Dataset), "fields", list(t.Fields), "sort", listOr(t.Sort)))
	}
	line("rows:")
	for _, row := range layout.Rows {
		line("  - height: %d", row.Height)
		line("    widgets:")
		for i := range row.Widgets {
			line("      - %s", widget(&row.Widgets[i]))
		}
	}
	return []byte(b.String())
}

// widget writes a widget of the types that a derived layout has.
func widget(w *dashboard.Widget) string {
	limit := ""
	if w.Limit != w.Type.Keys().Limit {
		limit = fmt.Sprint(w.Limit)
	}
	return entries("id", scalar(w.ID), "type", scalar(string(w.Type)), "span", fmt.Sprint(w.Span), "title", texts(w.Title),
		"dataset", scalarOr(w.Dataset), "group", scalarOr(w.Group), "field", scalarOr(w.Field), "metric", scalarOr(w.Metric),
		"metrics", listOr(w.Metrics), "fields", listOr(w.Fields), "sort", listOr(w.Sort), "limit", limit, "page", scalarOr(w.Page))
}

// entries writes a map in one line, without the keys that have no value.
func entries(pairs ...string) string {
	var parts []string
	for pair := range slices.Chunk(pairs, 2) {
		if value := pair[1]; value != "" {
			parts = append(parts, pair[0]+": "+value)
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// texts writes a text by language.
func texts(by map[string]string) string {
	var pairs []string
	for _, language := range slices.Sorted(maps.Keys(by)) {
		pairs = append(pairs, scalar(language), scalar(by[language]))
	}
	if len(pairs) == 0 {
		return ""
	}
	return entries(pairs...)
}

func scalarOr(text string) string {
	if text == "" {
		return ""
	}
	return scalar(text)
}

func listOr(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return list(texts)
}
