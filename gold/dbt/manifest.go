package dbt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// The files of a dbt project's target folder.
const (
	ManifestFile = "manifest.json"
	CatalogFile  = "catalog.json"
)

const (
	maxFile     = 512 << 20 // bytes
	oldest      = 7         // manifests
	newest      = 12
	columnTag   = "pii"
	versionWord = "dbt writes it with every command, such as dbt compile"
)

// manifest is the part of manifest.json that is read.
type manifest struct {
	Metadata struct {
		Version string `json:"dbt_schema_version"`
	} `json:"metadata"`
	Nodes map[string]*node `json:"nodes"`
}

// node is a model, a seed, a snapshot or a test.
type node struct {
	Type         string        `json:"resource_type"`
	Name         string        `json:"name"`
	Alias        string        `json:"alias"`
	Description  string        `json:"description"`
	Columns      columns       `json:"columns"`
	Constraints  []constraint  `json:"constraints"`
	Config       config        `json:"config"`
	DependsOn    dependsOn     `json:"depends_on"`
	TestMetadata *testMetadata `json:"test_metadata"`
	ColumnName   string        `json:"column_name"`
	AttachedNode string        `json:"attached_node"`
}

type config struct {
	Materialized string  `json:"materialized"`
	Severity     string  `json:"severity"`
	Where        *string `json:"where"`
	ErrorIf      string  `json:"error_if"`
	WarnIf       string  `json:"warn_if"`
}

type dependsOn struct {
	Nodes []string `json:"nodes"`
}

type constraint struct {
	Type    string   `json:"type"`
	Columns []string `json:"columns"`
}

type testMetadata struct {
	Name      string                     `json:"name"`
	Namespace string                     `json:"namespace"`
	Kwargs    map[string]json.RawMessage `json:"kwargs"`
}

// column is a column as the project describes it.
type column struct {
	Name        string         `json:"name"`
	Type        string         `json:"data_type"`
	Description string         `json:"description"`
	Constraints []constraint   `json:"constraints"`
	Meta        map[string]any `json:"meta"`
	Tags        []string       `json:"tags"`
	Config      struct {
		Meta map[string]any `json:"meta"`
		Tags []string       `json:"tags"`
	} `json:"config"`
}

// columns are those of a JSON object, in its order.
type columns []*column

func (c *columns) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	switch first, err := d.Token(); {
	case err != nil || first == nil: // null
		return err
	case first != json.Delim('{'):
		return fmt.Errorf("columns begin with %v: expected an object", first)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		one := &column{Name: fmt.Sprint(key)}
		if err := d.Decode(one); err != nil {
			return err
		}
		*c = append(*c, one)
	}
	return nil
}

// personal reports whether the project says that the column holds personal data.
func (c *column) personal() bool {
	for _, meta := range []map[string]any{c.Meta, c.Config.Meta} {
		for key, value := range meta {
			if slices.Contains([]string{"pii", "contains_pii", "is_pii"}, strings.ToLower(key)) && value != nil && value != false {
				return true
			}
		}
	}
	return slices.ContainsFunc(slices.Concat(c.Tags, c.Config.Tags), func(tag string) bool { return strings.EqualFold(tag, columnTag) })
}

// catalog is the part of catalog.json that is read.
type catalog struct {
	Nodes map[string]struct {
		Columns map[string]struct {
			Name    string `json:"name"`
			Type    string `json:"type"`
			Index   int    `json:"index"`
			Comment string `json:"comment"`
		} `json:"columns"`
	} `json:"nodes"`
}

// Read reads the files of a project from its target folder. catalog.json may be missing. It returns Invalid file_invalid where
// one of them is not what its name says, and file_unsupported for a manifest of another version; fs.ErrNotExist without a
// manifest.
func Read(target fs.FS) (*Project, error) {
	var m manifest
	if err := readJSON(target, ManifestFile, &m); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	var c catalog
	if err := readJSON(target, CatalogFile, &c); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return m.project(&c), nil
}

func readJSON(target fs.FS, name string, into any) error {
	f, err := target.Open(name)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	problem := gold.Problem{File: name, Code: gold.CodeFileInvalid}
	if len(data) > maxFile {
		return gold.Invalidf(problem, "it is larger than 512 MiB")
	}
	if err := json.Unmarshal(data, into); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			problem.Line, problem.Column = 1+bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n")), 1
		}
		return gold.Invalidf(problem, "it is no %s of dbt: %v", name, err)
	}
	return nil
}

var schemaVersion = regexp.MustCompile(`/dbt/manifest/v(\d+)\.json$`)

func (m *manifest) check() error {
	match := schemaVersion.FindStringSubmatch(m.Metadata.Version)
	if match == nil {
		return gold.Invalidf(gold.Problem{File: ManifestFile, Code: gold.CodeFileInvalid},
			"its metadata has no dbt_schema_version of a manifest, found %q: %s", m.Metadata.Version, versionWord)
	}
	if version, err := strconv.Atoi(match[1]); err != nil || version < oldest || version > newest {
		return gold.Invalidf(gold.Problem{File: ManifestFile, Code: gold.CodeFileUnsupported},
			"it is a manifest of v%s: expected v%d to v%d, of dbt 1.3 or later", match[1], oldest, newest)
	}
	return nil
}

// project puts the models and their tests together.
func (m *manifest) project(c *catalog) *Project {
	p := &Project{}
	byID := map[string]*Model{}
	read := map[string]bool{} // by another model
	ids := make([]string, 0, len(m.Nodes))
	for id, n := range m.Nodes {
		if n == nil {
			continue
		}
		ids = append(ids, id)
		if n.Type != "test" {
			for _, other := range n.DependsOn.Nodes {
				read[other] = true
			}
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		n := m.Nodes[id]
		if !slices.Contains([]string{"model", "seed", "snapshot"}, n.Type) || n.Config.Materialized == "ephemeral" {
			continue
		}
		model := n.model(id, c)
		model.Table = n.Type == "model" && (n.Config.Materialized != "view" || !read[id]) || n.Type == "snapshot"
		for _, column := range model.Columns {
			p.Typed = p.Typed || column.Type != ""
		}
		byID[id] = model
		p.Models = append(p.Models, model)
	}
	slices.SortStableFunc(p.Models, func(a, b *Model) int { return cmp.Compare(a.Name, b.Name) })
	for _, id := range ids {
		if n := m.Nodes[id]; n.Type == "test" {
			if reason := n.test(byID); reason != "" {
				p.Skipped = append(p.Skipped, Skipped{n.Name, reason})
			}
		}
	}
	return p
}

// model makes a model of a node, with the columns that its table has.
func (n *node) model(id string, c *catalog) *Model {
	m := &Model{ID: id, Name: cmp.Or(n.Alias, n.Name), Description: strings.TrimSpace(n.Description)}
	described := map[string]*column{}
	for _, col := range n.Columns {
		described[strings.ToLower(col.Name)] = col
	}
	if known, ok := c.Nodes[id]; ok && len(known.Columns) > 0 {
		m.catalogued = true
		index := map[*Column]int{}
		for _, col := range known.Columns {
			made := &Column{Name: col.Name, Type: col.Type, Description: col.Comment}
			index[made] = col.Index
			m.Columns = append(m.Columns, made)
		}
		slices.SortFunc(m.Columns, func(a, b *Column) int { return cmp.Or(cmp.Compare(index[a], index[b]), cmp.Compare(a.Name, b.Name)) })
	} else {
		for _, col := range n.Columns {
			m.Columns = append(m.Columns, &Column{Name: col.Name, Type: col.Type})
		}
	}
	for _, made := range m.Columns {
		if col := described[strings.ToLower(made.Name)]; col != nil {
			made.Description = strings.TrimSpace(cmp.Or(col.Description, made.Description))
			made.Personal = col.personal()
		}
	}
	m.constrain(n)
	return m
}

// constrain takes the constraints of a model and of its columns.
func (m *Model) constrain(n *node) {
	add := func(kind string, columns []string) {
		switch kind {
		case "primary_key":
			m.PrimaryKey = columns
			for _, name := range columns {
				m.Tests = append(m.Tests, Test{Kind: NotNull, Columns: []string{name}})
			}
		case "not_null":
			for _, name := range columns {
				m.Tests = append(m.Tests, Test{Kind: NotNull, Columns: []string{name}})
			}
		case "unique":
			m.Tests = append(m.Tests, Test{Kind: Unique, Columns: columns})
		}
	}
	for _, c := range n.Constraints {
		if len(c.Columns) > 0 {
			add(c.Type, c.Columns)
		}
	}
	for _, col := range n.Columns {
		for _, c := range col.Constraints {
			add(c.Type, []string{col.Name})
		}
	}
}

// refPattern matches the model's name in ref('orders') and ref('shop', 'orders').
var refPattern = regexp.MustCompile(`\bref\(\s*(?:['"][^'"]*['"]\s*,\s*)?['"]([^'"]+)['"]`)

// modelOf finds the model that a text of a test refers to, among those that the test depends on.
func modelOf(text string, n *node, byID map[string]*Model) *Model {
	match := refPattern.FindStringSubmatch(text)
	if match == nil {
		return nil
	}
	for _, id := range n.DependsOn.Nodes {
		parts := strings.Split(id, ".")
		if m := byID[id]; m != nil && len(parts) > 2 && parts[2] == match[1] {
			return m
		}
	}
	return nil
}

func (k *testMetadata) text(name string) string {
	raw := k.Kwargs[name]
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	if string(raw) == "null" {
		return ""
	}
	return strings.TrimSpace(string(raw)) // a number or a boolean, as it is written
}

func (k *testMetadata) texts(name string) []string {
	var raw []json.RawMessage
	if json.Unmarshal(k.Kwargs[name], &raw) != nil {
		return nil
	}
	list := make([]string, len(raw))
	for i := range raw {
		one := testMetadata{Kwargs: map[string]json.RawMessage{"": raw[i]}}
		list[i] = one.text("")
	}
	return list
}

func (k *testMetadata) is(name string) bool { return k.text(name) == "true" }

// qualified names a test with its package, none for dbt's own.
func (k *testMetadata) qualified() string {
	if k.Namespace == "" || k.Namespace == "dbt" {
		return k.Name
	}
	return fmt.Sprintf("%s.%s", k.Namespace, k.Name)
}
