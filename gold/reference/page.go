package reference

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// Page is a page of Markdown.
type Page struct {
	Path string // below the folder of the index, with slashes
	Text string
}

// IndexPath is the path of the page that links to all others.
const IndexPath = "README.md"

// Pages returns the index of a model and a page for each of its datasets, in English where the contracts have it.
func Pages(m *contract.Model) []Page {
	pages := []Page{{IndexPath, index(m, places{pathOf: pathOf})}}
	for i := range m.Contracts {
		p := newPage(m, &m.Contracts[i], places{index: "../" + IndexPath, pathOf: func(dataset string) string { return dataset + ".md" }})
		pages = append(pages, Page{pathOf(p.set.Name), p.String()})
	}
	return pages
}

// OnePage returns the index of a model and its datasets as one page, whose links lead to places in it.
func OnePage(m *contract.Model) string {
	within := places{index: "#index", pathOf: func(dataset string) string { return "#" + anchorOf(dataset) }, anchors: true}
	parts := []string{index(m, within)}
	for i := range m.Contracts {
		parts = append(parts, newPage(m, &m.Contracts[i], within).String())
	}
	return strings.Join(parts, "\n")
}

func pathOf(dataset string) string { return "datasets/" + dataset + ".md" }

// anchorOf names the place of a dataset in one page: apart from those that renderers make of headings, which may be the same
// for two datasets.
func anchorOf(dataset string) string { return "dataset-" + dataset }

// places tell where the links of a page lead.
type places struct {
	index   string
	pathOf  func(dataset string) string
	anchors bool // they lead to anchors
}

// link links to a dataset.
func (p places) link(dataset string) string { return linkTo(dataset, p.pathOf(dataset)) }

// index lists the datasets of a model.
func index(m *contract.Model, places places) string {
	p := &page{model: m, places: places}
	if places.anchors {
		p.anchor("index")
	}
	p.heading(1, cmp.Or(gold.PlainText(m.Title), m.Name))
	p.paragraph(text(gold.PlainText(m.Description)))
	var facts []string
	if m.Facts != "" {
		facts = append(facts, "Facts: "+places.link(m.Facts))
	}
	if m.AsOf.Field != "" {
		facts = append(facts, "Time of the data: "+code(m.AsOf.Dataset+"."+m.AsOf.Field))
	}
	if len(m.KPIs) > 0 {
		facts = append(facts, "Key figures: "+codes(m.KPIs))
	}
	facts = append(facts, "Time zone: "+code(m.Calendar.ZoneName()))
	p.items(facts)
	rows := make([][]string, len(m.Contracts))
	for i := range m.Contracts {
		d := &m.Contracts[i].Dataset
		rows[i] = []string{places.link(d.Name), text(gold.PlainText(d.Doc.Label)), code(d.Endpoint), codes(d.Key), fmt.Sprint(len(d.Fields)), text(gold.PlainText(d.Doc.Description))}
	}
	p.table(2, "Datasets", []string{"dataset", "label", "endpoint", "key", "fields", "description"}, rows)
	return p.String()
}

// page is the page of a dataset being written.
type page struct {
	markdown
	model    *contract.Model
	contract *contract.Contract
	set      *gold.Dataset
	places   places
}

// newPage writes the page of a dataset.
func newPage(m *contract.Model, c *contract.Contract, places places) *page {
	p := &page{model: m, contract: c, set: &c.Dataset, places: places}
	p.write()
	return p
}

func (p *page) write() {
	d := p.set
	if p.places.anchors {
		p.anchor(anchorOf(d.Name))
	}
	p.heading(1, cmp.Or(gold.PlainText(d.Doc.Label), d.Name))
	p.paragraph(text(gold.PlainText(d.Doc.Description)))
	p.facts()
	p.fields()
	p.values()
	p.questions()
	p.metrics()
	p.rules()
	p.relationships()
}

// facts lists where the rows come from and go to.
func (p *page) facts() {
	d := p.set
	items := []string{"Dataset: " + code(d.Name) + " of [" + text(cmp.Or(gold.PlainText(p.model.Title), p.model.Name)) + "](" + p.places.index + "), contract " + text(p.contract.Version)}
	if d.Derive != nil {
		items = append(items, "Derived from "+p.places.link(d.Derive.From))
	} else {
		items = append(items, "Source: "+code(p.contract.Source))
	}
	if d.Rollup != nil && d.Derive == nil {
		items = append(items, "Aggregate of "+p.places.link(d.Rollup.Of))
	}
	urls := []string{code("/datasets/" + d.Name + "/rows")}
	if d.Endpoint != "" {
		urls = append([]string{code(d.Endpoint)}, urls...)
	}
	items = append(items, "Endpoint: "+strings.Join(urls, ", "))
	key := "none: no row can be named"
	if !d.Keyless() {
		key = codes(d.Key)
	}
	items = append(items, "Key: "+key)
	if sort := d.ShownSort(); len(sort) > 0 {
		terms := make([]string, len(sort))
		for i, s := range sort {
			terms[i] = s.String()
		}
		items = append(items, "Order: "+codes(terms))
	}
	if d.Collection != "" {
		items = append(items, "For BI tools: "+code(d.Collection))
	}
	p.items(items)
}

// fields lists the fields, dropped ones last.
func (p *page) fields() {
	var rows [][]string
	row := func(f *gold.Field, note string) {
		required := "yes"
		if f.Nullable {
			required = ""
		}
		rows = append(rows, []string{code(f.Name), text(gold.PlainText(f.Doc.Label)), kindOf(f), required, text(f.Doc.UnitText()), text(strings.TrimSpace(note + " " + gold.PlainText(f.Doc.Description)))})
	}
	for i := range p.set.Fields {
		f := &p.set.Fields[i]
		note := ""
		if f.Mask != gold.MaskNone {
			note = "Personal data, masked (" + f.Mask.String() + ")."
		} else if f.PII {
			note = "Personal data."
		}
		row(f, note)
	}
	for i := range p.contract.Dropped {
		row(&p.contract.Dropped[i], "Personal data, never stored.")
	}
	p.table(2, "Fields", []string{"field", "label", "type", "required", "unit", "description"}, rows)
	rows = nil
	for _, b := range p.set.BI {
		rows = append(rows, []string{code(b.Name), code(b.From)})
	}
	p.table(2, "Columns for BI tools", []string{"column", "made of"}, rows)
}

// kindOf returns the type of a field in words.
func kindOf(f *gold.Field) string {
	switch {
	case f.Kind.Exact():
		return fmt.Sprintf("decimal (%d after the point)", f.Scale)
	case f.Single:
		return "double (32 bits)"
	case f.Kind == gold.Time:
		return "timestamp"
	default:
		return f.Kind.String()
	}
}

// values lists what values are called, but for personal data.
func (p *page) values() {
	var rows [][]string
	for _, f := range p.set.Fields {
		if f.PII || f.Mask != gold.MaskNone {
			continue
		}
		for _, value := range slices.Sorted(maps.Keys(f.Doc.Values)) {
			rows = append(rows, []string{code(f.Name), code(value), text(gold.PlainText(f.Doc.Values[value]))})
		}
	}
	p.table(2, "Values", []string{"field", "value", "label"}, rows)
}

// questions lists what rows can be filtered and sorted by.
func (p *page) questions() {
	var rows [][]string
	for _, f := range p.set.Fields {
		sorts := ""
		if f.Sortable {
			sorts = "yes"
		}
		names := make([]string, len(f.Filters))
		for i, op := range f.Filters {
			names[i] = op.String()
		}
		if len(names) > 0 || f.Sortable {
			rows = append(rows, []string{code(f.Name), codes(names), sorts})
		}
	}
	p.table(2, "Filters", []string{"field", "operators", "sorts"}, rows)
}

func (p *page) metrics() {
	var rows [][]string
	for i := range p.set.Metrics {
		m := &p.set.Metrics[i]
		note := ""
		if m.Unfiltered {
			note = "Always over the whole dataset."
		}
		rows = append(rows, []string{code(m.Name), text(gold.PlainText(m.Doc.Label)), code(m.Text()), text(m.Doc.UnitText()), text(strings.TrimSpace(gold.PlainText(m.Doc.Description) + " " + note))})
	}
	p.table(2, "Metrics", []string{"metric", "label", "formula", "unit", "description"}, rows)
}

// relationships lists the relationships and what is looked up over them.
func (p *page) relationships() {
	var rows [][]string
	for _, r := range p.contract.Relationships {
		rows = append(rows, []string{code(r.Field), p.places.link(r.To) + " " + code(r.Target), code(r.Name)})
	}
	p.table(2, "Relationships", []string{"field", "to", "name"}, rows)
	rows = nil
	for _, f := range p.set.LookedUp(p.model.Dataset) {
		to := f.Path[len(f.Path)-1].Dataset
		rows = append(rows, []string{code(f.Name), p.places.link(to) + " " + code(f.Field)})
	}
	p.table(2, "Looked up", []string{"field", "of"}, rows)
}
