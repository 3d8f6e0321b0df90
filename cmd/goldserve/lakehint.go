package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"goldserve/gold/contract"
	"goldserve/gold/lake"
)

// lakeHint explains in one line why a lake has no file of the model, if its content shows it: the gold files are in a
// subfolder, they belong to another model, or they are Excel files. fits: it has a file, or can't be listed.
func (c *config) lakeHint() (line string, fits bool) {
	folder, _, err := c.lakeLocation()
	if err != nil || c.inBucket() {
		return "", true
	}
	all, broken, err := c.loadSound()
	if err != nil {
		return "", true
	}
	read := append([]string{""}, lake.Endings()...)
	model, err := c.choose(all, broken)
	if err != nil || len(stemsOf(model, folder, read...)) > 0 {
		return "", true
	}
	for _, name := range entries(folder) {
		if below := filepath.Join(folder, name); len(stemsOf(model, below, read...)) > 0 {
			return "The folder " + name + " in it holds files of model " + model.Name + ": give --lake " + below + ".", false
		}
	}
	for _, other := range all {
		if other != model && len(stemsOf(other, folder, read...)) > 0 {
			return "It holds files of model " + other.Name + ": give --model " + other.Name + ".", false
		}
	}
	if found := stemsOf(model, folder, ".xlsx", ".xls"); len(found) > 0 {
		return "It holds Excel files (" + list(found) + "), and goldserve reads Parquet, CSV and JSON: write them as Parquet, with pandas, Polars or DuckDB.", false
	}
	if slices.ContainsFunc(entries(folder), func(name string) bool {
		return slices.ContainsFunc(lake.Endings(), func(ending string) bool { return strings.HasSuffix(name, ending) })
	}) {
		return "Its files are not those of model " + model.Name + ". To serve them without contracts, run goldserve up " + shellWord(folder) +
			"; to write contracts, goldserve init " + shellWord(folder) + " --model NAME. --models names a folder of contracts.", false
	}
	return "--lake names another folder.", false
}

// stemsOf returns the sources of a model that exist in a folder with one of the suffixes.
func stemsOf(m *contract.Model, folder string, suffixes ...string) []string {
	names := entries(folder)
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
