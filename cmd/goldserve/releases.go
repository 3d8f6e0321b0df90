package main

import (
	"cmp"
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"goldserve/gold"
)

func (a *app) releases() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "releases",
		Short: "List the releases of a model, newest first",
		Example: `  goldserve releases
  goldserve releases --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runReleases(cmd.Context()) },
	}
	a.config.storeSettings.flags(cmd.Flags())
	a.config.modelSettings.flags(cmd.Flags())
	a.setting(cmd.Flags(), "json")
	return cmd
}

// listed is one release of releases --json.
type listed struct {
	Model       string           `json:"model"`
	Release     int64            `json:"release"`
	Current     bool             `json:"current"`
	Withdrawn   bool             `json:"withdrawn"`
	Pruned      bool             `json:"pruned"`
	AsOf        time.Time        `json:"as_of"`
	PublishedAt time.Time        `json:"published_at"`
	Rows        map[string]int64 `json:"rows"`
	Integrity   string           `json:"integrity"`           // verified: the files were those of a manifest; unverified: there was none
	Unreached   string           `json:"unreached,omitempty"` // the lake whose fallback was published
	// Sources say where the rows of each dataset were read from; those that are derived are not among them.
	Sources map[string]*gold.Provenance `json:"sources"`
	Lineage *gold.Lineage               `json:"lineage,omitempty"` // of what a build made its datasets
	rows    int64                       // of all datasets
}

func (a *app) runReleases(ctx context.Context) error {
	log := a.logger()
	store, err := a.openExisting(ctx, log, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	model := a.config.Model
	releases, err := store.Releases(ctx, gold.ReleaseQuery{Model: model})
	if err != nil {
		return err
	}
	var current int64
	if len(releases) > 0 {
		r, err := store.Resolve(ctx, gold.Selector{Model: model})
		if err != nil {
			return err
		}
		current = r.Number
	}
	list := make([]listed, 0, len(releases))
	for i := range releases {
		r := &releases[i]
		l := listed{
			Model: r.Model, Release: r.Number, Current: r.Number == current, Withdrawn: r.Withdrawn, Pruned: r.Pruned,
			AsOf: r.AsOf, PublishedAt: r.PublishedAt, Rows: map[string]int64{}, rows: r.Summarize().Rows, Integrity: cmp.Or(r.Integrity, gold.Unverified), Unreached: r.Unreached, Sources: r.Sources(), Lineage: r.Lineage,
		}
		for _, v := range r.Versions {
			l.Rows[v.Dataset.Name] = v.Rows
		}
		list = append(list, l)
	}
	if a.config.JSON {
		return a.printJSON(list)
	}
	if len(list) == 0 {
		a.printf("no release of %s yet: goldserve publish --lake FOLDER makes the first\n", model)
		return nil
	}
	return a.printReleases(list)
}

func (a *app) printReleases(list []listed) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(w, "RELEASE\tSTATE\tAS OF\tPUBLISHED\tROWS\tINTEGRITY"); err != nil {
		return err
	}
	for _, l := range list {
		state := ""
		switch {
		case l.Current:
			state = "current"
		case l.Pruned:
			state = "pruned"
		case l.Withdrawn:
			state = "withdrawn"
		}
		integrity := l.Integrity
		if l.Unreached != "" {
			integrity += ", of the fallback for " + l.Unreached
		}
		if _, err := fmt.Fprintf(w, "%s/%d\t%s\t%s\t%s\t%d\t%s\n", l.Model, l.Release, state,
			l.AsOf.UTC().Format(time.RFC3339), l.PublishedAt.UTC().Format(time.RFC3339), l.rows, integrity); err != nil {
			return err
		}
	}
	return w.Flush()
}
