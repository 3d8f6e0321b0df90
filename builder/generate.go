package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"goldserve/gold"
)

// Generator makes raw files by a model's SQL of the stage generate.
type Generator struct {
	Tables     []*Table         // of the stage generate, each after those that it reads
	Parameters []gold.Parameter // that they read
	Values     map[string]string
	Engine     Engine
	Bronze     Place  // that the files are for
	Scratch    string // as a Lake's, on the disk of a folder of bronze
	Format     string // of every file: parquet, csv or jsonl; "": as the SQL says
	Overwrite  bool   // files that are there, and differ, are replaced
}

// The parameters that say which slice of a stream is made.
const (
	sliceParameter  = "slice"
	lengthParameter = "slice_seconds"
)

// SetBySlice reports whether a parameter is set for each slice.
func SetBySlice(parameter string) bool {
	return parameter == sliceParameter || parameter == lengthParameter
}

// SliceName is how a slice's begin is written in the names of its files.
const SliceName = "20060102T150405"

// Generated is a raw file that was made.
type Generated struct {
	Table     string  `json:"table"`
	File      string  `json:"file"`
	Rows      int64   `json:"rows"`
	Bytes     int64   `json:"bytes"`
	Unchanged bool    `json:"unchanged,omitempty"` // it was there, with the same bytes
	Seconds   float64 `json:"seconds"`
}

// ErrFileThere is the cause of an error about a file that is there and differs.
var ErrFileThere = errors.New("generate into another folder, or overwrite it")

// FormatThereError is the cause of an error about a file of the same table in another format, which it names.
type FormatThereError string

func (FormatThereError) Error() string { return "remove it, or choose its format" }

// All makes every file. The error is Invalid (usage) where one is there that differs.
func (g *Generator) All(ctx context.Context) ([]Generated, error) {
	var files []*Table
	for _, t := range g.Tables {
		if t.Temporary {
			continue
		}
		files = append(files, t)
		if t.Verbatim != "" && g.Format != "" && g.Format != t.Verbatim {
			return nil, gold.Errorf(gold.Invalid, gold.CodeUsage, "%s has lines that are written as they are, for %s files: leave the format out", t.FullName(), t.Verbatim)
		}
		if t.Path != "" && g.Format == "parquet" {
			return nil, gold.Errorf(gold.Invalid, gold.CodeUsage, "%s has one file for each slice, which can't be made as Parquet: expected csv, jsonl or json", t.FullName())
		}
		for _, format := range tableFormats {
			other := t.Name + "." + format
			if _, err := g.Bronze.Stat(ctx, other); t.Path == "" && format != g.made(t).ending() && err == nil {
				return nil, gold.Errorf(gold.Invalid, gold.CodeUsage, "%s already has %s, with the same rows as %s.%s: %w", g.Bronze, other, t.Name, g.made(t).ending(), FormatThereError(format))
			} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
	}
	return g.run(ctx, files, "", nil)
}

// Every makes a slice each time that one has passed, until the context ends, whose error it returns then: the files whose SQL reads param_slice(), with the rows of that
// time. The other files are made before the first one, unless they are there.
func (g *Generator) Every(ctx context.Context, length time.Duration, told func([]Generated)) error {
	sliced, whole := g.parted()
	if len(sliced) == 0 {
		return gold.Errorf(gold.Invalid, gold.CodeUsage, "the model makes no slices: none of its SQL in sql/generate reads param_%s()", sliceParameter)
	}
	for _, t := range whole {
		_, err := g.Bronze.Stat(ctx, g.made(t).fileName(""))
		if errors.Is(err, fs.ErrNotExist) {
			made, err := g.run(ctx, []*Table{t}, "", nil)
			if err != nil {
				return err
			}
			told(made)
		} else if err != nil {
			return err
		}
	}
	for begin := time.Now().UTC().Truncate(length); ; begin = begin.Add(length) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(begin.Add(length))):
		}
		made, err := g.run(ctx, sliced, "_"+begin.Format(SliceName), map[string]string{
			sliceParameter: begin.Format(time.RFC3339), lengthParameter: strconv.Itoa(int(length / time.Second)),
		})
		if err != nil {
			return err
		}
		told(made)
	}
}

// parted returns the files that are made slice by slice, and the others.
func (g *Generator) parted() (sliced, whole []*Table) {
	for _, t := range g.Tables {
		switch {
		case t.Temporary:
		case slices.ContainsFunc(g.needed([]*Table{t}), func(t *Table) bool { return slices.Contains(t.Query.Parameters, sliceParameter) }):
			sliced = append(sliced, t)
		default:
			whole = append(whole, t)
		}
	}
	return sliced, whole
}

// needed returns tables and those that they read, each after those that it reads.
func (g *Generator) needed(tables []*Table) []*Table {
	need := map[string]bool{}
	for _, t := range tables {
		need[t.FullName()] = true
	}
	for _, t := range slices.Backward(g.Tables) {
		if need[t.FullName()] {
			for i := range t.Query.References {
				need[t.Query.References[i].FullName()] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(g.Tables), func(t *Table) bool { return !need[t.FullName()] })
}

// made returns a table in the format that is asked for.
func (g *Generator) made(t *Table) *Table {
	step := *t
	if g.Format != "" && t.Verbatim == "" {
		step.Format, step.Array = g.Format, g.Format == "json"
		if step.Array {
			step.Format = "jsonl"
		}
		step.Path, step.PartPath = withEnding(t.Path, g.Format), withEnding(t.PartPath, g.Format)
	}
	return &step
}

// withEnding returns a file's path with another ending, "" if there is no path.
func withEnding(file, ending string) string {
	if file == "" {
		return ""
	}
	return strings.TrimSuffix(file, path.Ext(file)) + "." + ending
}

// run makes files, and puts them into place once all are whole. The suffix comes after their tables' names.
func (g *Generator) run(ctx context.Context, files []*Table, suffix string, set map[string]string) (made []Generated, err error) {
	scratch, err := newScratch(g.Scratch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, removeScratch(g.Scratch)) }()
	p := &Program{Scratch: scratch, Parameters: g.values(set)}
	for _, t := range g.needed(files) {
		step := g.made(t)
		step.Temporary = t.Temporary || !slices.Contains(files, t)
		p.Steps = append(p.Steps, Step{Table: step})
	}
	var all []Built
	if _, err := g.Engine.Run(ctx, p, func(b Built) { all = append(all, b) }); err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Table.Temporary {
			continue
		}
		if all[i].Files, err = all[i].Table.arrange(scratch, all[i].Files, &arrangement{}); err != nil {
			return nil, err
		}
	}
	return g.place(ctx, scratch, all, suffix)
}

// values returns all parameters with what they are set to.
func (g *Generator) values(set map[string]string) []Value {
	given := maps.Clone(g.Values)
	if given == nil {
		given = map[string]string{}
	}
	maps.Copy(given, set)
	all := make([]Value, len(g.Parameters))
	for i, p := range g.Parameters {
		all[i] = Value{Name: p.Name, Kind: p.Kind, Text: p.Default}
		if text, ok := given[p.Name]; ok {
			all[i].Text = text
		} else if p.Default == "" && p.Kind == gold.RawInstant {
			all[i].Text = time.Now().UTC().Format(time.RFC3339)
		}
	}
	return all
}

// place puts what the tables became into bronze, each as a file or a folder of parts; nothing, where one may not be replaced.
func (g *Generator) place(ctx context.Context, scratch string, tables []Built, suffix string) ([]Generated, error) {
	type move struct{ name, from string }
	var (
		moves []move
		made  []Generated
	)
	for _, b := range tables {
		if b.Table.Temporary {
			continue
		}
		one := Generated{Table: b.Table.Name, File: b.Table.Name + suffix + "." + b.Table.ending(), Rows: b.Rows, Seconds: b.Seconds, Unchanged: true}
		if b.Table.Path != "" {
			one.File = b.Table.Path
		}
		parts := map[string]int{} // of files with the same name
		for _, file := range b.Files {
			name := one.fileOf(b, file, suffix, parts)
			from := filepath.Join(scratch, filepath.FromSlash(file))
			info, err := os.Stat(from)
			if err != nil {
				return nil, gold.Errorf(gold.Internal, gold.CodeBuildFailed, "the engine did not write %s: %w", file, err)
			}
			one.Bytes += info.Size()
			same, err := g.same(ctx, name, from)
			if err != nil {
				return nil, err
			}
			if !same {
				one.Unchanged = false
				moves = append(moves, move{name, from})
			}
		}
		made = append(made, one)
	}
	for _, m := range moves {
		if _, err := g.Bronze.Put(ctx, m.name, m.from); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// fileOf returns what a file that the engine wrote is called in bronze. It sets File to what says so of all files. parts counts the files
// of partitions by name.
func (one *Generated) fileOf(b Built, file, suffix string, parts map[string]int) string {
	t := b.Table
	switch {
	case t.Path != "":
		name := strings.TrimPrefix(file, string(Generate)+"/")
		if len(b.Files) == 1 {
			one.File = name
		}
		return name
	case t.PartPath != "":
		one.File = t.PartPath
		name := t.partOf(file)
		if parts[name]++; parts[name] > 1 {
			ending := path.Ext(name)
			name = fmt.Sprintf("%s-%05d%s", strings.TrimSuffix(name, ending), parts[name]-1, ending)
		}
		return name
	case path.Dir(file) != string(Generate): // a part
		one.File = t.Name + suffix
		return one.File + "/" + path.Base(file)
	}
	return one.File
}

// partOf returns what a file of Hive's partitions is called as PartPath has it.
func (t *Table) partOf(file string) string {
	name := t.PartPath
	for folder := range strings.SplitSeq(file, "/") {
		column, value, found := strings.Cut(folder, "=")
		if text, err := url.PathUnescape(value); found && err == nil {
			name = strings.ReplaceAll(name, "{"+column+"}", strings.ReplaceAll(text, "/", "_"))
		}
	}
	return name
}

// same reports whether a file lies in bronze with the bytes of one of scratch. Another one there is an error, unless it is to be replaced.
func (g *Generator) same(ctx context.Context, name, from string) (bool, error) {
	switch _, err := g.Bronze.Stat(ctx, name); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	there, err := g.Bronze.Hash(ctx, name)
	if err != nil {
		return false, err
	}
	_, here, err := hashFile(from)
	if err != nil {
		return false, err
	}
	if there != here && !g.Overwrite {
		return false, gold.Errorf(gold.Invalid, gold.CodeUsage, "%s already has a different %s: %w", g.Bronze, name, ErrFileThere)
	}
	return there == here, nil
}
