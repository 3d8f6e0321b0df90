package dbt

import (
	"slices"
	"strings"

	"goldserve/gold"
)

// Project is what the files of a dbt project say.
type Project struct {
	Models  []*Model // models, snapshots and seeds, by name; ephemeral ones left out
	Skipped []Skipped
	// Typed reports whether the columns' types are known: from catalog.json, or from data_type in the project.
	Typed bool
}

// Skipped is a test that has no counterpart, and why.
type Skipped struct{ Test, Reason string }

// Model is one table or view of the project.
type Model struct {
	ID          string // model.shop.orders
	Name        string // of the table: the alias, where there is one
	Description string
	Columns     []*Column // in the order of the catalog, or of the project
	PrimaryKey  []string  // of a constraint; nil: none
	Tests       []Test
	Table       bool // it is stored, or a view that no other model reads

	catalogued bool // its columns are all known
}

// Column is one column of a model.
type Column struct {
	Name        string
	Type        string // of the database; empty: unknown
	Description string
	Personal    bool // the project says so, by meta (pii, contains_pii, is_pii) or by the tag pii
}

// Kind is a kind of test.
type Kind uint8

// The kinds.
const (
	NotNull  Kind = iota
	Unique        // of one column, or of several
	Accepted      // the values of a list
	Range         // between two bounds
	Refers        // to a column of another model
)

// Test is what must hold of all rows.
type Test struct {
	Kind     Kind
	Columns  []string // one, but for Unique
	Values   []string // Accepted
	Low      string   // Range, as the project writes it; empty: none
	High     string
	Open     bool   // Range: without its bounds
	To       *Model // Refers
	Field    string // Refers: a column of To
	Severity gold.Severity
}

// Column returns the column of a name, regardless of case, or nil.
func (m *Model) Column(name string) *Column {
	at := slices.IndexFunc(m.Columns, func(c *Column) bool { return strings.EqualFold(c.Name, name) })
	if at < 0 {
		return nil
	}
	return m.Columns[at]
}

// Model returns the model of a name, regardless of case, or nil.
func (p *Project) Model(name string) *Model {
	at := slices.IndexFunc(p.Models, func(m *Model) bool { return strings.EqualFold(m.Name, name) })
	if at < 0 {
		return nil
	}
	return p.Models[at]
}
