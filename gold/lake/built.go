package lake

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Build is the build that made a lake's files, and what it says that they are.
type Build struct {
	gold.BuildRecord
	token string // of its file
}

// goldStage is the stage of a build whose files the lake holds.
const goldStage = "gold"

// stagesFile is what a build tells of its stages, in the folder around them.
const stagesFile = "silver_report.json"

// besideGold is what lies beside the gold in the folder around a build's stages: all of it is no gold.
var besideGold = []string{"bronze", "silver", "quarantine", stagesFile}

// HoldsBuilt reports whether the folder gold of the lake is the gold of a build, so that the lake is the one around its stages.
func (l *Lake) HoldsBuilt(ctx context.Context) (bool, error) {
	version, err := l.VersionOf(ctx, goldStage+"/"+gold.BuiltFile)
	return version != "", err
}

// leaveStages removes from what was found in the lake what is no gold, if a build made the gold in it; those are the first words of
// the names that go.
func (l *Lake) leaveStages(ctx context.Context, found []object.Info, those ...string) ([]object.Info, error) {
	goes := func(e object.Info) bool {
		first, _, _ := strings.Cut(e.Name, "/")
		return slices.Contains(those, first)
	}
	if !slices.ContainsFunc(found, goes) {
		return found, nil
	}
	built, err := l.HoldsBuilt(ctx)
	if err != nil || !built {
		return found, err
	}
	return slices.DeleteFunc(found, goes), nil
}

// Build reads the _build.json of the lake; nil: no build made it. It returns the error of Building, and, with the build, Invalid
// integrity_failed where the file can't be used.
func (l *Lake) Build(ctx context.Context) (*Build, error) {
	if err := l.Building(ctx); err != nil {
		return nil, err
	}
	data, info, err := object.Small(ctx, l.source, gold.BuiltFile, gold.MostBuildRecord)
	if data == nil || err != nil {
		return nil, err
	}
	b := &Build{token: info.Token}
	r, err := gold.ParseBuildRecord(data)
	if err != nil {
		return b, integrityError("", []gold.Problem{manifestProblem(gold.BuiltFile, lineOf(data, err),
			fmt.Sprintf("expected JSON as goldserve build writes it: %v; run goldserve build again", err))})
	}
	b.BuildRecord = *r
	return b, nil
}

// Building returns Unavailable lake_building while a build replaces the lake's files, or where one ended before it was done.
func (l *Lake) Building(ctx context.Context) error {
	data, _, err := object.Small(ctx, l.source, gold.BuildingFile, 1<<16)
	changed := gold.CodeOf(err) == gold.CodeSourceChanged
	if data == nil && !changed {
		return err
	}
	var b gold.Building
	_ = json.Unmarshal(data, &b) // it is there before all of it is written, and says less then
	who := "a build"
	if b.Build != "" {
		who = fmt.Sprintf("build %s, begun at %s with %s,", b.Build, b.Since.UTC().Format("2006-01-02 15:04:05 MST"), b.Engine)
	}
	return gold.Errorf(gold.Unavailable, gold.CodeLakeBuilding,
		"%s replaces the files of %s (%s is there): publish again once it is done; if no build runs any more, goldserve build completes what it left", who, l.Path(), gold.BuildingFile)
}

// BuildUnchanged returns Unavailable source_changed where another build than b was or is at work since Build read that; nil: there was
// none.
func (l *Lake) BuildUnchanged(ctx context.Context, b *Build) error {
	was := ""
	if b != nil {
		was = b.token
	}
	now, err := l.VersionOf(ctx, gold.BuiltFile)
	if err != nil {
		return err
	}
	if now != was {
		return object.Changed(gold.BuiltFile, "a build was at work")
	}
	begun, err := l.VersionOf(ctx, gold.BuildingFile)
	if err == nil && begun != "" {
		err = object.Changed(gold.BuildingFile, "a build began")
	}
	return err
}

// Manifest returns what the build says of the lake's files, to which those of a manifest must correspond too; nil: there is none.
// Invalid integrity_failed lists all that is wrong with what it says.
func (b *Build) Manifest(also *Manifest) (*Manifest, error) {
	m := newManifest(gold.BuiltFile)
	m.also, m.built = also, true
	for _, t := range b.Tables {
		if t.Stage != goldStage {
			continue
		}
		for _, f := range t.Files {
			m.Files = append(m.Files, ManifestFile{Path: f.Path, SHA256: f.SHA256, Bytes: new(f.Bytes)})
		}
	}
	if problems := append(b.stale(), m.index()...); len(problems) > 0 {
		return nil, integrityError(gold.BuiltFile+" can't be used", problems)
	}
	return m, nil
}

// stale returns a problem of each table of gold that a build of a selection left though what it is made of changed.
func (b *Build) stale() []gold.Problem {
	var problems []gold.Problem
	for i := range b.Tables {
		if t := &b.Tables[i]; t.Stale != "" && t.Stage == goldStage && len(t.Files) > 0 {
			problems = append(problems, manifestProblem(gold.BuiltFile, 0,
				fmt.Sprintf("%s is of an earlier build than the rest, as a build of a selection left it out: run goldserve build for all tables", t.FullName())))
		}
	}
	return problems
}

// MadeBy returns the name of the table of a build that made the files of t, such as gold.ca_monthly; empty: none did.
func (t *Table) MadeBy(b *Build) string {
	if t.version != nil || len(t.parts) == 0 {
		return ""
	}
	for i := range b.Tables {
		made := &b.Tables[i]
		if made.Stage != goldStage {
			continue
		}
		for _, f := range made.Files {
			if f.Path == t.parts[0].info.Name {
				return made.FullName()
			}
		}
	}
	return ""
}
