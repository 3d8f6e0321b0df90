package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/vbauerster/mpb/v8/cwriter"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/format"
	"goldserve/gold/query"
	"goldserve/gold/query/body"
	"goldserve/gold/query/param"
)

// queryFlags are the options of query. They are not settings: variables and the file can't set them.
type queryFlags struct {
	where                  []string
	sort, fields, limit    string
	groupBy, measures      string
	release, asOf          string
	format, dialect, count string
	output, file           string
	explain                bool
	asked                  []param.Pair // of file
}

// tableFormat is the format for people; the others are those of HTTP.
const tableFormat = "table"

// queryTime is the time limit of a query: only its user waits for it.
const queryTime = 5 * time.Minute

func (a *app) query() *cobra.Command {
	q := &queryFlags{}
	cmd := &cobra.Command{
		Use:   "query [DATASET]",
		Short: "Query a dataset from the command line",
		Long: `query reads from the store directly, without a server. Filters, operators and errors are the same as over HTTP.
DATASET is the name of a dataset, or a path of the API such as /kpis. With --group-by or --measures it is aggregated.

--where filters must all hold; 'or=(country=France,amount__gte=100)', and(…) and not(…) connect others. --file reads the whole
query, or a part of it, from a JSON file as POST /query takes it: its members are the API's parameters, and dataset.

Output is a table on a terminal, otherwise CSV, or JSON if the answer isn't rows. --output writes a file in the format of
its suffix; the file is complete or not written at all.

A table or JSON shows only the first rows unless --limit is given, and standard error says how many are left out; a file
or CSV has all rows. --limit 0 returns all rows in every format.

Exit codes: 2 invalid query, 3 unknown dataset, release or row, or nothing published yet, 4 store unreachable.`,
		Example: `  goldserve query orders --where country=France --sort -amount --fields id,amount --limit 20
  goldserve query orders --where day__gte=2025 --group-by day.month,country --measures 'total:sum(amount),count()'
  goldserve query orders --where country=France -o france.parquet
  goldserve query --file question.json
  goldserve query /kpis`,
		Args:              func(cmd *cobra.Command, args []string) error { return a.oneDataset(cmd, args, q.file != "") },
		ValidArgsFunction: a.completeDatasets,
		RunE: func(cmd *cobra.Command, args []string) error {
			dataset, err := q.takeFile(cmd, args)
			if err != nil {
				return err
			}
			return a.runQuery(cmd.Context(), dataset, q)
		},
	}
	help := cmd.HelpFunc()
	cmd.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		help(cmd, args)
		if names, _ := a.completeDatasets(cmd, nil, ""); len(names) > 0 {
			a.printf("\nDatasets of this model: %s\n", list(names))
		}
	})
	a.config.storeSettings.flags(cmd.Flags())
	a.config.modelSettings.flags(cmd.Flags())
	q.add(cmd.Flags())
	for _, name := range []string{"where", "sort", "fields", "group-by"} {
		// The names are those of existing flags.
		_ = cmd.RegisterFlagCompletionFunc(name, a.completeFields)
	}
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatWords(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (q *queryFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&q.where, "where", "w", nil, "filter: FIELD=VALUE or FIELD__OPERATOR=VALUE ("+strings.Join(gold.SpelledOps(), " ")+"); may be repeated")
	flags.StringVar(&q.sort, "sort", "", "fields to sort by, such as -a,b")
	flags.StringVar(&q.fields, "fields", "", "fields to show, such as a,b (default: all)")
	flags.StringVar(&q.limit, "limit", "", "maximum number of rows (0: all; default: the first rows in a table or JSON, else all)")
	flags.StringVar(&q.groupBy, "group-by", "", "groups, such as a,when.month,amount.bins(0,10,100); times by hour, day, week, month, quarter, year, fiscal_quarter or fiscal_year in the model's time zone, or by age(other,30d) or age(other,month): whole periods since another date")
	flags.StringVar(&q.measures, "measures", "", "measures or metrics, such as total:sum(amount),count()")
	flags.StringVar(&q.count, "count", "", "exact: count all rows, even if that takes a query of its own")
	flags.StringVar(&q.release, "release", "", "number of the release to read (default: the current one)")
	flags.StringVar(&q.asOf, "as-of", "", "read the newest release whose as_of is at or before this date or instant")
	flags.StringVar(&q.format, "format", "", strings.Join(formatWords(), ", ")+" (default: the suffix of --output, else table on a terminal and csv elsewhere)")
	flags.StringVar(&q.dialect, "dialect", "", "dialect of CSV: "+strings.Join(format.DialectNames(), ", "))
	flags.BoolVar(&q.explain, "explain", false, "show how the answer was computed: each rewrite of the query, and why it did not apply (on standard error, or meta.explain of JSON)")
	flags.StringVarP(&q.output, "output", "o", "", "file to write")
	flags.StringVar(&q.file, "file", "", `JSON file with the query, such as {"dataset": "orders", "country__in": ["France", "Spain"]}; - is standard input`)
}

func formatWords() []string {
	words := []string{tableFormat}
	for _, f := range format.All() {
		words = append(words, f.String())
	}
	return words
}

// completeDatasets completes the names of datasets by the contracts on disk.
func (a *app) completeDatasets(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []string
	for _, c := range a.completed(cmd) {
		found = append(found, c.Dataset.Name)
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// oneDataset checks the command's argument, which a file may stand in for.
func (a *app) oneDataset(cmd *cobra.Command, args []string, file bool) error {
	names, _ := a.completeDatasets(cmd, nil, "")
	switch {
	case len(args) == 1, file && len(args) == 0:
		return nil
	case len(args) > 1:
		return fmt.Errorf("query takes one dataset, not %d: quote what the shell would split, such as --where 'country=New Zealand'", len(args))
	case len(names) == 0:
		return errors.New("query needs the name of a dataset")
	default:
		return fmt.Errorf("query needs the name of a dataset, such as goldserve query %s --limit 10: expected one of %s", names[0], list(names))
	}
}

// completeFields completes the fields of the dataset on the command line.
func (a *app) completeFields(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var found []string
	for _, c := range a.completed(cmd) {
		if len(args) > 0 && (c.Dataset.Name == args[0] || c.Dataset.Endpoint == args[0]) {
			found = c.Dataset.FieldNames()
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completed returns the contracts of the model on a command line to be completed; none if it can't be read.
func (a *app) completed(cmd *cobra.Command) []contract.Contract {
	if a.load(cmd) != nil {
		return nil
	}
	m, err := a.config.chosenModel(nil)
	if err != nil {
		return nil
	}
	return m.Contracts
}

// form chooses the format, and checks that it suits its destination; "": the format that suits a file.
func (q *queryFlags) form(terminal bool) (string, error) {
	name := q.format
	if suffix := strings.TrimPrefix(filepath.Ext(q.output), "."); name == "" && slices.Contains(formatWords()[1:], suffix) {
		name = suffix
	}
	switch {
	case name == "" && filepath.Ext(q.output) != "":
		return "", usagef("--output is %s: no format has the suffix %s; expected a name that ends with .%s, or give --format", q.output, filepath.Ext(q.output), strings.Join(formatWords()[1:], ", ."))
	case name == "" && terminal && q.output == "":
		name = tableFormat
	case name == "" && !q.explain:
		return "", nil
	}
	f, known := format.Parse(name)
	if q.explain && (name == "" || known && f != format.JSON) { // csv, or what suits a file, has rows only
		return "", usagef("--explain needs a table or JSON: give --format %s or %s", tableFormat, format.JSON)
	}
	switch {
	case name != tableFormat && !known:
		return "", usagef("--format is %q: expected %s", name, strings.Join(formatWords(), ", "))
	case name == tableFormat && q.output != "":
		return "", usagef("a table can't be written to a file: give --format, or a name such as %s.csv", q.output)
	case terminal && q.output == "" && f.Binary() && name != tableFormat:
		return "", usagef("%s is binary: give --output FILE", name)
	}
	return name, nil
}

// path returns the API's path of the query.
func (q *queryFlags) path(dataset string) string {
	switch {
	case strings.HasPrefix(dataset, "/"):
		return dataset
	case q.grouped():
		return "/datasets/" + url.PathEscape(dataset) + "/aggregate"
	default:
		return "/datasets/" + url.PathEscape(dataset) + "/rows"
	}
}

// pairs returns the query's parameters.
func (q *queryFlags) pairs(form string) ([]param.Pair, error) {
	pairs := slices.Clone(q.asked)
	for _, filter := range q.where {
		name, value, ok := strings.Cut(filter, "=")
		if !ok || name == "" {
			return nil, usagef("--where is %q: expected FIELD=VALUE or FIELD__OPERATOR=VALUE, such as price__gte=10", filter)
		}
		pairs = append(pairs, param.Pair{Name: name, Value: value})
	}
	explain := ""
	if q.explain {
		explain = "true"
	}
	if form == tableFormat {
		form = format.JSON.String() // the same number of rows, and the same meta
	}
	for _, p := range []param.Pair{
		{Name: "group_by", Value: q.groupBy},
		{Name: "measures", Value: q.measures},
		{Name: "sort", Value: q.sort},
		{Name: "fields", Value: q.fields},
		{Name: "limit", Value: q.limit},
		{Name: "count", Value: q.count},
		{Name: "release", Value: q.release},
		{Name: "as_of", Value: q.asOf},
		{Name: "dialect", Value: q.dialect},
		{Name: "explain", Value: explain},
		{Name: "format", Value: form},
	} {
		if p.Value != "" {
			pairs = append(pairs, p)
		}
	}
	return pairs, nil
}

func (a *app) runQuery(ctx context.Context, dataset string, q *queryFlags) error {
	form, err := q.form(isTerminal(a.stdout))
	if err != nil {
		return err
	}
	pairs, err := q.pairs(form)
	if err != nil {
		return err
	}
	s, err := a.openStored(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	ctx, cancel := context.WithTimeout(ctx, a.queryTime(form))
	defer cancel()
	asked, err := newQuestion(ctx, query.NewEngine(s.Store, s.log), &s.model.Model, q.path(dataset), pairs)
	switch {
	case err != nil:
	case asked == nil:
		err = a.printPage(ctx, q, form, api.Config{
			Reader: s.Store, Models: []gold.Model{s.model.Model}, DefaultModel: s.model.Name, Version: programVersion(), CacheSize: -1, StaleMax: -1, Logger: s.log,
		}, modelPath(&s.model.Model, q.path(dataset))+"?"+param.EncodePairs(pairs))
	case form == tableFormat:
		err = a.printTable(ctx, asked)
	default:
		err = a.deliver(ctx, asked, q.output, form != format.JSON.String())
	}
	return refusal(ctx, err)
}

// queryTime is the time limit of a query: --request-timeout, except for files, which are read to their end.
func (a *app) queryTime(form string) time.Duration {
	switch {
	case a.config.origins["request-timeout"] == "":
		return queryTime
	case form == tableFormat || form == format.JSON.String():
		return a.config.RequestTimeout
	default:
		return max(queryTime, a.config.RequestTimeout)
	}
}

// refusal returns a query's error for the command line: an invalid query is a usage error, and for an unknown release
// the store's message is enough.
func refusal(ctx context.Context, err error) error {
	e, ok := errors.AsType[*gold.Error](err)
	switch {
	case err == nil || errors.Is(ctx.Err(), context.Canceled):
		return cmp.Or(context.Cause(ctx), err)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &gold.Error{Kind: gold.Timeout, Code: gold.CodeQueryTimeout, Message: "the answer took too long: ask for less, or filter more", Err: err}
	case !ok || e.Kind == gold.Unavailable || e.Kind == gold.Internal:
		return err
	}
	plain := &gold.Error{Kind: e.Kind, Code: e.Code, Message: e.Message, Problems: e.Problems}
	if _, usage := errors.AsType[usageError](err); usage || e.Kind == gold.Invalid {
		return usageError{plain}
	}
	return plain
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && cwriter.IsTerminal(int(file.Fd()))
}

// deliver writes an answer to standard output, or to a file that is renamed when it is complete. Standard error says
// what was left out and, with hints, which values don't occur.
func (a *app) deliver(ctx context.Context, q *question, output string, hints bool) error {
	var m *body.Meta
	err := a.write(output, func(out io.Writer) (err error) {
		m, err = q.writeTo(ctx, out)
		return err
	})
	if err != nil {
		return err
	}
	if m.Truncated {
		a.printMore()
	}
	if hints {
		a.printHints(m)
	}
	return nil
}

// printMore prints that an answer was cut.
func (a *app) printMore() {
	_, _ = fmt.Fprintln(a.stderr, "there are more rows: --limit 0 shows all")
}

// printHints prints which values of a query don't occur.
func (a *app) printHints(m *body.Meta) {
	for _, h := range m.Hints {
		_, _ = fmt.Fprintf(a.stderr, "no row has %s=%s: did you mean %s?\n", param.NameOf(h.Field, h.Op), h.Value, h.DidYouMean)
	}
}
