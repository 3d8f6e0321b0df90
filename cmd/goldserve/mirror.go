package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/mirror"
	"goldserve/mirror/mysql"
	"goldserve/mirror/postgres"
)

// mirrorSettings name a SQL database that shows each release as tables too.
type mirrorSettings struct{ Mirror, MirrorSchema string }

// noMirror is the value of --mirror for one run without the mirror that a variable or goldserve.yaml names.
const noMirror = "none"

func (s *mirrorSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Mirror, "mirror", "", "postgres://… or mysql://… of a database that shows each release as tables too; "+noMirror+": no database (default: none)")
	flags.StringVar(&s.MirrorSchema, "mirror-schema", "", "schema of the mirror's tables (default: the database that a mysql:// address names, else "+postgres.DefaultSchema+")")
}

// mirrorRequest has the options of one run of mirror.
type mirrorRequest struct {
	to, schema string
	release    int64
	datasets   []string
}

func (a *app) mirror() *cobra.Command {
	ask := &mirrorRequest{}
	cmd := &cobra.Command{
		Use:   "mirror [DATASET…]",
		Short: "Copy a release into tables of a PostgreSQL or MySQL database",
		Long: `mirror copies the current release into a schema of a SQL database: a table for each dataset that BI tools see, named after its
collection, with keys, types, comments and foreign keys from the contracts, and the table gold_release, which lists the release that
each table shows.

Readers see one whole release at any moment: all tables are replaced together. Only datasets that changed are loaded; if the mirror
already shows the release, nothing is written. Tables that goldserve did not make are never touched; if one has a name that the mirror
needs, the run is refused. A killed run leaves the tables as they were.

With DATASET, only these datasets are mirrored; the other tables stay as they are. Without --to, mirror uses the setting mirror, with
which publish, run and rollback keep a mirror up to date.

Keep the password out of the address: PostgreSQL's can be in PGPASSWORD or ~/.pgpass, MySQL's in MYSQL_PWD.

Exit codes: 0 mirrored, or nothing to do, 3 refused (a name is taken, a value or name that the database can't hold, a missing
permission), 4 store or database unreachable, or another run in progress, 5 the database failed.`,
		Example: `  goldserve mirror --to postgres://bi@127.0.0.1:5432/bi
  goldserve mirror --to postgres://bi@127.0.0.1:5432/bi --schema gold --release 3
  goldserve mirror orders customers --to mysql://bi@127.0.0.1:3306/gold
  goldserve publish --lake ./gold --mirror postgres://bi@127.0.0.1:5432/bi`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.evented(func(ctx context.Context) error {
				ask.datasets = args
				return a.runMirror(ctx, ask)
			})(cmd, args)
		},
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return a.completeDatasets(cmd, nil, word)
		},
	}
	flags := cmd.Flags()
	a.config.storeSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	flags.StringVar(&ask.to, "to", "", postgres.Expected+" or "+mysql.Expected+" (default: the setting mirror)")
	flags.StringVar(&ask.schema, "schema", "", "schema of the tables (default: the setting mirror-schema, else the database that a mysql:// address names, else "+postgres.DefaultSchema+")")
	flags.Int64Var(&ask.release, "release", 0, "number of the release to mirror (default: the current one)")
	a.setting(flags, "json").Usage = eventsUsage
	return cmd
}

// mirrored is the last event of mirror --json.
type mirrored struct {
	Event     mirror.Outcome `json:"event"`
	Model     string         `json:"model"`
	Release   int64          `json:"release"`
	Mirror    string         `json:"mirror"`
	Rows      int64          `json:"rows"` // loaded
	Seconds   float64        `json:"seconds"`
	Loaded    []string       `json:"loaded"`
	Unchanged []string       `json:"unchanged"`
	Dropped   []string       `json:"dropped"`  // tables
	LeftOut   []string       `json:"left_out"` // foreign keys, and why
}

func (a *app) runMirror(ctx context.Context, ask *mirrorRequest) error {
	address, schema := cmp.Or(ask.to, a.config.Mirror), cmp.Or(ask.schema, a.config.MirrorSchema)
	if address == "" || address == noMirror {
		return usagef("mirror needs the database: give --to %s or --to %s", postgres.Expected, mysql.Expected)
	}
	log := a.logger()
	store, err := a.openExisting(ctx, log, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	release, err := store.Resolve(ctx, gold.Selector{Model: a.config.Model, Number: ask.release})
	if err != nil {
		return err
	}
	target, err := openMirror(ctx, address, schema)
	if err != nil {
		return err
	}
	defer closeLogged(log, "mirror", target)
	report, err := mirror.Run(ctx, a.mirrorOf(log, store, release, target, ask.datasets))
	if err != nil {
		return err
	}
	if a.config.JSON {
		return a.printEvent(mirrored{
			report.Outcome, release.Model, release.Number, target.String(), report.Rows, report.Duration.Seconds(),
			nonNil(report.Loaded), nonNil(report.Unchanged), nonNil(report.Dropped), nonNil(report.LeftOut),
		})
	}
	if report.Outcome == mirror.Unchanged {
		a.printf("%s release %d: nothing to do, %s shows it (%.1f s)\n", release.Model, release.Number, target, report.Duration.Seconds())
	} else {
		a.printf("%s release %d is in %s: %s in %.1f s; loaded: %s; unchanged: %s\n", release.Model, release.Number, target,
			gold.Counted(report.Rows, "row"), report.Duration.Seconds(), list(report.Loaded), list(report.Unchanged))
	}
	if len(report.Dropped) > 0 {
		a.printf("  dropped: %s\n", list(report.Dropped))
	}
	for _, text := range report.LeftOut {
		a.printf("  foreign key left out: %s\n", text)
	}
	return nil
}

// openMirror opens the schema of an address.
func openMirror(ctx context.Context, address, schema string) (target mirror.Target, err error) {
	scheme, _, _ := strings.Cut(address, "://")
	switch scheme {
	case "postgres", "postgresql":
		target, err = postgres.Open(ctx, address, schema)
	case "mysql", "mariadb":
		target, err = mysql.Open(ctx, address, schema)
	default:
		return nil, usagef("the mirror is %q: expected %s or %s", withoutCredentials(address), postgres.Expected, mysql.Expected)
	}
	if gold.KindOf(err) == gold.Invalid {
		return nil, usageError{err}
	}
	return target, err
}

// mirrorOf asks for the mirror of a release, with the relationships of its contracts where these are at hand.
func (a *app) mirrorOf(log *slog.Logger, reader gold.Reader, release *gold.Release, target mirror.Target, datasets []string) mirror.Request {
	r := mirror.Request{Reader: reader, Release: release, Datasets: datasets, Target: target, Progress: func(dataset string, rows, of int64) {
		if rows == 0 {
			log.Info("dataset started", "stage", "mirroring", "dataset", dataset, "of", of)
		}
	}}
	all, _, err := a.config.loadSound()
	if err != nil {
		return r // the release's lookups tell most of them
	}
	if m := named(all, release.Model); m != nil {
		for _, c := range m.Contracts {
			for _, to := range c.Relationships {
				r.Relations = append(r.Relations, mirror.Relation{Dataset: c.Dataset.Name, Field: to.Field, To: to.To, Key: to.Target})
			}
		}
	}
	return r
}

// mirroring returns what the publisher does after each release; nil: there is no mirror.
func (a *app) mirroring(log *slog.Logger, store gold.Store) func(context.Context, *gold.Release) error {
	if a.config.Mirror == "" || a.config.Mirror == noMirror {
		return nil
	}
	return func(ctx context.Context, release *gold.Release) error {
		target, err := openMirror(ctx, a.config.Mirror, a.config.MirrorSchema)
		if err != nil {
			return err
		}
		defer closeLogged(log, "mirror", target)
		report, err := mirror.Run(ctx, a.mirrorOf(log, store, release, target, nil))
		if err == nil && report.Outcome == mirror.Mirrored {
			log.Info("mirrored", "mirror", target.String(), "release", release.Number, "rows", report.Rows, "loaded", report.Loaded, "left_out", report.LeftOut, "seconds", report.Duration.Seconds())
		}
		return err
	}
}

// shownMirror says what a mirror shows, in status.
type shownMirror struct {
	Mirror  string `json:"mirror"`
	Release int64  `json:"release,omitempty"` // 0: none, or it is not known
	Problem string `json:"problem,omitempty"` // why it is not known
	Behind  bool   `json:"behind"`
}

// mirrorTime is how long status waits for the mirror.
const mirrorTime = 5 * time.Second

// askMirror asks the mirror of the settings what it shows; nil: there is none.
func (a *app) askMirror(ctx context.Context, current int64) (*shownMirror, error) {
	if a.config.Mirror == "" || a.config.Mirror == noMirror {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, mirrorTime)
	defer cancel()
	s := &shownMirror{Mirror: withoutCredentials(a.config.Mirror)}
	target, err := openMirror(ctx, a.config.Mirror, a.config.MirrorSchema)
	if _, usage := errors.AsType[usageError](err); usage {
		return nil, err
	}
	if err == nil {
		s.Mirror = target.String()
		s.Release, err = mirror.Shown(ctx, target, a.config.Model)
		err = errors.Join(err, target.Close())
	}
	if err != nil {
		s.Problem = err.Error()
	}
	s.Behind = current != 0 && s.Release != current
	return s, nil
}

// printMirror prints what a mirror shows.
func (a *app) printMirror(s *shownMirror) {
	switch {
	case s.Problem != "":
		a.printf("mirror     %s: not known what it shows: %s\n", s.Mirror, gold.Visible(s.Problem))
	case s.Release == 0:
		a.printf("mirror     %s shows no release\n", s.Mirror)
	case s.Behind:
		a.printf("mirror     %s shows release %d, and is behind\n", s.Mirror, s.Release)
	default:
		a.printf("mirror     %s shows release %d\n", s.Mirror, s.Release)
	}
}
