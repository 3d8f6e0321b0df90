package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
)

// lakeHint explains in one line why a lake has no file of the model, if its content shows it: the gold files are in a
// subfolder, they belong to another model, or they are Excel files. fits: it has a file, or can't be listed.
func (a *app) lakeHint(ctx context.Context) (line string, fits bool) {
	c := &a.config
	location, _, err := c.lakeLocation()
	in := a.listedLake(ctx, location)
	if err != nil || in == nil {
		return "", true
	}
	all, broken, err := c.loadSound()
	if err != nil {
		return "", true
	}
	read := append([]string{""}, lake.Endings()...)
	model, err := c.choose(all, broken)
	if err != nil || len(stemsOf(model, in("."), read...)) > 0 {
		return "", true
	}
	for _, name := range in(".") {
		if len(stemsOf(model, in(name), read...)) > 0 {
			below := strings.TrimRight(location, "/") + "/" + name
			if !c.inBucket() {
				below = filepath.Join(location, name)
			}
			return "The folder " + gold.Visible(name) + " in it holds files of model " + model.Name + ": give --lake " + shellWord(below) + ".", false
		}
	}
	for _, other := range all {
		if other != model && readsIt(other, len(stemsOf(other, in("."), read...))) {
			return "It holds files of model " + other.Name + ": give --model " + other.Name + ".", false
		}
	}
	if found := stemsOf(model, in("."), ".xlsx", ".xls"); len(found) > 0 {
		return "It holds Excel files (" + list(found) + "), and goldserve reads Parquet, CSV and JSON: write them as Parquet, with pandas, Polars or DuckDB.", false
	}
	if slices.ContainsFunc(in("."), func(name string) bool {
		return slices.ContainsFunc(lake.Endings(), func(ending string) bool { return strings.HasSuffix(name, ending) })
	}) {
		at := shellWord(location) + c.lakeOptions()
		return "Its files are not those of model " + model.Name + ". To serve them without contracts, run goldserve up " + at +
			"; to write contracts, goldserve init " + at + " --model NAME. --models names a folder of contracts.", false
	}
	return "--lake names another folder.", false
}

// listedLake returns what lists the names in a folder of the lake, none if it can't be read; nil: the lake can't be listed. A
// bucket, which may be closed, answers from its listing.
func (a *app) listedLake(ctx context.Context, location string) func(folder string) []string {
	switch {
	case !a.config.inBucket():
		return func(folder string) []string { return entries(filepath.Join(location, folder)) }
	case a.bucket == nil:
		return nil
	}
	return func(folder string) []string {
		names, _ := a.bucket.NamesIn(ctx, folder) // of a file, none
		return names
	}
}

// stemsOf returns the sources of a model that are among the names in a folder, with one of the suffixes.
func stemsOf(m *contract.Model, names []string, suffixes ...string) []string {
	var found []string
	for i := range m.Contracts {
		for _, suffix := range suffixes {
			if source := m.Contracts[i].Source; source != "" && slices.Contains(names, source+suffix) {
				found = append(found, source+suffix)
			}
		}
	}
	return found
}

// entries returns the names in a folder; none if it can't be read.
func entries(folder string) []string {
	found, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	names := make([]string, len(found))
	for i, e := range found {
		names[i] = e.Name()
	}
	return names
}
