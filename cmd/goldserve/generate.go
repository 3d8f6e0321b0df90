package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/models"
)

// generateRequest is what the flags of generate ask for.
type generateRequest struct {
	bronze    string
	set       []string
	format    string
	every     time.Duration
	overwrite bool
	quiet     bool     // of the files that were made, nothing is said
	required  []string // NAME=VALUE: the parameters that a build of these files needs
	folder    string   // what the model calls the folder of raw files
}

// parameterFlag is a flag that is short for --set NAME=VALUE.
type parameterFlag struct{ name, kind, value string }

// String implements pflag.Value.
func (p *parameterFlag) String() string { return p.value }

// Type implements pflag.Value.
func (p *parameterFlag) Type() string { return p.kind }

// Set implements pflag.Value. What the value may be says the model that is chosen later.
func (p *parameterFlag) Set(text string) error {
	p.value = text
	return nil
}

// parameterFlags adds a flag for each parameter with which the shipped models make raw files.
func parameterFlags(flags *pflag.FlagSet) {
	for _, p := range contract.GenerateParameters(models.FS) {
		name := strings.ReplaceAll(p.Name, "_", "-")
		if builder.SetBySlice(p.Name) || flags.Lookup(name) != nil {
			continue
		}
		usage := fmt.Sprintf("%s (--set %s=; default %s)", strings.TrimSuffix(p.Description, "."), p.Name, p.Default)
		flags.Var(&parameterFlag{name: p.Name, kind: string(p.Kind)}, name, usage)
	}
}

// assignments returns what the flags of parameters set, as --set does.
func assignments(flags *pflag.FlagSet) (set []string) {
	flags.Visit(func(f *pflag.Flag) {
		if p, ok := f.Value.(*parameterFlag); ok {
			set = append(set, p.name+"="+p.value)
		}
	})
	return set
}

func (a *app) generate() *cobra.Command {
	var ask generateRequest
	cmd := &cobra.Command{
		Use:   "generate [BRONZE]",
		Short: "Generate raw files for a model: fictional rows, with typical errors",
		Long: `generate makes raw files for a model that has SQL for it (sql/generate). The shipped model generates a fictional shop: sales vary by
season and weekday, some people come back and some don't, and the files have the errors of real files, which goldserve build then
rejects.

The same parameters give the same bytes. --set sets a parameter that model.yaml declares under build: generate; those of shipped models
also have their own flags.

BRONZE is a folder, or s3://BUCKET/PREFIX (default: the folder of raw files in the model's lake, lake/bronze if model.yaml names no other).

With --every, generate runs until it is stopped. Each time, it writes the rows of the interval that has just passed to files named after
the start of the interval, such as NAME_20251113T103500.csv. Each file appears whole.

An existing file with the same bytes is left alone. A file that differs is replaced only with --overwrite.`,
		Example: `  goldserve generate ./lake/bronze
  goldserve generate --seed 8 --format parquet ./lake/bronze
  goldserve generate --set dirt=0 --set end=2025-12-31 ./lake/bronze
  goldserve generate --every 5s ./lake/bronze
  goldserve generate s3://lake/bronze --s3-endpoint http://127.0.0.1:9000`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ask.bronze = strings.Join(args, "")
			ask.set = append(ask.set, assignments(cmd.Flags())...)
			return a.footprint(cmd.Context(), "generate", func(ctx context.Context) error { return a.runGenerate(ctx, &ask) })
		},
	}
	flags := cmd.Flags()
	a.config.modelSettings.flags(flags)
	flags.Lookup("model").Usage = modelOfBuild
	flags.StringArrayVar(&ask.set, "set", nil, "set a parameter: NAME=VALUE (repeatable)")
	flags.StringVar(&ask.format, "format", "", "format of the files: csv, parquet or jsonl (default: the format that the SQL declares)")
	flags.DurationVar(&ask.every, "every", 0, "write the rows of each interval, such as 5s, until stopped")
	flags.BoolVar(&ask.overwrite, "overwrite", false, "replace existing files that differ")
	a.engineFlags(flags)
	a.writtenFlags(flags)
	a.config.footprintSettings.flags(flags)
	a.setting(flags, "json")
	parameterFlags(flags)
	return cmd
}

func (a *app) runGenerate(ctx context.Context, ask *generateRequest) error {
	log := a.logger()
	g, err := a.generator(ask, log)
	if err != nil {
		return err
	}
	defer closeLogged(log, "engine", g.Engine)
	if err := a.config.takeLake([]string{ask.bronze}); err != nil {
		return err
	}
	lake, err := a.writtenLake(log, ask.bronze)
	if err != nil {
		return err
	}
	bronze, err := lake.at(ask.bronze)
	if err != nil {
		return err
	}
	defer closeLogged(log, "bronze", bronze)
	unlock, err := bronze.Lock(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := unlock(); err != nil {
			log.Warn("lock not freed", "lake", bronze.String(), "error", err)
		}
	}()
	g.Bronze, g.Scratch = bronze, lake.scratch
	if ask.every != 0 {
		log.Info("generating", "folder", bronze.String(), "every", ask.every)
		err := g.Every(ctx, ask.every, func(made []builder.Generated) { a.tellGenerated(log, made) })
		if ctx.Err() != nil { // as its user stops it
			log.Info("no longer generating", "folder", bronze.String())
			err = nil
		}
		return err
	}
	made, err := g.All(ctx)
	if err != nil || ask.quiet {
		return err
	}
	if a.config.JSON {
		return a.printJSON(map[string]any{"folder": ask.bronze, "files": made})
	}
	a.printGenerated(ask, made)
	return nil
}

// generator returns what makes the model's raw files, without where they go.
func (a *app) generator(ask *generateRequest, log *slog.Logger) (*builder.Generator, error) {
	if !slices.Contains([]string{"", "csv", "parquet", "jsonl"}, ask.format) {
		return nil, usagef("--format is %q: expected csv, parquet or jsonl", ask.format)
	}
	if ask.every != 0 && (ask.every < time.Second || ask.every > 24*time.Hour || ask.every%time.Second != 0) {
		return nil, usagef("--every is %s: expected whole seconds, from 1s to 24h", ask.every)
	}
	m, _, err := a.config.buildModel(log)
	if err != nil {
		return nil, err
	}
	if m.Build == nil {
		return nil, usagef("the model %s declares no build: in its model.yaml, so that there is no SQL to make raw files with", m.Name)
	}
	stages := stagesOf(ask.bronze, m)
	ask.bronze, ask.folder = stages.stage(&a.config, builder.Bronze), stages.folder(builder.Bronze)
	tables, err := builder.ReadSQL(m.Files, m.Dir, m.Build)
	if err != nil {
		return nil, err
	}
	tables = slices.DeleteFunc(tables, func(t *builder.Table) bool { return t.Stage != builder.Generate })
	if len(tables) == 0 {
		return nil, usagef("the model %s has no SQL to make raw files with: expected files sql/generate/NAME.sql", m.Name)
	}
	values, err := m.Build.SetGenerate(ask.set)
	if err != nil {
		return nil, usageError{err}
	}
	for i := range m.Build.Parameters {
		p := &m.Build.Parameters[i]
		made := slices.IndexFunc(m.Build.Generate, func(g gold.Parameter) bool { return p.Required && g.Name == p.Name })
		if made >= 0 {
			ask.required = append(ask.required, p.Name+"="+cmp.Or(values[p.Name], m.Build.Generate[made].Default))
		}
	}
	engine, err := a.openEngine()
	if err != nil {
		return nil, err
	}
	return &builder.Generator{Tables: tables, Parameters: m.Build.Generate, Values: values, Engine: engine, Format: ask.format, Overwrite: ask.overwrite}, nil
}

// tellGenerated tells of the files of a slice.
func (a *app) tellGenerated(log *slog.Logger, made []builder.Generated) {
	for _, f := range made {
		if a.config.JSON {
			_ = a.printEvent(f) // a closed standard output doesn't end the generating
		} else {
			log.Info("generated", "file", f.File, "rows", f.Rows, "bytes", f.Bytes)
		}
	}
}

// printGenerated prints the files, and how the lake is built from them.
func (a *app) printGenerated(ask *generateRequest, made []builder.Generated) {
	cells := make([][3]string, len(made))
	var wide [3]int
	for i, f := range made {
		cells[i] = [3]string{f.File, strconv.FormatInt(f.Rows, 10), gold.RoundedBytes(f.Bytes)}
		for k, text := range cells[i] {
			wide[k] = max(wide[k], len(text))
		}
	}
	for i, c := range cells {
		note := ""
		if made[i].Unchanged {
			note = "  unchanged"
		}
		a.printf("%-*s  %*s rows  %*s%s\n", wide[0], c[0], wide[1], c[1], wide[2], c[2], note)
	}
	if lake, last := filepath.Split(strings.TrimRight(ask.bronze, "/\\")); last == ask.folder && !strings.HasSuffix(lake, "://") { // else the bucket itself holds the raw files
		set := make([]string, len(ask.required))
		for i, value := range ask.required {
			set[i] = " --set " + shellWord(value)
		}
		a.printf("Next: goldserve build --lake %s%s\n", shellWord(cmp.Or(strings.TrimRight(lake, "/\\"), ".")), a.config.modelOptions()+strings.Join(set, "")+a.config.lakeOptions())
	}
}
