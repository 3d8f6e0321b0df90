package builder

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"time"

	"goldserve/gold"
)

// identity hashes what something is made of: two things with the same parts, in the same order, have the same id.
type identity struct{ hash.Hash }

func newIdentity(what string) identity {
	id := identity{sha256.New()}
	id.add(what)
	return id
}

// add adds a part; its length keeps it apart from the next.
func (id identity) add(parts ...string) {
	for _, p := range parts {
		_, _ = fmt.Fprintf(id, "%d:%s\n", len(p), p) // a hash takes all
	}
}

func (id identity) String() string { return hex.EncodeToString(id.Sum(nil)) }

// values are the values of a model's parameters for one build.
type values struct {
	build *gold.Build
	set   map[string]string // by --set and defaults
	now   string            // of instants that have none
}

// newValues returns the values of all parameters; set has those that differ from the defaults.
func newValues(b *gold.Build, set map[string]string, now time.Time) values {
	v := values{build: b, set: map[string]string{}, now: now.UTC().Truncate(time.Millisecond).Format("2006-01-02T15:04:05.000Z")}
	for _, p := range b.Parameters {
		if text, ok := set[p.Name]; ok {
			v.set[p.Name] = text
		} else if p.Default != "" {
			v.set[p.Name] = p.Default
		}
	}
	return v
}

// fixed returns the value of a parameter as identities have it: the time of the build is none.
func (v values) fixed(name string) string { return v.set[name] }

// all returns the values that an engine gets.
func (v values) all() []Value {
	all := make([]Value, 0, len(v.build.Parameters))
	for _, p := range v.build.Parameters {
		text := v.set[p.Name]
		if text == "" && p.Kind == gold.RawInstant {
			text = v.now
		}
		all = append(all, Value{Name: p.Name, Kind: p.Kind, Text: text})
	}
	return all
}

// record returns the values as _build.json has them: the time of the build isn't in it.
func (v values) record() []gold.BuildValue {
	out := make([]gold.BuildValue, 0, len(v.build.Parameters))
	for _, p := range v.build.Parameters {
		if text, ok := v.set[p.Name]; ok {
			out = append(out, gold.BuildValue{Name: p.Name, Value: text})
		}
	}
	return out
}

// identities returns the id of every table: of the engine, the table's own SQL and settings, the parameters that it reads, and the ids of
// what it reads.
func identities(tables []*Table, engine Version, v values, found []Raw) map[string]string {
	ids := map[string]string{}
	for _, raw := range found {
		ids[string(Bronze)+"."+raw.Source.Name] = raw.ID
	}
	for _, t := range tables {
		id := newIdentity("table 1")
		id.add(engine.Name, engine.Number, engine.Prelude)
		id.add(t.FullName(), t.Query.Text, t.Format, fmt.Sprint(t.Temporary, t.View), fmt.Sprint(len(t.PartitionBy)))
		id.add(t.PartitionBy...)
		for _, c := range t.Copies {
			id.add("copy", c.ending())
		}
		if t.arranged() {
			id.add("file", t.Path, t.ending())
		}
		if q := t.Quarantine; q != nil {
			id.add("quarantine", q.Column, q.Source)
			id.add(q.Reasons...)
		}
		for _, p := range t.Query.Parameters {
			id.add("parameter", p, v.fixed(p))
		}
		for _, name := range t.inputs() {
			id.add("input", name, ids[name])
		}
		ids[t.FullName()] = id.String()
	}
	return ids
}

// inputs returns the names of the tables that a table reads, each once, sorted.
func (t *Table) inputs() []string {
	names := make([]string, 0, len(t.Query.References))
	for i := range t.Query.References {
		names = append(names, t.Query.References[i].FullName())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
