package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/builder/duckdb"
	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/publisher"
	"goldserve/watch"
)

// version is set by the linker for releases.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if os.Getenv(watch.Variable) != "" { // a terminal's Ctrl-C is for the process that supervises this one
		stop()
		signal.Ignore(os.Interrupt, syscall.SIGHUP)
		ctx, stop = signal.NotifyContext(context.Background(), syscall.SIGTERM)
	}
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run runs the program for one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if duckdb.Linked && len(args) == 1 && args[0] == duckdb.Command {
		if duckdb.Serve(ctx, os.Stdin, stdout, stderr) != nil {
			return 1 // it has said why
		}
		return 0
	}
	a := &app{stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !a.ran {
		err = usageError{err}
	}
	return report(stderr, err, a.advice(cmd, err))
}

// app is what the subcommands share.
type app struct {
	stdout, stderr io.Writer
	config         config
	settings       *pflag.FlagSet // all settings, bound to config
	loaded         bool           // config is loaded, or loadErr says why not
	loadErr        error
	cmd            *cobra.Command           // that runs
	bucket         *lake.Lake               // that was opened; nil: none
	followed       *lake.Lake               // the bucket that publish --watch looks at, and opens once; nil: each publish opens its lake
	watching       func() *gold.Watching    // how the following of a lake goes that this process serves; nil: none is
	reading        func(file, token string) // is told which file of a lake is read; nil: nobody is
	fellBack       bool                     // the last look at the lake was one at its fallback
	seals          gold.Seals               // of the store, which each publish opens
	progress       func(publisher.Event)    // gets the events of a publish or check; nil: nobody
	ran            bool                     // the command line was valid
	noted          bool                     // it was said that gold tables have no contract
}

func (a *app) root() *cobra.Command {
	a.settings = pflag.NewFlagSet("settings", pflag.ContinueOnError)
	a.config.all(a.settings)
	root := &cobra.Command{
		Use:   "goldserve",
		Short: "Publish gold tables of a data lake and serve them over HTTP",
		Long: `goldserve publishes the gold tables of a data lake (Parquet, CSV, JSON, Delta, Iceberg) into MongoDB or an embedded SQLite
file, idempotently and all or nothing, and serves them over HTTP.

Every setting that "goldserve config print" lists is a flag, an environment variable (--store is GOLDSERVE_STORE) and a key
of goldserve.yaml (--cors-origins is corsOrigins:). A flag overrides a variable, a variable overrides the file. Options of a
single run, such as --allow-shrink or --as-of, are flags only.

In goldserve.yaml, models: is either a folder (same as --models) or a map of overrides for shipped models. With the map,
the folder's key is modelsFolder:

  models:
    MODEL:
      currency: GBP                     # unit of all amounts of money
      locale: en-GB
      fields:
        DATASET.FIELD: {mask: hmac}     # mask of personal data: drop, "null", initials, first_letter, hmac, sha256_truncated, clear

Exit codes:
  0  done, or nothing to do; serve stopped by a signal
  2  usage error
  3  input refused
  4  source or store unavailable, another publisher at work, or stopped by a signal (the current release stays)
  5  store failed`,
		Example: `  goldserve demo
  goldserve publish --lake ./gold
  goldserve serve`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().String("config", "", "configuration file (default: goldserve.yaml, if it exists)")
	a.config.logSettings.flags(root.PersistentFlags())
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		a.cmd = cmd
		err := a.load(cmd)
		a.ran = err == nil
		return err
	}
	root.AddCommand(
		a.up(), a.build(), a.runs(), a.publish(), a.mirror(), a.serve(), a.demo(), a.benchmark(), a.initiate(), a.generate(), a.check(), a.inventory(), a.manifest(), a.releases(), a.diff(), a.rollback(), a.pack(), a.prune(), a.status(), a.verify(), a.probe(), a.query(), a.export(), a.train(), a.stream(), a.eco(), a.contracts(),
		a.configuration(), a.version(),
	)
	a.complete(root)
	return root
}

func (a *app) printf(format string, args ...any) {
	// If standard output is closed, there is nowhere to report it.
	_, _ = fmt.Fprintf(a.stdout, format, args...)
}
