package pack

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/format"
)

// Format is the number of the form of packs. Whatever changes their bytes counts it up.
const Format = 1

// Languages are the languages of packs.
var Languages = []string{"en", "fr"}

// Request says what is packed.
type Request struct {
	Release  *gold.Release
	Datasets []string // the first one is final_dataset; others lie in processed/. None: what the release's settings name
	Reader   gold.Reader
	Language string        // one of Languages; "": the release's locale's, else en
	As       format.Format // of rows: CSV or Parquet
	// SQL reads a file of the model: sql/gold/sales.sql. nil: it is left out.
	SQL func(name string) ([]byte, error)
	// Raw opens a raw file below bronze; nil: only its hash is packed.
	Raw func(ctx context.Context, name string) (io.ReadCloser, error)
	// Personal reports whether a raw table has personal data: its files are never copied.
	Personal func(source string) bool
	// Dropped returns the fields of a dataset that are dropped before anything is stored; nil: there are none.
	Dropped func(dataset string) []string
	Scratch string // a folder for what waits for its order; "": the system's
}

// Report says what was packed.
type Report struct {
	Rows     int64
	Files    int
	Passed   bool
	Failed   []string // checks that failed
	Manifest string   // SHA-256 of manifest.json
	Data     string   // SHA-256 of the rows, the dictionary and the inputs' hashes
}

// maker is a pack being made.
type maker struct {
	Request
	archive  *archive
	version  *gold.Version
	lineage  *gold.Lineage // of the datasets; nil: not known
	settings gold.PackSettings
	words    *words
	report   Report
}

// FileName returns the name of the pack of a release's model.
func FileName(r *gold.Release) string { return cmp.Or(settingsOf(r).File, r.Model+"_pack.zip") }

func settingsOf(r *gold.Release) gold.PackSettings {
	if r.Pack == nil {
		return gold.PackSettings{}
	}
	return *r.Pack
}

// Make writes a pack. It returns NotFound unknown_dataset; Invalid pack_personal and source_changed where copies of raw files, or the
// model's SQL, can't be added; and errors of the store as they are. Checks that failed are in the report, and are no error.
func Make(ctx context.Context, r Request, w io.Writer) (*Report, error) {
	m := &maker{Request: r, settings: settingsOf(r.Release)}
	if err := m.choose(); err != nil {
		return nil, err
	}
	a, err := newArchive(r.Scratch)
	if err != nil {
		return nil, gold.Errorf(gold.Unavailable, gold.CodeNoTemporaryFolder, "a pack needs a temporary file: %w", err)
	}
	defer a.close()
	m.archive = a
	if err := m.fill(ctx); err != nil {
		return nil, err
	}
	folders := []string{"notebooks/", "outputs/", "processed/", "raw/", "scripts/"}
	if err := a.write(w, cmp.Or(m.settings.Folder, r.Release.Model), folders, r.Release.PublishedAt); err != nil {
		return nil, err
	}
	m.report.Files = len(a.entries)
	return &m.report, nil
}

// choose finds the datasets, their lineage and the language.
func (m *maker) choose() error {
	r := m.Release
	if len(m.Datasets) == 0 {
		name := cmp.Or(m.settings.Dataset, r.Facts)
		if name == "" && len(r.Versions) == 1 {
			name = r.Versions[0].Dataset.Name
		}
		if name == "" {
			return gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "model %s doesn't say which dataset is packed: name one of %s", r.Model, gold.Listed(datasetNames(r)))
		}
		m.Datasets = []string{name}
	}
	for i, name := range m.Datasets {
		if r.Version(name) == nil {
			e := gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "release %d of %s has no dataset %s: it has %s", r.Number, r.Model, name, gold.Listed(datasetNames(r)))
			return e
		}
		if slices.Contains(m.Datasets[:i], name) {
			return gold.Errorf(gold.Invalid, gold.CodeUnknownDataset, "dataset %s is named twice", name)
		}
	}
	m.version = r.Version(m.Datasets[0])
	m.lineage = r.LineageOf(m.Datasets[0])
	for _, name := range m.Datasets[1:] {
		m.lineage = joined(m.lineage, r.LineageOf(name))
	}
	if m.Language == "" {
		m.Language = "en"
		if strings.HasPrefix(r.Locale, "fr") {
			m.Language = "fr"
		}
	}
	m.words = wordsOf[m.Language]
	if m.words == nil {
		return gold.Errorf(gold.Invalid, gold.CodeInvalidValue, "the language is %q: expected one of %s", m.Language, gold.Listed(Languages))
	}
	return nil
}

// joined returns a lineage with what another has besides.
func joined(l, other *gold.Lineage) *gold.Lineage {
	if l == nil || other == nil {
		return l
	}
	both := *l
	for _, t := range other.Tables {
		if !slices.ContainsFunc(l.Tables, func(o gold.LineageTable) bool { return o.Name == t.Name }) {
			both.Tables = append(slices.Clip(both.Tables), t)
		}
	}
	both.Parameters = maps.Clone(l.Parameters)
	maps.Copy(both.Parameters, other.Parameters)
	return &both
}

func datasetNames(r *gold.Release) []string {
	names := make([]string, len(r.Versions))
	for i := range r.Versions {
		names[i] = r.Versions[i].Dataset.Name
	}
	return names
}

// fill makes the files.
func (m *maker) fill(ctx context.Context) error {
	var found *profile
	final, err := m.archive.add("final_dataset"+m.As.Suffix(), func(w io.Writer) (err error) {
		found, err = rows(ctx, m.Reader, m.version, m.As, w)
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range m.Datasets[1:] {
		if _, err := m.archive.add("processed/"+name+m.As.Suffix(), func(w io.Writer) error {
			_, err := rows(ctx, m.Reader, m.Release.Version(name), m.As, w)
			return err
		}); err != nil {
			return err
		}
	}
	m.report.Rows = found.rows
	dictionary, err := m.archive.add("data_dictionary.csv", func(w io.Writer) error { return m.dictionary(w, found) })
	if err != nil {
		return err
	}
	checks := m.checks()
	if _, err := m.archive.addJSON("quality_report.json", m.quality(found, checks)); err != nil {
		return err
	}
	inputs, err := m.raw(ctx)
	if err != nil {
		return err
	}
	if err := m.scripts(); err != nil {
		return err
	}
	data := []string{final.sha256, dictionary.sha256}
	for _, in := range inputs {
		data = append(data, in.line())
	}
	m.report.Data = sumOf(data...)
	if _, err := m.archive.addText("lineage.md", m.lineageText()); err != nil {
		return err
	}
	if _, err := m.archive.addText("README.md", m.readme(found, checks)); err != nil {
		return err
	}
	manifest, err := m.archive.addJSON("manifest.json", m.manifest(inputs))
	m.report.Manifest = manifest.sha256
	return err
}

// check is a rule of the dataset, and whether it holds.
type check struct {
	id, doc string
	passed  bool
	failing int64
}

// checks returns the checks of the dataset, without those of columns that no raw file had.
func (m *maker) checks() (all []check) {
	d := &m.version.Dataset
	results := map[string]gold.RuleResult{}
	var ids []string
	for _, q := range m.Release.Quality {
		if q.Dataset == d.Name {
			results[q.Rule] = q
			ids = append(ids, q.Rule)
		}
	}
	if len(m.settings.Checks) > 0 && m.settings.Dataset == d.Name {
		ids = m.settings.Checks
	}
	m.report.Passed, m.report.Failed = true, []string{}
	for _, id := range ids {
		q, known := results[id]
		c := check{id: id, passed: q.Passed, failing: q.Failing}
		field := ""
		for i := range d.Rules {
			if d.Rules[i].ID == id {
				field, c.doc = d.Rules[i].Field, d.Rules[i].Doc
			}
		}
		if !known || field != "" && m.absent(field) {
			continue
		}
		if !c.passed {
			m.report.Passed, m.report.Failed = false, append(m.report.Failed, id)
		}
		all = append(all, c)
	}
	return all
}

// absent reports whether a column was optional, and none of the raw files had it.
func (m *maker) absent(column string) bool {
	return m.lineage != nil && slices.ContainsFunc(m.lineage.Tables, func(t gold.LineageTable) bool { return slices.Contains(t.Absent, column) })
}

// quality is the quality report.
func (m *maker) quality(p *profile, checks []check) object {
	d := &m.version.Dataset
	o := object{{"created_at", m.createdAt()}, {"rows", p.rows}}
	if !d.Keyless() { // the store holds no key twice
		key := strings.Join(d.Key, "_")
		o = append(o, member{"unique_" + key, p.rows}, member{"duplicate_" + key, 0})
	}
	held := object{}
	for _, c := range checks {
		held = append(held, member{c.id, c.passed})
	}
	least, greatest := any(nil), any(nil)
	if m.settings.Dataset == d.Name {
		least, greatest = p.extreme(m.settings.DateMin, p.least), p.extreme(m.settings.DateMax, p.greatest)
	}
	return append(o,
		member{"missing_pct", p.missing()}, member{"date_min", least}, member{"date_max", greatest},
		member{"checks", held}, member{"passed", m.report.Passed}, member{"failed_checks", m.report.Failed})
}

// createdAt is the time of the release, in milliseconds.
func (m *maker) createdAt() string {
	return m.Release.PublishedAt.UTC().Format("2006-01-02T15:04:05.000Z")
}

// exampleColumn is the place of a column's example in the dictionary.
const exampleColumn = 4

// guarded returns a text that no spreadsheet runs as a formula, as CSV for Excel has it.
func guarded(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}

// dictionary writes a line for each column.
func (m *maker) dictionary(w io.Writer, p *profile) error {
	out := csv.NewWriter(w)
	lines := [][]string{{"column_name", "description", "type", "unit", "example", "source", "transformation_notes"}}
	for i := range p.fields {
		f := &p.fields[i]
		source := strings.Join(f.Doc.Sources, "; ")
		if source == "" && m.lineage != nil {
			source = strings.Join(m.sources(), "; ")
		}
		lines = append(lines, []string{
			f.Name, m.text(f.Doc.Description), f.Kind.String(), cmp.Or(f.Doc.Unit, f.Doc.UnitField), p.examples[i], source, m.text(f.Doc.Transform),
		})
		line := lines[len(lines)-1]
		for k := range line {
			if k != exampleColumn || f.Kind == gold.Text {
				line[k] = guarded(line[k])
			}
		}
	}
	return out.WriteAll(lines)
}

// text returns a text in the pack's language, else in English.
func (m *maker) text(byLanguage map[string]string) string {
	return cmp.Or(byLanguage[m.Language], gold.PlainText(byLanguage))
}

// sources are the names of the raw tables.
func (m *maker) sources() (names []string) {
	for _, t := range m.lineage.Tables {
		if name, ok := strings.CutPrefix(t.Name, rawStage); ok {
			names = append(names, name)
		}
	}
	return names
}

// rawStage begins the names of raw tables.
const rawStage = gold.RawStage

// manifest lists all other files.
func (m *maker) manifest(inputs []input) object {
	environment := gold.Environment{}
	if m.Release.Environment != nil {
		environment = *m.Release.Environment
	}
	shown := make([]object, len(inputs))
	for i, in := range inputs {
		shown[i] = in.object()
	}
	outputs := []object{}
	for _, e := range slices.SortedFunc(slices.Values(m.archive.entries), func(a, b entry) int { return strings.Compare(a.name, b.name) }) {
		outputs = append(outputs, object{{"file", e.name}, {"sha256", e.sha256}, {"bytes", e.size}})
	}
	return object{
		{"run_id", fmt.Sprintf("%s_r%d_%s", m.Release.Model, m.Release.Number, m.Release.PublishedAt.UTC().Format("20060102_150405"))},
		{"created_at", m.createdAt()},
		{"environment", object{{"goldserve", environment.Goldserve}, {"engine", environment.Engine}, {"platform", environment.Platform}}},
		{"inputs", shown},
		{"outputs", outputs},
		{"rows_final", m.report.Rows},
		{"passed", m.report.Passed},
		{"failed_checks", m.report.Failed},
		{"data_sha256", m.report.Data},
		{"model", m.Release.Model},
		{"release", m.Release.Number},
		{"dataset", m.version.Dataset.Name},
		{"language", m.Language},
		{"pack_format", Format},
	}
}
