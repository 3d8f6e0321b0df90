package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"goldserve/gold"
)

func (a *app) status() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what is served, how old it is, and who publishes",
		Long: `status only reads. Exit codes: 0 a release is served and the BI database shows it, 3 nothing is published yet,
4 the store can't be reached, 5 the BI database is behind the release (the next publish mends that).`,
		Example: `  goldserve status
  goldserve status --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runStatus(cmd.Context()) },
	}
	storeFlags(cmd.Flags())
	modelFlags(cmd.Flags())
	cmd.Flags().Bool("json", false, "print JSON")
	return cmd
}

// standing is the result of status --json.
type standing struct {
	Store       string    `json:"store"`
	Model       string    `json:"model"`
	Release     int64     `json:"release,omitempty"` // 0: none
	AsOf        time.Time `json:"as_of,omitzero"`
	PublishedAt time.Time `json:"published_at,omitzero"`
	AgeSeconds  float64   `json:"age_seconds,omitempty"` // since published_at, by the store's clock
	Publisher   string    `json:"publisher,omitempty"`   // who holds the lease
	Stale       []string  `json:"stale"`                 // BI collections behind the release
	Orphans     []string  `json:"orphans"`               // left behind by publishers that died
}

func (a *app) runStatus(ctx context.Context) error {
	log := a.logger()
	store, err := a.openStore(ctx, log, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	state, err := store.State(ctx, a.config.Model)
	if err != nil {
		return err
	}
	s := standing{Store: a.config.storeName(), Model: a.config.Model, Stale: nonNil(state.Stale), Orphans: nonNil(state.Orphans)}
	if r := state.Current; r != nil {
		s.Release, s.AsOf, s.PublishedAt, s.AgeSeconds = r.Number, r.AsOf, r.PublishedAt, state.Now.Sub(r.PublishedAt).Seconds()
	}
	if state.Lease != nil {
		s.Publisher = state.Lease.Holder
	}
	if a.config.JSON {
		err = a.printJSON(s)
	} else {
		a.printStanding(&s)
	}
	switch {
	case err != nil:
		return err
	case s.Release == 0:
		return gold.Errorf(gold.Empty, gold.CodeNoRelease, "model %s has no release: goldserve publish --lake FOLDER makes the first", s.Model)
	case len(s.Stale) > 0:
		return gold.Errorf(gold.Internal, gold.CodeStoreFailed, "the BI database does not show release %d yet: publish again", s.Release)
	}
	return nil
}

func (a *app) printStanding(s *standing) {
	a.printf("store      %s\n", s.Store)
	if s.Release > 0 {
		a.printf("release    %s/%d as of %s, published %s (%s ago)\n", s.Model, s.Release, s.AsOf.UTC().Format(time.RFC3339),
			s.PublishedAt.UTC().Format(time.RFC3339), time.Duration(s.AgeSeconds*float64(time.Second)).Round(time.Second))
	}
	if s.Publisher != "" {
		a.printf("publisher  %s\n", s.Publisher)
	}
	a.printf("behind     %s\norphans    %s\n", list(s.Stale), list(s.Orphans))
}
