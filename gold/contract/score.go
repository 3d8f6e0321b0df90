package contract

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
	"goldserve/scoring"
	"goldserve/scoring/onnx"
)

// scoreValue describes the machine learning models that compute fields.
func scoreValue() yaml.Value {
	score := yaml.KeysValue(
		yaml.Key{Name: "model", Need: true, Value: yaml.TextValue.As("path in the model's folder"), Doc: "The ONNX file. A card beside it (NAME_meta.json) is compared with it, and served."},
		yaml.Key{Name: "outputs", Need: true, Value: yaml.MapValue(yaml.TextValue.As("output, or output[column]")).As("map from field to an output"), Doc: "The declared fields that the file computes: a number for a float or double, an integer, a boolean, or a string."},
		yaml.Key{Name: "inputs", Value: yaml.MapValue(yaml.WordsValue(fieldName)).As("map from input to a field, or a list of fields"), Default: "the fields of the inputs' names", Doc: "The fields that inputs take, where their names are others or they have several columns."},
	)
	return yaml.EitherValue(score, yaml.ListValue(score))
}

// modelFiles are the files of a model's folder that contracts name.
type modelFiles struct {
	fsys fs.FS
	dir  string
	onnx map[string]*scoring.File // those that were read, by path
}

func (m *modelFiles) read(name string) ([]byte, error) {
	return scoring.ReadFile(m.fsys, path.Join(m.dir, name))
}

// scores reads the models that compute fields of the dataset; nil for none.
func (d *draft) scores(n *yaml.Node) {
	const what = "goldserve: score"
	if n == nil {
		return
	}
	if d.derive != nil {
		d.Add(n, "%s: a derived dataset can't be scored: score the one that it is derived from", what)
		return
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.List {
		items = d.List(n, what)
	}
	var bound []*scoreDraft
	for _, item := range items {
		if s := d.score(item, what); s != nil {
			bound = append(bound, s)
		}
	}
	for _, s := range bound { // the fields that are computed are known now
		if d.scoreInputs(s, what) {
			d.bindScore(s, what)
		}
	}
}

// scoreDraft is a score being read.
type scoreDraft struct {
	model, inputs *yaml.Node
	file          *scoring.File
	score         gold.Score
	at            int // its place among the dataset's
}

// score reads which file computes which fields; nil after a problem.
func (d *draft) score(n *yaml.Node, what string) *scoreDraft {
	o := d.Object(n, what)
	s := &scoreDraft{model: o.Need("model"), inputs: o.Take("inputs")}
	outputs := o.Need("outputs")
	o.Done()
	if s.model == nil || outputs == nil {
		return nil
	}
	var ok bool
	if s.score.Model, ok = d.Text(s.model, what+": model"); !ok {
		return nil
	}
	if s.file = d.onnxFile(s.model, what+": model", s.score.Model); s.file == nil {
		return nil
	}
	s.score.SHA256 = s.file.SHA256
	pairs := d.Pairs(outputs, what+": outputs")
	for _, e := range pairs {
		if out := d.scoreOutput(e, what+": outputs", s.file); out.Field != "" {
			s.score.Outputs = append(s.score.Outputs, out)
		}
	}
	if len(pairs) == 0 && outputs.Kind == yaml.Map {
		d.Add(outputs, "%s: outputs: no field is computed: name one", what)
	}
	if len(s.score.Outputs) == 0 || len(s.score.Outputs) < len(pairs) {
		return nil
	}
	s.at = len(d.contract.Dataset.Scores)
	d.contract.Dataset.Scores = append(d.contract.Dataset.Scores, s.score)
	return s
}

// onnxFile reads the ONNX file of a path; nil after a problem.
func (d *draft) onnxFile(n *yaml.Node, what, name string) *scoring.File {
	if !fs.ValidPath(name) || !strings.HasSuffix(name, ".onnx") || len(name) == len(".onnx") {
		d.Add(n, "%s: expected the path of an ONNX file in the model's folder, such as artifacts/returned.onnx, found %s", what, yaml.Quote(name))
		return nil
	}
	if f := d.files.onnx[name]; f != nil {
		return f
	}
	data, err := d.files.read(name)
	if err != nil {
		advice := "put it there, or train it (goldserve train)"
		if !errors.Is(err, fs.ErrNotExist) {
			advice = yaml.Reason(err)
		}
		d.Add(n, "%s: there is no file %s that can be read in the model's folder, where model.yaml is: %s", what, yaml.Quote(name), advice)
		return nil
	}
	f, err := scoring.Load(data)
	if err != nil {
		d.Add(n, "%s: %s: %s", what, name, err)
		return nil
	}
	d.files.onnx[name] = f
	return f
}

// scoreOutput reads which output a field holds; without a field after a problem.
func (d *draft) scoreOutput(e yaml.Entry, what string, file *scoring.File) (none gold.ScoreOutput) {
	f := d.openField(e.Key, what, e.Key.Text)
	if f == nil {
		return none
	}
	what += ": " + f.Name
	text, ok := d.Text(e.Value, what)
	if !ok {
		return none
	}
	isKey := slices.ContainsFunc(d.keyParts, func(k keyPart) bool { return k.field == f.Name })
	switch {
	case d.contract.Dataset.ScoreOf(f.Name) != nil:
		d.Add(e.Key, "%s: two models compute it: leave one out", what)
		return none
	case isKey:
		d.Add(e.Key, "%s: it is of the key, which the source must have: declare another field", what)
		return none
	case f.PhysicalName != "" || f.Cast != nil || f.DefaultZone != "":
		d.Add(e.Key, "%s: it is computed, and not read from the source: leave physicalName, cast and defaultTimezone out", what)
		return none
	}
	out, err := file.Output(text)
	if err != nil {
		d.Add(e.Value, "%s: %s", what, err)
		return none
	}
	if reason := out.Gives(f); reason != "" && f.Kind != gold.Null {
		d.Add(e.Key, "%s: %s", what, reason)
		return none
	}
	return gold.ScoreOutput{Field: f.Name, Output: out.Text}
}

// scoreInputs binds the file's inputs to fields, and reports whether all are.
func (d *draft) scoreInputs(s *scoreDraft, what string) bool {
	given, names, ok := map[string]*yaml.Node{}, []string{}, true
	inputs := s.file.Inputs()
	for _, in := range inputs {
		names = append(names, in.Name)
	}
	if s.inputs != nil {
		for _, e := range d.Pairs(s.inputs, what+": inputs") {
			if given[e.Key.Text] = e.Value; !slices.Contains(names, e.Key.Text) {
				d.AddNear(e.Key, e.Key.Text, names, "%s: inputs: %s has no input %s", what, s.score.Model, yaml.Quote(e.Key.Text))
				ok = false
			}
		}
	}
	for _, in := range inputs {
		bound := gold.ScoreInput{Name: in.Name}
		items := []*yaml.Node{{Kind: yaml.Scalar, Line: s.model.Line, Column: s.model.Column, Text: in.Name}}
		if n := given[in.Name]; n != nil {
			items = d.Words(n, what+": inputs: "+in.Name)
		}
		for _, item := range items {
			if d.scoreInput(item, what, s.score.Model, in, given[in.Name] != nil) {
				bound.Fields = append(bound.Fields, item.Text)
			}
		}
		switch {
		case len(bound.Fields) < len(items):
			ok = false
		case len(items) != in.Width:
			ok = false
			d.Add(s.model, "%s: input %s of %s takes %d columns, and is given %s: name that many under inputs, or export the model with one input for each field",
				what, yaml.Quote(in.Name), s.score.Model, in.Width, gold.Counted(len(items), "field"))
		}
		s.score.Inputs = append(s.score.Inputs, bound)
	}
	return ok
}

// scoreInput checks a field that an input takes, and reports whether it can.
func (d *draft) scoreInput(n *yaml.Node, what, model string, in onnx.Input, named bool) bool {
	set := &d.contract.Dataset
	if set.Field(n.Text) == nil && !d.hides(n.Text) {
		advice := "declare it"
		if !named {
			advice = "declare it, or say under inputs which field it takes"
		}
		d.AddNear(n, n.Text, set.FieldNames(), "%s: input %s of %s: %s has no field %s: %s", what, yaml.Quote(in.Name), model, set.Name, yaml.Quote(n.Text), advice)
		return false
	}
	f := d.openField(n, what+": input "+in.Name+" of "+model, n.Text)
	if f == nil {
		return false
	}
	if set.ScoreOf(f.Name) != nil {
		d.Add(n, "%s: input %s of %s: %s is computed by a model itself: only fields of the source can be taken", what, yaml.Quote(in.Name), model, f.Name)
		return false
	}
	if reason := scoring.Takes(in, f); reason != "" && f.Kind != gold.Null {
		d.Add(n, "%s: %s: %s", what, model, reason)
		return false
	}
	return true
}

// bindScore makes the scorer, and compares the card with it where there is one.
func (d *draft) bindScore(s *scoreDraft, what string) {
	set := &d.contract.Dataset
	slices.SortFunc(s.score.Outputs, func(a, b gold.ScoreOutput) int {
		return slices.Index(set.FieldNames(), a.Field) - slices.Index(set.FieldNames(), b.Field)
	})
	scorer, err := scoring.New(s.file, set, &s.score)
	if err != nil { // a type that is wrong was reported
		if len(d.Report.Problems) == 0 {
			d.Add(s.model, "%s: %s: %s", what, s.score.Model, err)
		}
		return
	}
	name := scoring.CardName(s.score.Model)
	data, err := d.files.read(name)
	if err == nil {
		var card *gold.Card
		if card, err = scoring.ReadCard(data); err == nil {
			if err = scorer.Check(card); err == nil {
				s.score.Card = scoring.Kept(card)
			}
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.Add(s.model, "%s: %s: %s", what, name, err)
		return
	}
	set.Scores[s.at] = s.score
	d.contract.Scorers = append(d.contract.Scorers, scorer)
}
