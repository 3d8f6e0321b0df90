package contract

import (
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// build reads what the model's SQL builds its gold from.
func (m *loaded) build(n *yaml.Node) *gold.Build {
	f, b := m.file, &gold.Build{}
	o := f.Object(n, "model: build")
	b.Parameters = parametersOf(f, o, "model: build")
	if at := o.Take("generate"); at != nil {
		generate := f.Object(at, "model: build: generate")
		b.Generate = parametersOf(f, generate, "model: build: generate")
		generate.Done()
	}
	if at := o.Need("sources"); at != nil {
		entries := f.Pairs(at, "model: build: sources")
		if at.Kind == yaml.Map && len(entries) == 0 {
			f.Add(at, "model: build: sources: the map is empty: expected the raw tables that the SQL reads")
		}
		for _, e := range entries {
			if s, ok := rawSourceOf(f, e, b); ok {
				b.Sources = append(b.Sources, s)
			}
		}
	}
	if at := o.Take("retention"); at != nil {
		retention := f.Object(at, "model: build: retention")
		for _, of := range []struct {
			stage string
			age   *time.Duration
		}{{"bronze", &b.Retention.Bronze}, {"silver", &b.Retention.Silver}, {"gold", &b.Retention.Gold}} {
			if n := retention.Take(of.stage); n != nil {
				*of.age = retentionOf(f, n, "model: build: retention: "+of.stage)
			}
		}
		retention.Done()
	}
	if at := o.Take("folders"); at != nil {
		b.Folders = foldersOf(f, at)
	}
	o.Done()
	if at := n.Value("sources"); at != nil {
		referencesOf(f, at, b)
	}
	return b
}

// foldersOf reads what the folders of the stages are called.
func foldersOf(f *yaml.File, n *yaml.Node) (folders gold.BuildFolders) {
	const what = "model: build: folders"
	o := f.Object(n, what)
	seen := map[string]string{}
	for _, entry := range []struct {
		key, own string
		to       *string
	}{{"lake", "", &folders.Lake}, {"bronze", "bronze", &folders.Bronze}, {"silver", "silver", &folders.Silver}, {"gold", "gold", &folders.Gold}} {
		at := o.Take(entry.key)
		name := entry.own
		if at != nil {
			text, ok := f.Text(at, what+": "+entry.key)
			if ok && (!fs.ValidPath(text) || strings.ContainsAny(text, `/\`) || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "_")) {
				f.Add(at, "%s: %s: expected the name of a folder, such as raw, found %s", what, entry.key, yaml.Quote(text))
				ok = false
			}
			if !ok {
				continue
			}
			name, *entry.to = text, text
		}
		if other := seen[name]; entry.own != "" && other != "" {
			f.Add(cmp.Or(at, n), "%s: %s and %s are both called %s: give each stage a folder of its own", what, other, entry.key, name)
		}
		if entry.own != "" {
			seen[name] = entry.key
		}
	}
	o.Done()
	return folders
}

// retentionOf reads how long files stay.
func retentionOf(f *yaml.File, n *yaml.Node, what string) time.Duration {
	text, ok := f.Text(n, what)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		f.Add(n, "%s: expected a time of at least 1s, such as 24h, found %s", what, yaml.Quote(text))
		return 0
	}
	return d
}

// plainName reads a name of the build's, which differs from others also where case doesn't matter, as in SQL.
func plainName(f *yaml.File, n *yaml.Node, what string, taken func(string) bool) (string, bool) {
	name, ok := f.Identifier(n, what)
	if ok && taken(name) {
		f.Add(n, "%s: %s is there already: SQL doesn't tell names by their case", what, name)
		return "", false
	}
	return name, ok
}

// parametersOf reads the parameters of an object, in their order.
func parametersOf(f *yaml.File, o *yaml.Object, what string) (all []gold.Parameter) {
	what += ": parameters"
	at := o.Take("parameters")
	if at == nil {
		return nil
	}
	for _, e := range f.Pairs(at, what) {
		if p, ok := parameterOf(f, e, all, what); ok {
			all = append(all, p)
		}
	}
	return all
}

// GenerateParameters returns the parameters of the SQL that makes raw files in the models of a file system, each name once. What is wrong in a
// file is for LoadAll to say.
func GenerateParameters(fsys fs.FS) (all []gold.Parameter) {
	models, _ := fs.Glob(fsys, "*/model.yaml")
	for _, name := range models {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			continue
		}
		f := &yaml.File{Name: name, Report: &yaml.Report{}}
		root := f.Parse(text)
		for _, key := range []string{"build", "generate"} {
			if root != nil {
				root = root.Value(key)
			}
		}
		if root == nil {
			continue
		}
		for _, p := range parametersOf(f, f.Object(root, "model: build: generate"), "model: build: generate") {
			if !slices.ContainsFunc(all, func(other gold.Parameter) bool { return other.Name == p.Name }) {
				all = append(all, p)
			}
		}
	}
	return all
}

// parameterOf reads a parameter: a map, or its default alone would not say its kind.
func parameterOf(f *yaml.File, e yaml.Entry, others []gold.Parameter, what string) (p gold.Parameter, ok bool) {
	p.Name, ok = plainName(f, e.Key, what, func(name string) bool {
		return slices.ContainsFunc(others, func(p gold.Parameter) bool { return strings.EqualFold(p.Name, name) })
	})
	what += ": " + e.Key.Text
	o := f.Object(e.Value, what)
	if n := o.Need("kind"); n != nil {
		p.Kind = rawKindOf(f, n, what+": kind")
	}
	value := func(key string) (*yaml.Node, string) {
		n := o.Take(key)
		if n == nil || p.Kind == "" {
			return n, ""
		}
		if n.Kind != yaml.Scalar || n.IsNull() {
			f.Add(n, "%s: %s: expected a value of kind %s, found %s", what, key, p.Kind, n.What())
			return n, ""
		}
		text, err := p.Parse(n.Text)
		if err != nil {
			f.Add(n, "%s: %s: %s, found %s", what, key, err, yaml.Quote(n.Text))
		}
		return n, text
	}
	var at *yaml.Node
	for _, bound := range []struct {
		key string
		to  *string
	}{{"min", &p.Min}, {"max", &p.Max}} {
		if at, *bound.to = value(bound.key); at != nil && (p.Kind == gold.RawText || p.Kind == gold.RawBoolean) {
			f.Add(at, "%s: %s: a %s has no bounds", what, bound.key, p.Kind)
			*bound.to = ""
		}
	}
	if n := o.Take("required"); n != nil {
		p.Required = f.Boolean(n, what+": required")
	}
	switch at, p.Default = value("default"); {
	case at == nil && p.Kind != "" && p.Kind != gold.RawInstant && !p.Required:
		f.Add(e.Value, "%s: the key default is missing: only an instant may lack it, which then is the time of the build, or a parameter that is required", what)
	case at != nil && p.Required:
		f.Add(at, "%s: default: a parameter that is required has none", what)
	}
	p.Description = o.Text("description")
	o.Done()
	return p, ok && p.Kind != ""
}

// rawKindOf reads the kind of a raw column or of a parameter, "" if it is none.
func rawKindOf(f *yaml.File, n *yaml.Node, what string) gold.RawKind {
	word, ok := f.Word(n, what, gold.RawKinds)
	if !ok {
		return ""
	}
	return gold.RawKind(word)
}

// rawSourceOf reads a table of raw files.
func rawSourceOf(f *yaml.File, e yaml.Entry, b *gold.Build) (s gold.RawSource, ok bool) {
	what := "model: build: sources"
	s.Name, ok = plainName(f, e.Key, what, func(name string) bool {
		return slices.ContainsFunc(b.Sources, func(s gold.RawSource) bool { return strings.EqualFold(s.Name, name) })
	})
	what += ": " + e.Key.Text
	o := f.Object(e.Value, what)
	if n := o.Take("files"); n != nil {
		for _, item := range f.Words(n, what+": files") {
			if plainPattern(f, item, what+": files") {
				s.Files = append(s.Files, item.Text)
			}
		}
	} else {
		s.Files = []string{s.Name + ".*", s.Name + "_*.*", s.Name + "/*"}
	}
	if n := o.Take("slice"); n != nil {
		s.Slice = rawSliceOf(f, n, b, what+": slice")
	}
	if n := o.Take("format"); n != nil {
		word, _ := f.Word(n, what+": format", rawFormats)
		s.Reading.Format = gold.Format(word)
	}
	for _, key := range dialectKeys {
		if n := o.Take(key); n != nil {
			if s.Reading.Format != gold.CSV && s.Reading.Format != "" {
				f.Add(n, "%s: %s is for csv", what, key)
			}
			dialect(f, &s.Reading, n, key, what+": "+key)
		}
	}
	if n := o.Take("foldNames"); n != nil {
		if s.Reading.Format != gold.CSV && s.Reading.Format != "" {
			f.Add(n, "%s: foldNames is for csv", what)
		}
		s.Reading.FoldNames = f.Boolean(n, what+": foldNames")
	}
	if n := o.Need("columns"); n != nil {
		entries := f.Pairs(n, what+": columns")
		if n.Kind == yaml.Map && len(entries) == 0 {
			f.Add(n, "%s: columns: the map is empty: expected the columns that the SQL reads", what)
		}
		for _, column := range entries {
			rawColumn(f, column, &s, what+": columns")
		}
	}
	if n := o.Take("expect"); n != nil {
		for _, item := range f.List(n, what+": expect") {
			s.Expect = append(s.Expect, expectationOf(f, item, &s, what+": expect"))
		}
	}
	o.Done()
	return s, ok
}

// rawColumn reads a column of a source: its kind, or a map of kind and mask. A dropped one is not read.
func rawColumn(f *yaml.File, e yaml.Entry, s *gold.RawSource, what string) {
	c := gold.RawColumn{Name: e.Key.Text}
	same := func(other gold.RawColumn) bool { return strings.EqualFold(other.Name, c.Name) }
	switch {
	case c.Name == "" || strings.HasPrefix(c.Name, "_") || strings.ContainsAny(c.Name, "\x00\r\n\"`"):
		f.Add(e.Key, "%s: %s can't be read as a column: expected a name without quotes and line breaks that doesn't begin with _, as _file and the raw texts do", what, yaml.Quote(c.Name))
		return
	case slices.ContainsFunc(s.Columns, same):
		f.Add(e.Key, "%s: %s is there already: SQL doesn't tell names by their case", what, c.Name)
		return
	}
	what += ": " + c.Name
	if e.Value.Kind != yaml.Map {
		if c.Kind = rawKindOf(f, e.Value, what); c.Kind != "" {
			s.Columns = append(s.Columns, c)
		}
		return
	}
	o := f.Object(e.Value, what)
	if n := o.Need("kind"); n != nil {
		c.Kind = rawKindOf(f, n, what+": kind")
	}
	word := ""
	if n := o.Take("mask"); n != nil {
		word, _ = maskWord(f, n, what+": mask")
		if ofText(word) && c.Kind != gold.RawText && c.Kind != "" {
			f.Add(n, "%s: mask: %s is for text, not for a column of kind %s", what, word, c.Kind)
		}
	}
	c.Optional = o.Boolean("optional")
	o.Done()
	switch word {
	case "drop":
		s.Dropped = append(s.Dropped, c.Name)
		return
	case "null":
		c.Mask = gold.MaskNull
	case "initials":
		c.Mask = gold.MaskInitials
	case "first_letter":
		c.Mask = gold.MaskFirstLetter
	case "hmac":
		c.Mask = gold.MaskHMAC
	case "sha256_truncated":
		c.Mask = gold.MaskSHA256
	}
	if c.Kind != "" {
		s.Columns = append(s.Columns, c)
	}
}

// rawFormats are the formats of raw files.
var rawFormats = []string{string(gold.Parquet), string(gold.CSV), string(gold.NDJSON), string(gold.JSON)}

// plainPattern checks a pattern of paths below bronze.
func plainPattern(f *yaml.File, n *yaml.Node, what string) bool {
	_, err := path.Match(n.Text, "")
	if err == nil && fs.ValidPath(n.Text) && n.Text != "." && !strings.ContainsAny(n.Text, "\\[?") {
		return true
	}
	f.Add(n, "%s: expected a path below bronze in which * stands for any part of a name, such as clients_*.csv, found %s", what, yaml.Quote(n.Text))
	return false
}
