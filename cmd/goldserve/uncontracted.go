package main

import (
	"log/slog"
	"path"
	"slices"
	"strings"

	"goldserve/builder"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
)

// noteUncontracted says, once, which gold tables of a build have no contract, so that a publish leaves them out. A model without
// any contract isn't published at all.
func (a *app) noteUncontracted(log *slog.Logger, m *contract.Model, tables []*builder.Table, at string) {
	names := uncontracted(m, tables)
	if len(m.Contracts) == 0 || len(names) == 0 || a.noted {
		return
	}
	a.noted = true
	command := "goldserve init " + shellWord(at) + a.config.lakeOptions() + " --model " + m.Name
	if a.config.Models != "" {
		command += " --models " + shellWord(a.config.Models)
	}
	log.Warn("gold tables without a contract are built and not published", "tables", list(names), "to_add_contracts", command)
}

// uncontracted returns the gold tables that no contract's source names.
func uncontracted(m *contract.Model, tables []*builder.Table) (names []string) {
	for _, t := range tables {
		named := slices.ContainsFunc(m.Contracts, func(c contract.Contract) bool {
			source := strings.ReplaceAll(c.Source, "{ts}", "*")
			matches, _ := path.Match(lake.StemOf(source), t.Name)
			whole := slices.ContainsFunc(t.FileNames(), func(name string) bool {
				found, _ := path.Match(source, name)
				return found
			})
			return matches || whole || t.Path != "" && t.Path == c.Source
		})
		if t.Stage == builder.Gold && !t.Temporary && !named {
			names = append(names, t.Name)
		}
	}
	return names
}
