package infer

import (
	"bytes"
	"cmp"
	"io/fs"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// Stated is what a person wrote into model.yaml of the facts, before there were contracts. It is empty where nothing is.
type Stated struct {
	Facts string
	AsOf  gold.FieldRef
}

// ReadStated reads what the model.yaml of a model's folder says of the facts, nothing where it can't be read.
func ReadStated(folder fs.FS) Stated {
	text, err := fs.ReadFile(folder, modelFile)
	if err != nil {
		return Stated{} // there is none, or Updates tells of it
	}
	root := (&yaml.File{Name: modelFile, Report: &yaml.Report{}}).Parse(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	if root == nil {
		return Stated{}
	}
	var s Stated
	if n := root.Value("facts"); n != nil {
		s.Facts = n.Text
	}
	if n := root.Value("asOf"); n != nil {
		s.AsOf.Dataset, s.AsOf.Field, _ = strings.Cut(n.Text, ".")
	}
	s.Facts = cmp.Or(s.Facts, s.AsOf.Dataset)
	return s
}

// chooseFacts chooses the dataset with the most rows among those that have a time and numbers that add up: of those that
// no other refers to, if there is one, as what others refer to are things and not what happened to them. What a person stated, or an
// earlier inference chose, stays while it has a time.
func (m *Model) chooseFacts(earlier *Earlier, stated Stated) {
	if earlier != nil && stated.Facts == "" {
		stated = Stated{earlier.Model.Facts, earlier.Model.AsOf}
	}
	for _, d := range m.Datasets {
		if d.Name == stated.Facts && d.Time != nil {
			m.Facts = d
			d.keepTime(stated.AsOf)
			return
		}
	}
	referred := map[*Dataset]bool{}
	for _, d := range m.Datasets {
		for _, r := range d.Relations {
			referred[r.To] = true
		}
	}
	better := func(a, b *Dataset) bool {
		if referred[a] != referred[b] {
			return !referred[a]
		}
		return a.Rows > b.Rows
	}
	for _, d := range m.Datasets {
		if d.Time != nil && slices.ContainsFunc(d.Fields, func(f *Field) bool { return f.Additive }) && (m.Facts == nil || better(d, m.Facts)) {
			m.Facts = d
		}
	}
}
