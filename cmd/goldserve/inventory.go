package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/lake/s3"
)

func (a *app) inventory() *cobra.Command {
	count := false
	cmd := &cobra.Command{
		Use:   "sources [LAKE]",
		Short: "List a lake's files and tables: formats, versions, rows, sizes, and what can't be read and why",
		Long: `sources lists every file, folder of parts and table of a lake: its format, the version of a table, how many files it has,
their size, its rows, when it was last written, and which datasets read it: those of the shipped models, and of the models
that --models names. Below the list, it names each source that can't be read, with the reason and what to do.

It reads the listing, the footers of Parquet files and the logs of tables, and no rows: the rows of text files are unknown
unless --count is given, which reads these files. Sources that can't be read don't change the exit code.`,
		Example: `  goldserve sources --lake ./gold
  goldserve sources s3://lake/gold --s3-endpoint http://127.0.0.1:9000
  goldserve sources --lake ./gold --models ./models --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.config.takeLake(args); err != nil {
				return err
			}
			return a.runInventory(cmd.Context(), count)
		},
	}
	flags := cmd.Flags()
	a.lakeFlags(flags)
	a.setting(flags, "fallback")
	a.setting(flags, "no-success-file")
	a.setting(flags, "models")
	flags.BoolVar(&count, "count", false, "count the records of text files, by reading them")
	a.setting(flags, "json")
	return cmd
}

// inventory is what sources --json prints.
type inventory struct {
	Lake      string         `json:"lake"`
	Unreached string         `json:"unreached,omitempty"` // the lake whose fallback this is
	Sources   []listedSource `json:"sources"`
}

type listedSource struct {
	Name        string        `json:"name"`
	Format      string        `json:"format,omitempty"`
	Compression string        `json:"compression,omitempty"`
	Folder      bool          `json:"folder"`
	Partitions  []string      `json:"partitions,omitempty"`
	Version     string        `json:"version,omitempty"`
	Files       int64         `json:"files"`
	Bytes       int64         `json:"bytes"`
	Rows        *int64        `json:"rows"` // nil: not known
	Changed     *time.Time    `json:"changed"`
	ReadBy      []readBy      `json:"read_by"`
	Problem     *gold.Problem `json:"problem,omitempty"`
}

// readBy is a dataset of a model.
type readBy struct {
	Model   string `json:"model"`
	Dataset string `json:"dataset"`
}

func (a *app) runInventory(ctx context.Context, count bool) error {
	log := a.logger()
	l, unreached, err := a.openLake(ctx, log)
	if err != nil {
		return err
	}
	defer closeLogged(log, "lake", l)
	all, broken, err := a.config.loadSound()
	if err != nil {
		return err
	}
	logBroken(log, broken, "its datasets are not among those that read a source")
	o := lake.InventoryOptions{NoSuccessFile: a.config.NoSuccessFile, Count: count, Fatal: s3.Unreachable}
	var readers []readBy
	for _, m := range all {
		for i := range m.Contracts {
			if c := &m.Contracts[i]; c.Source != "" {
				o.Readers = append(o.Readers, lake.Spec{Dataset: c.Dataset.Unscored(), Source: c.Source, Reading: c.Reading, NoSuccessFile: o.NoSuccessFile})
				readers = append(readers, readBy{m.Name, c.Dataset.Name})
			}
		}
	}
	entries, err := l.Inventory(ctx, o)
	if err != nil {
		return err
	}
	found := inventory{Lake: l.Path(), Unreached: unreached, Sources: make([]listedSource, len(entries))}
	had := map[string]int{} // sources by model
	for i, e := range entries {
		found.Sources[i] = newListedSource(e, readers)
		for _, r := range found.Sources[i].ReadBy {
			had[r.Model]++
		}
	}
	chosen, _ := a.config.choose(all, broken) // nil where none is
	for _, m := range all {
		if m == chosen || readsIt(m, had[m.Name]) {
			continue
		}
		for i := range found.Sources {
			s := &found.Sources[i]
			s.ReadBy = slices.DeleteFunc(s.ReadBy, func(r readBy) bool { return r.Model == m.Name })
		}
	}
	if a.config.JSON {
		return a.printJSON(found)
	}
	if err := a.printInventory(&found); err != nil {
		return err
	}
	if built, err := l.HoldsBuilt(ctx); err != nil || !built {
		return err
	}
	a.printf("\nThe folder gold in it is the gold of a build: publish and up take it as the lake, %s.\n", shellWord(below(l.Path(), string(builder.Gold))))
	return nil
}

func newListedSource(e *lake.Entry, readers []readBy) listedSource {
	entry := listedSource{
		Name: e.Name, Format: e.Format, Compression: e.Compression, Folder: e.Folder, Partitions: e.Partitions, Version: e.Version,
		Files: e.Files, Bytes: e.Bytes, ReadBy: []readBy{}, Problem: e.Problem,
	}
	if e.Rows >= 0 {
		entry.Rows = &e.Rows
	}
	if !e.Changed.IsZero() {
		entry.Changed = new(e.Changed.UTC().Truncate(time.Second))
	}
	for _, r := range e.Readers {
		entry.ReadBy = append(entry.ReadBy, readers[r])
	}
	return entry
}

func (a *app) printInventory(found *inventory) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	text := []byte("SOURCE\tFORMAT\tVERSION\tFILES\tSIZE\tROWS\tCHANGED\tREAD BY\n")
	var unread []string
	uncounted := 0
	for i := range found.Sources {
		s := &found.Sources[i]
		rows, changed, names := "?", "?", make([]string, len(s.ReadBy))
		switch {
		case s.Rows != nil:
			rows = strconv.FormatInt(*s.Rows, 10)
		case s.Problem == nil:
			uncounted++
		}
		if s.Changed != nil {
			changed = s.Changed.Format(time.RFC3339)
		}
		for i, r := range s.ReadBy {
			names[i] = r.Model + "." + r.Dataset
		}
		text = fmt.Appendf(text, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", gold.Visible(s.Name), s.formatText(), s.Version, s.Files,
			gold.RoundedBytes(s.Bytes), rows, changed, strings.Join(names, ", "))
		if s.Problem != nil {
			unread = append(unread, s.Problem.String())
		}
	}
	if len(found.Sources) == 0 {
		a.printf("%s holds no file\n", found.Lake)
		return nil
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if uncounted > 0 {
		a.printf("\nRows of text files (?) are unknown: --count counts them.\n")
	}
	if len(unread) > 0 {
		a.printf("\n%d of %s can't be read:\n", len(unread), gold.Counted(len(found.Sources), "source"))
	}
	for _, line := range unread {
		a.printf("  %s\n", line)
	}
	return nil
}

// formatText names a format for people, with what files lie around it.
func (s *listedSource) formatText() string {
	text := s.Format
	if text == "" {
		text = "?"
	}
	if s.Compression != "" {
		text += ", " + s.Compression
	}
	switch {
	case len(s.Partitions) > 3:
		text += fmt.Sprintf(" by %s, %s and %d more", s.Partitions[0], s.Partitions[1], len(s.Partitions)-2)
	case len(s.Partitions) > 0:
		text += " by " + strings.Join(s.Partitions, ", ")
	case s.Folder && s.Problem == nil && s.Format != string(gold.Delta) && s.Format != string(gold.Iceberg):
		text += " folder"
	}
	return gold.Visible(text)
}
