package reference

import (
	"fmt"
	"slices"
	"strings"

	"goldserve/gold/contract"
	"goldserve/gold/dashboard"
	"goldserve/gold/yaml"
)

const introduction = `# Every key of a model's files

Each table has the keys of one map: what a key takes, what holds without it, and what it is for. A required key is marked with \*. Any other key is an error, which ` + "`goldserve contracts lint`" + ` reports with its line and the nearest key. The rest of a contract is the [standard's](https://bitol-io.github.io/open-data-contract-standard/).

` + "`goldserve contracts schema`" + ` writes the same as JSON Schemas, with which editors that have yaml-language-server complete and check keys:

` + "```" + `
goldserve contracts schema --out .schemas
` + "```" + `

` + "```yaml" + `
# yaml-language-server: $schema=../../../.schemas/contract.schema.json
` + "```" + `

This page is generated: ` + "`go test ./gold/reference -run TestReferenceIsFresh -update`" + `.
`

// Keys returns the reference of all keys as Markdown.
func Keys() string {
	var b strings.Builder
	b.WriteString(introduction)
	for _, part := range []struct {
		title, about string
		keys         yaml.Value
	}{
		{"model.yaml", "The model's own file ([from files to a model](init.md)).", contract.ModelKeys()},
		{"Settings of a dataset", "The value of the custom property `goldserve` of a schema object.", contract.DatasetKeys()},
		{"Settings of a property", "The value of the custom property `goldserve` of a property.", contract.FieldKeys()},
		{"Settings of a relationship", "The value of the custom property `goldserve` of a relationship.", contract.RelationshipKeys()},
		{"dashboard.yaml", "The layout of the dashboard ([what it shows](dashboard.md)).", dashboard.LayoutKeys()},
	} {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", part.title, part.about)
		s := &sections{}
		s.collect("", part.keys)
		for _, section := range s.all {
			section.write(&b, s)
		}
	}
	return b.String()
}

// section is one map of keys.
type section struct {
	place string // the keys that lead to it
	value yaml.Value
}

type sections struct{ all []*section }

// collect adds the maps of keys of a value, those within others after them. Of several at one place it keeps the one with the
// most keys.
func (s *sections) collect(place string, v yaml.Value) {
	if v.Keys != nil {
		s.add(place, v)
	}
	for _, key := range v.Keys {
		s.collect(within(place, key.Name), key.Value)
	}
	for _, one := range v.Any {
		s.collect(place, one)
	}
	for _, inner := range []*yaml.Value{v.Items, v.Entries} {
		if inner != nil {
			s.collect(place, *inner)
		}
	}
}

// within returns the place of a key of the map at a place.
func within(place, key string) string { return strings.TrimPrefix(place+"."+key, ".") }

func (s *sections) has(place string) bool {
	return slices.ContainsFunc(s.all, func(other *section) bool { return other.place == place })
}

func (s *sections) add(place string, v yaml.Value) {
	for _, other := range s.all {
		if other.place == place {
			if len(v.Keys) > len(other.value.Keys) {
				other.value = v
			}
			return
		}
	}
	s.all = append(s.all, &section{place, v})
}

func (s *section) write(b *strings.Builder, others *sections) {
	if s.place != "" {
		fmt.Fprintf(b, "\n### %s\n", s.place)
	}
	b.WriteString("\n| key | value | default | |\n|---|---|---|---|\n")
	for _, key := range s.value.Keys {
		name := "`" + key.Name + "`"
		if key.Need {
			name += ` \*`
		}
		value := cell(key.Value.String())
		if inner := within(s.place, key.Name); others.has(inner) {
			value += fmt.Sprintf(" ([keys](#%s))", strings.ToLower(strings.ReplaceAll(inner, ".", "")))
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, value, cell(key.Default), cell(key.Doc))
	}
	if len(s.value.Cases) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s | its keys | |\n|---|---|---|\n", s.value.Cases[0].On)
	for _, c := range s.value.Cases {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", c.Word, strings.Join(c.Need, ", "), optional(c.May))
	}
}

func optional(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return "optional: " + strings.Join(keys, ", ")
}

// cell returns a text as a cell of a Markdown table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(strings.TrimSpace(text))
}
