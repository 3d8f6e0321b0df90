package landing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"goldserve/builder"
	"goldserve/gold"
)

// checkedFile says what was found in files. It may be removed.
const checkedFile = "_checked.json"

// Check implements builder.Lander.
func (l *Lander) Check(ctx context.Context, found []builder.Raw) ([]builder.Raw, []gold.Finding, error) {
	if !slices.ContainsFunc(found, func(r builder.Raw) bool { return r.Source.Slice != nil || len(r.Source.Expect) > 0 }) {
		return found, nil, nil
	}
	id := l.checkID(found)
	known := remembered[[]gold.Finding](l.config.Folder, checkedFile)
	findings, ok := known[id]
	if !ok {
		var err error
		if findings, err = l.findings(ctx, found); err != nil {
			return nil, nil, err
		}
		if !l.config.ReadOnly {
			_ = remember(l.config.Folder, checkedFile, map[string][]gold.Finding{id: findings}) // else they are checked again
		}
	}
	return l.without(found, findings), findings, nil
}

// checkID returns the id of all that findings depend on.
func (l *Lander) checkID(found []builder.Raw) string {
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, "check", form)
	for i := range found {
		text, _ := json.Marshal(found[i].Source) // plain data
		_, _ = fmt.Fprintf(sum, "%s %s\n", l.identity(&found[i]), text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// refused returns the number of the first slice that is left out; false where none is.
func refused(name string, findings []gold.Finding) (first int64, any bool) {
	for _, f := range findings {
		if f.Severity == gold.FindingError && f.Slice == (&gold.RawSlice{Name: name}).In(f.Number) && (!any || f.Number < first) {
			first, any = f.Number, true
		}
	}
	return first, any
}

// without returns sources without the files of slices that are left out.
func (l *Lander) without(found []builder.Raw, findings []gold.Finding) []builder.Raw {
	kept := slices.Clone(found)
	for i := range kept {
		s := kept[i].Source.Slice
		if s == nil {
			continue
		}
		if first, any := refused(s.Name, findings); any {
			kept[i].Files = slices.DeleteFunc(slices.Clone(kept[i].Files), func(f builder.RawFile) bool { return f.Number >= first })
			kept[i].ID = l.identity(&kept[i])
		}
	}
	return kept
}

// findings checks the slices of each name in their order, up to one that is left out, and then the sources without slices.
func (l *Lander) findings(ctx context.Context, found []builder.Raw) ([]gold.Finding, error) {
	c := &checking{lander: l, found: found, keys: map[string]map[string]bool{}}
	var names []string
	for i := range found {
		if s := found[i].Source.Slice; s != nil && !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	for _, name := range names {
		if err := c.series(ctx, name); err != nil {
			return nil, err
		}
	}
	whole := slices.DeleteFunc(slices.Clone(found), func(r builder.Raw) bool { return r.Source.Slice != nil })
	if err := c.slice(ctx, "", 0, whole); err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.findings, func(a, b gold.Finding) int { return cmp.Compare(a.Number, b.Number) })
	return c.findings, nil
}

// checking is one check of all sources.
type checking struct {
	lander   *Lander
	found    []builder.Raw
	keys     map[string]map[string]bool // values that others refer to, by source and column, of the slices up to the one at work
	findings []gold.Finding
}

// series checks the slices of a name.
func (c *checking) series(ctx context.Context, name string) error {
	of := slices.DeleteFunc(slices.Clone(c.found), func(r builder.Raw) bool { return r.Source.Slice == nil || r.Source.Slice.Name != name })
	var numbers []int64
	gaps := false
	for i := range of {
		gaps = gaps || of[i].Source.Slice.Frozen
		for _, f := range of[i].Files {
			numbers = append(numbers, f.Number)
		}
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	for i, n := range numbers {
		if gaps && i > 0 && n != numbers[i-1]+1 { // what comes later would change the history of those after it
			n = numbers[i-1] + 1
		}
		parts := slices.Clone(of)
		for j := range parts {
			parts[j].Files = slices.DeleteFunc(slices.Clone(parts[j].Files), func(f builder.RawFile) bool { return f.Number != n })
		}
		if err := c.slice(ctx, of[0].Source.Slice.In(n), n, parts); err != nil {
			return err
		}
		if _, any := refused(name, c.findings); any {
			return nil
		}
	}
	return nil
}

// slice checks what one slice has of the sources: first what others refer to is read, then each source is held against what it expects.
func (c *checking) slice(ctx context.Context, name string, number int64, parts []builder.Raw) error {
	for i := range parts {
		s := &parts[i].Source
		if s.Slice != nil && !s.Slice.Optional && len(parts[i].Files) == 0 {
			c.findings = append(c.findings, gold.Finding{
				Source: s.Name, Slice: name, Number: number, Rule: gold.ExpectPresent, Severity: gold.FindingError, Detail: "there is no file of the source " + s.Name,
			})
		}
	}
	for i := range parts {
		if err := c.targets(ctx, &parts[i]); err != nil {
			return err
		}
	}
	for i := range parts {
		if len(parts[i].Source.Expect) == 0 {
			continue
		}
		e := newEvaluator(c, &parts[i].Source, name, number)
		for j := range parts[i].Files {
			if err := e.check(ctx, &parts[i].Files[j]); err != nil {
				return err
			}
		}
		c.findings = append(c.findings, e.findings...)
	}
	return nil
}

// targets reads the values of a source that others refer to. What can't be read is for the check of its own source to say.
func (c *checking) targets(ctx context.Context, r *builder.Raw) error {
	for i := range c.found {
		for _, e := range c.found[i].Source.Expect {
			if e.Rule != gold.ExpectReference || e.Source != r.Source.Name {
				continue
			}
			at := slices.IndexFunc(r.Source.Columns, func(column gold.RawColumn) bool { return column.Name == e.Column })
			key := e.Source + "." + e.Column
			if c.keys[key] == nil {
				c.keys[key] = map[string]bool{}
			}
			into := collector{c.keys[key], at, r.Source.Columns[at].Kind}
			for j := range r.Files {
				if err := c.lander.texts(ctx, &r.Source, &r.Files[j], into); err != nil && gold.KindOf(err) != gold.Invalid {
					return err
				}
			}
		}
	}
	return nil
}
