package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/diff"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
)

// diffFlags are the options of diff.
type diffFlags struct {
	from, to int64
	dataset  string
	limit    int64
}

func (a *app) diff() *cobra.Command {
	f := &diffFlags{}
	cmd := &cobra.Command{
		Use:   "diff RELEASE RELEASE",
		Short: "Show what differs between two releases",
		Long: `diff compares two releases: their key figures, and for each dataset how many rows were added, removed and changed.
With --dataset it lists those rows.

Rows are matched by the dataset's key. If it has none, or the key differs between the releases, a changed row counts as one
removed and one added. Masked fields are not compared.

Exit codes: 3 unknown or pruned release, unknown dataset, 4 store unreachable.`,
		Example: `  goldserve diff 11 12
  goldserve diff 11 12 --dataset orders
  goldserve diff 11 12 --dataset orders --limit 0 --json`,
		Args: func(_ *cobra.Command, args []string) (err error) {
			if len(args) != 2 {
				return usagef("diff takes two release numbers, as goldserve releases lists them")
			}
			if f.from, err = releaseNumber("diff", args[0]); err == nil {
				f.to, err = releaseNumber("diff", args[1])
			}
			return err
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return a.completeReleases(cmd, args[min(len(args), 1):], true)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runDiff(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	a.config.storeSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	flags.StringVar(&f.dataset, "dataset", "", "dataset whose rows to list")
	flags.Int64Var(&f.limit, "limit", 100, "maximum number of rows to list (0: all)")
	a.setting(flags, "json")
	_ = cmd.RegisterFlagCompletionFunc("dataset", func(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return a.completeDatasets(cmd, nil, word)
	})
	return cmd
}

// compared is two releases that diff compares.
type compared struct {
	reader   gold.Reader
	from, to *query.Catalog
}

func (a *app) runDiff(ctx context.Context, f *diffFlags) error {
	log := a.logger()
	store, err := a.openExisting(ctx, log, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	m, err := a.storedModel(ctx, store)
	if err != nil {
		return err
	}
	engine := query.NewEngine(store, log)
	two := compared{reader: store}
	if two.from, err = engine.Catalog(ctx, &m.Model, gold.Selector{Model: m.Name, Number: f.from}); err != nil {
		return err
	}
	if two.to, err = engine.Catalog(ctx, &m.Model, gold.Selector{Model: m.Name, Number: f.to}); err != nil {
		return err
	}
	if f.dataset != "" {
		return a.diffRows(ctx, &two, f)
	}
	datasets, err := diff.Datasets(ctx, store, two.from.Release, two.to.Release)
	if err != nil {
		return err
	}
	if a.config.JSON {
		return a.printJSON(struct {
			Model string `json:"model"`
			*body.Diff
		}{m.Name, body.NewDiff(two.from, two.to, datasets)})
	}
	return a.printDiff(m, &two, datasets)
}

func (a *app) printDiff(m *contract.Model, two *compared, datasets []diff.Dataset) error {
	from, to := two.from.Release.Number, two.to.Release.Number
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	var text []byte
	if moved := body.Moved(two.from, two.to); len(moved) > 0 {
		text = fmt.Appendf(text, "FIGURE\t%s/%d\t%s/%d\n", m.Name, from, m.Name, to)
		for _, f := range moved {
			mark := ""
			if string(f.From) != string(f.To) {
				mark = "\tmoved"
			}
			text = fmt.Appendf(text, "%s\t%s\t%s%s\n", f.Name, f.From, f.To, mark)
		}
		text = append(text, '\n')
	}
	same := 0
	text = fmt.Appendf(text, "DATASET\tROWS %d\tROWS %d\tADDED\tREMOVED\tCHANGED\tFIELDS\n", from, to)
	for i := range datasets {
		d := &datasets[i]
		if !d.Differs() {
			same++
			continue
		}
		text = fmt.Appendf(text, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", d.Name, rowsOrNone(d.From), rowsOrNone(d.To), d.Added, d.Removed, d.Changed, fieldsText(d))
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.printf("%d of %d datasets are the same\n", same, len(datasets))
	return nil
}

func rowsOrNone(rows *int64) string {
	if rows == nil {
		return "none"
	}
	return strconv.FormatInt(*rows, 10)
}

// fieldsText says which fields of a dataset differ: +added, -removed, ~retyped.
func fieldsText(d *diff.Dataset) string {
	var words []string
	for _, of := range []struct {
		mark  string
		names []string
	}{{"+", d.FieldsAdded}, {"-", d.FieldsRemoved}, {"~", d.FieldsRetyped}} {
		for _, name := range of.names {
			words = append(words, of.mark+name)
		}
	}
	return strings.Join(words, " ")
}

// errListed ends the reading of rows once as many as asked for are listed.
var errListed = errors.New("enough rows are listed")

// diffRows lists the rows of a dataset that differ.
func (a *app) diffRows(ctx context.Context, two *compared, f *diffFlags) error {
	after, err := two.to.Held(f.dataset)
	if err != nil {
		return err
	}
	before := two.from.Release.Version(f.dataset)
	if before == nil {
		return gold.Errorf(gold.NotFound, gold.CodeUnknownDataset, "release %d has no dataset %s, so that all its rows differ", f.from, f.dataset)
	}
	c := diff.New(before, after)
	var rows []diff.Row
	listed := int64(0)
	if a.config.JSON {
		a.printf(`{"dataset":%q,"from":%d,"to":%d,"rows":[`, f.dataset, f.from, f.to)
	}
	_, err = c.Rows(ctx, two.reader, func(r diff.Row) error {
		if f.limit > 0 && listed == f.limit {
			return errListed
		}
		listed++
		if a.config.JSON {
			comma := ","
			if listed == 1 {
				comma = ""
			}
			text, err := json.Marshal(body.NewDiffRow(c, r))
			a.printf("%s\n%s", comma, text)
			return err
		}
		rows = append(rows, r)
		return nil
	})
	more := errors.Is(err, errListed)
	if err != nil && !more {
		return err
	}
	if a.config.JSON {
		a.printf("\n],\"truncated\":%t}\n", more)
		return nil
	}
	a.printf("%s", tableText(diffTable(c, rows), nil))
	_, _ = fmt.Fprintf(a.stderr, "%s listed\n", gold.Counted(listed, "row"))
	if more {
		_, _ = fmt.Fprintln(a.stderr, "and there are more: --limit 0 lists all")
	}
	return nil
}

// diffTable is rows for people: a changed value is both, with an arrow between. Where rows changed, only their keys and the
// fields that changed are shown.
func diffTable(c *diff.Comparison, rows []diff.Row) [][]cell {
	shown := make([]bool, len(c.Fields))
	some := false
	for i := range c.Fields {
		shown[i] = i < len(c.Key)
		for _, r := range rows {
			if r.Kind == diff.Changed && gold.Compare(r.Before[i], r.After[i]) != 0 {
				shown[i], some = true, true
			}
		}
	}
	table := make([][]cell, len(rows))
	for n, r := range rows {
		table[n] = []cell{{name: "change", text: r.Kind.String()}}
		for i := range c.Fields {
			if some && !shown[i] {
				continue
			}
			field := &c.Fields[i]
			of := func(row []gold.Value) cell {
				return newCell(field.Name, format.AppendValue(nil, row[i], field))
			}
			var found cell
			switch {
			case r.Before == nil:
				found = of(r.After)
			case r.After == nil || gold.Compare(r.Before[i], r.After[i]) == 0:
				found = of(r.Before)
			default:
				found = cell{name: field.Name, text: of(r.Before).text + " → " + of(r.After).text}
			}
			table[n] = append(table[n], found)
		}
	}
	return table
}
