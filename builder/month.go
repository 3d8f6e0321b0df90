package builder

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"goldserve/gold"
)

// take takes the sources as the build uses them: history that is frozen must be as it was built, and slices that aren't as they should be
// are left out.
func (p *Plan) take(ctx context.Context, b *Builder, o Options) (err error) {
	if !o.Restate {
		if err := p.frozen(); err != nil {
			return err
		}
	}
	if p.Sources, p.Findings, err = b.Lander.Check(ctx, p.Sources); err != nil {
		return err
	}
	if err := p.months(); err != nil {
		return err
	}
	p.fresh(b.now())
	return p.nothingLeft()
}

// months sets the slices of files that are of a month by the number in their paths: its last day.
func (p *Plan) months() error {
	for i := range p.Sources {
		raw := &p.Sources[i]
		slice := raw.Source.Slice
		if slice == nil || slice.FirstMonth == "" {
			continue
		}
		first := p.values.fixed(slice.FirstMonth)
		id := newIdentity("months")
		id.add(raw.ID, first)
		raw.ID, raw.Files = id.String(), slices.Clone(raw.Files)
		for j := range raw.Files {
			end, err := gold.MonthEnd(first, raw.Files[j].Number)
			if err != nil {
				return gold.Errorf(gold.Invalid, gold.CodeUsage, "%s has no month: %w. The parameter %s says which month 0 is, such as 2024-01-01", raw.Files[j].Name, err, slice.FirstMonth)
			}
			raw.Files[j].Slice = end + "T00:00:00Z"
		}
	}
	return nil
}

// fresh finds the sources whose newest file is older than they expect.
func (p *Plan) fresh(now time.Time) {
	for i := range p.Sources {
		raw := &p.Sources[i]
		for _, e := range raw.Source.Expect {
			if e.Rule != gold.ExpectFresh {
				continue
			}
			newest := ""
			for _, f := range raw.Files {
				newest = max(newest, f.Slice)
			}
			at, err := time.Parse(time.RFC3339, newest)
			if err != nil || now.Sub(at) > time.Duration(e.Days)*24*time.Hour {
				detail := fmt.Sprintf("the newest file is of %.10s, more than %d days before the build", newest, e.Days)
				if err != nil {
					detail = "no file has a time in its name"
				}
				p.Findings = append(p.Findings, gold.Finding{Source: raw.Source.Name, Rule: e.Rule, Severity: e.Severity(), File: "bronze." + raw.Source.Name, Detail: detail})
			}
		}
	}
}

// nothingLeft returns the error of expectations that leave nothing to build: those of sources without slices, and of the first slice.
func (p *Plan) nothingLeft() error {
	var problems []gold.Problem
	whole := slices.ContainsFunc(p.Sources, func(r Raw) bool { return len(r.Files) == 0 && (r.Source.Slice == nil || !r.Source.Slice.Optional) })
	for i := range p.Findings {
		if f := &p.Findings[i]; f.Severity == gold.FindingError && (f.Slice == "" || whole) {
			problems = append(problems, f.Problems()...)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return gold.InvalidAll(problems)
}

// foundOthers reports whether the record has other findings.
func (p *Plan) foundOthers() bool {
	return len(p.Findings)+len(p.record.Findings) > 0 && !reflect.DeepEqual(p.Findings, p.record.Findings)
}

// LeftOut returns the names of the first slices that are left out, and the problems for which they are.
func (p *Plan) LeftOut() (names []string, problems []gold.Problem) {
	for i := range p.Findings {
		f := &p.Findings[i]
		if f.Severity != gold.FindingError {
			continue
		}
		if !slices.Contains(names, f.Slice) {
			names = append(names, f.Slice)
		}
		problems = append(problems, f.Problems()...)
	}
	return names, problems
}

// frozen returns an error where files of slices that were built, and whose history is frozen, aren't those of the record.
func (p *Plan) frozen() error {
	var problems []gold.Problem
	for i := range p.Sources {
		raw := &p.Sources[i]
		at := slices.IndexFunc(p.record.Sources, func(s gold.BuiltSource) bool { return s.Name == raw.Source.Name })
		if at < 0 {
			continue
		}
		now := make([]gold.RawFile, len(raw.Files))
		for j, f := range raw.Files {
			now[j] = gold.RawFile{Path: f.Name, SHA256: f.SHA256}
		}
		problems = append(problems, raw.Source.HistoryChanges(p.record.Sources[at].RawFiles(), now, "built", true)...)
	}
	if len(problems) == 0 {
		return nil
	}
	return gold.InvalidAll(problems)
}
