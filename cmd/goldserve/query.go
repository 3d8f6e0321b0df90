package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
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
)

// queryFlags are what query asks. They are no settings: no variable or file holds them.
type queryFlags struct {
	where                  []string
	sort, fields, limit    string
	groupBy, measures      string
	release, asOf          string
	format, dialect, count string
	output                 string
	explain                bool
}

// tableFormat is the format for people; the others are those of HTTP.
const tableFormat = "table"

// queryTime bounds a question: nobody waits behind it but the one who asks.
const queryTime = 5 * time.Minute

func (a *app) query() *cobra.Command {
	q := &queryFlags{}
	cmd := &cobra.Command{
		Use:   "query DATASET",
		Short: "Ask a dataset from the command line",
		Long: `query asks the store what the API would be asked, in the same words: filters, operators and errors are those of HTTP.
DATASET is the name of one, or a path of the API such as /kpis. With --group-by or --measures it is aggregated.

On a terminal the answer is a table; elsewhere it is CSV, or JSON where it isn't rows. --output writes a file, whole or not at all, in the format that
its name ends with. As over HTTP a file or CSV is whole unless --limit cuts it, while a table or JSON without --limit has
the first rows; what is left out is said on standard error, and --limit 0 gives everything. Exit codes: 2 the question can't be asked, 3 there is no such dataset, release or
row, or nothing is published, 4 the store can't be reached.`,
		Example: `  goldserve query orders --where country=France --sort -amount --fields id,amount --limit 20
  goldserve query orders --where day__gte=2025 --group-by day.month,country --measures 'total:sum(amount),count()'
  goldserve query orders --where country=France -o france.parquet
  goldserve query /kpis`,
		Args:              a.oneDataset,
		ValidArgsFunction: a.completeDatasets,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runQuery(cmd.Context(), args[0], q) },
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
		// The names are those of flags that are there.
		_ = cmd.RegisterFlagCompletionFunc(name, a.completeFields)
	}
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formatWords(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (q *queryFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&q.where, "where", "w", nil, "filter: FIELD=VALUE or FIELD__OPERATOR=VALUE ("+strings.Join(gold.SpelledOps(), " ")+"); may be repeated")
	flags.StringVar(&q.sort, "sort", "", "fields to sort by, such as -a,b")
	flags.StringVar(&q.fields, "fields", "", "fields to show, such as a,b (default: all)")
	flags.StringVar(&q.limit, "limit", "", "most rows of the answer (0: everything; default: the first rows as a table or JSON, else everything)")
	flags.StringVar(&q.groupBy, "group-by", "", "groups, such as a,when.month,amount.bins(0,10,100)")
	flags.StringVar(&q.measures, "measures", "", "measures or metrics, such as total:sum(amount),count()")
	flags.StringVar(&q.count, "count", "", "exact: count all rows, also where that takes a query of its own")
	flags.StringVar(&q.release, "release", "", "number of the release to read (default: the current one)")
	flags.StringVar(&q.asOf, "as-of", "", "read the newest release whose data is not later than this date or instant")
	flags.StringVar(&q.format, "format", "", strings.Join(formatWords(), ", ")+" (default: by --output's name, else table on a terminal, csv elsewhere)")
	flags.StringVar(&q.dialect, "dialect", "", "how CSV is written: "+strings.Join(format.DialectNames(), ", "))
	flags.BoolVar(&q.explain, "explain", false, "say on standard error, or in the JSON's meta.explain, how the answer was found: each rewrite of the question, and why one did not apply")
	flags.StringVarP(&q.output, "output", "o", "", "file to write")
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

// oneDataset checks that a question names what it asks.
func (a *app) oneDataset(cmd *cobra.Command, args []string) error {
	names, _ := a.completeDatasets(cmd, nil, "")
	switch {
	case len(args) == 1:
		return nil
	case len(args) > 1:
		return fmt.Errorf("query asks one dataset, not %d: quote what the shell would split, such as --where 'country=New Zealand'", len(args))
	case len(names) == 0:
		return errors.New("query needs the name of a dataset")
	default:
		return fmt.Errorf("query needs the name of a dataset, such as goldserve query %s --limit 10: expected one of %s", names[0], list(names))
	}
}

// completeFields completes the fields of the dataset that is named.
func (a *app) completeFields(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	var found []string
	for _, c := range a.completed(cmd) {
		if len(args) > 0 && (c.Dataset.Name == args[0] || c.Dataset.Endpoint == args[0]) {
			found = c.Dataset.FieldNames()
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completed returns the contracts of the model that a command line to be completed names; none where it can't be read.
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

// form chooses the format, and checks that it can go where it is to go; "": whatever suits a file.
func (q *queryFlags) form(terminal bool) (string, error) {
	name := q.format
	if suffix := strings.TrimPrefix(filepath.Ext(q.output), "."); name == "" && slices.Contains(formatWords()[1:], suffix) {
		name = suffix
	}
	switch {
	case name == "" && filepath.Ext(q.output) != "":
		return "", usagef("--output is %s: no format is written as %s; expected a name that ends with .%s, or give --format", q.output, filepath.Ext(q.output), strings.Join(formatWords()[1:], ", ."))
	case name == "" && terminal && q.output == "":
		name = tableFormat
	case name == "" && !q.explain:
		return "", nil
	}
	f, known := format.Parse(name)
	if q.explain && (name == "" || known && f != format.JSON) { // csv, or whatever suits a file, holds rows alone
		return "", usagef("--explain needs an answer that can say it: give --format %s or %s", tableFormat, format.JSON)
	}
	switch {
	case name != tableFormat && !known:
		return "", usagef("--format is %q: expected %s", name, strings.Join(formatWords(), ", "))
	case name == tableFormat && q.output != "":
		return "", usagef("a table is for people to read at once: give --format or a name such as %s.csv", q.output)
	case terminal && q.output == "" && (f == format.Arrow || f == format.Parquet || f == format.XLSX) && name != tableFormat:
		return "", usagef("%s is no text for a terminal: give --output FILE", name)
	}
	return name, nil
}

// target returns the URL that asks the question.
func (q *queryFlags) target(model, dataset, form string) (string, error) {
	path := dataset
	switch {
	case strings.HasPrefix(dataset, "/"):
	case q.groupBy != "" || q.measures != "":
		path = "/datasets/" + url.PathEscape(dataset) + "/aggregate"
	default:
		path = "/datasets/" + url.PathEscape(dataset) + "/rows"
	}
	var pairs []string
	add := func(name, value string) { pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(value)) }
	for _, filter := range q.where {
		name, value, ok := strings.Cut(filter, "=")
		if !ok || name == "" {
			return "", usagef("--where is %q: expected FIELD=VALUE or FIELD__OPERATOR=VALUE, such as price__gte=10", filter)
		}
		add(name, value)
	}
	for _, p := range [][2]string{
		{"group_by", q.groupBy},
		{"measures", q.measures},
		{"sort", q.sort},
		{"fields", q.fields},
		{"limit", q.limit},
		{"count", q.count},
		{"release", q.release},
		{"as_of", q.asOf},
		{"dialect", q.dialect},
	} {
		if p[1] != "" {
			add(p[0], p[1])
		}
	}
	if q.explain {
		add("explain", "true")
	}
	switch form {
	case "":
	case tableFormat:
		add("format", format.JSON.String())
	default:
		add("format", form)
	}
	return "/m/" + url.PathEscape(model) + path + "?" + strings.Join(pairs, "&"), nil
}

func (a *app) runQuery(ctx context.Context, dataset string, q *queryFlags) error {
	terminal := isTerminal(a.stdout)
	form, err := q.form(terminal)
	if err != nil {
		return err
	}
	model, err := a.config.chosenModel(nil)
	if err != nil {
		return err
	}
	target, err := q.target(model.Name, dataset, form)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	store, err := a.openExisting(ctx, log, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	timeout := queryTime
	if a.config.origins["request-timeout"] != "" {
		timeout = a.config.RequestTimeout
	}
	server, err := api.New(api.Config{
		Reader: store, Models: []gold.Model{model.Model}, DefaultModel: model.Name, Version: programVersion(),
		Timeout: timeout, CacheSize: -1, StaleMax: -1, Logger: log,
	})
	if err != nil {
		return err
	}
	e := &engine{server.Handler()}
	if form == tableFormat {
		for _, c := range model.Contracts {
			if c.Dataset.Endpoint != "" && c.Dataset.Endpoint == dataset {
				dataset = c.Dataset.Name
			}
		}
		return a.printTable(ctx, e, model.Name, dataset, target)
	}
	if err := a.deliver(ctx, e, target, q.output); err != nil || len(q.where) == 0 || form == format.JSON.String() {
		return err
	}
	return a.tellHints(ctx, e, q, model.Name, dataset)
}

// tellHints says on standard error which values nobody has, where that is why an answer without meta has no rows.
func (a *app) tellHints(ctx context.Context, e *engine, q *queryFlags, model, dataset string) error {
	same := *q
	same.limit, same.dialect = "1", ""
	target, err := same.target(model, dataset, format.JSON.String())
	if err != nil {
		return err
	}
	var body bytes.Buffer
	var answer struct{ Meta struct{ Hints hints } }
	if _, err := e.ask(ctx, target, &body); err != nil || json.Unmarshal(body.Bytes(), &answer) != nil {
		return nil //nolint:nilerr // the answer itself is there
	}
	answer.Meta.Hints.print(a.stderr)
	return nil
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && cwriter.IsTerminal(int(file.Fd()))
}

// deliver writes the body of an answer to standard output, or to a file that takes its name once it is whole.
func (a *app) deliver(ctx context.Context, e *engine, target, output string) error {
	if output == "" {
		h, err := e.ask(ctx, target, a.stdout)
		if err == nil {
			a.tellOfMore(h)
		}
		return err
	}
	part, err := os.OpenFile(output+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) // #nosec G302 -- as any file that the user makes: the umask decides
	if err != nil {
		return usagef("--output: %w", err)
	}
	h, err := e.ask(ctx, target, part)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err == nil {
		err = os.Rename(part.Name(), output)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	a.tellOfMore(h)
	return nil
}

// tellOfMore says that an answer was cut.
func (a *app) tellOfMore(h http.Header) {
	if strings.HasSuffix(h.Get("Link"), `rel="next"`) {
		_, _ = fmt.Fprintln(a.stderr, "there are more rows: --limit 0 gives everything")
	}
}

// engine asks the API without a network.
type engine struct{ handler http.Handler }

// ask asks for a URL, and copies the body of an answer to a writer. An answer that is a problem is an error.
func (e *engine) ask(ctx context.Context, target string, to io.Writer) (h http.Header, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, usagef("%s is no path of the API: %w", target, err)
	}
	request.RequestURI = target
	request.Header.Set("Accept", "text/csv, application/json;q=0.5") // where the URL doesn't say
	d := &delivery{header: http.Header{}, to: to}
	defer func() {
		if v := recover(); v == http.ErrAbortHandler { //nolint:errorlint // a panic's value, which net/http compares so too
			err = cmp.Or(d.err, error(gold.Errorf(gold.Internal, gold.CodeInternal, "the answer broke off: the log above says why")))
		} else if v != nil {
			panic(v)
		}
	}()
	e.handler.ServeHTTP(d, request)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case d.status >= http.StatusBadRequest:
		return nil, d.problem()
	default:
		return d.header, d.err
	}
}

// delivery is a ResponseWriter that hands a body on, and keeps a problem's.
type delivery struct {
	header http.Header
	status int
	to     io.Writer
	kept   bytes.Buffer
	err    error // of the first write that failed
}

// Header implements http.ResponseWriter.
func (d *delivery) Header() http.Header { return d.header }

// WriteHeader implements http.ResponseWriter.
func (d *delivery) WriteHeader(status int) { d.status = status }

func (d *delivery) Write(p []byte) (int, error) {
	if d.status >= http.StatusBadRequest {
		return d.kept.Write(p)
	}
	n, err := d.to.Write(p)
	d.err = cmp.Or(d.err, err)
	return n, err
}

// problem turns an error body back into the error that it is of.
func (d *delivery) problem() error {
	var p struct {
		Code   gold.Code
		Detail string
		Errors []gold.Problem
	}
	if err := json.Unmarshal(d.kept.Bytes(), &p); err != nil {
		return fmt.Errorf("read an error: %w", err)
	}
	e := &gold.Error{Kind: kindOf(d.status, p.Code), Code: p.Code, Message: p.Detail, Problems: p.Errors}
	if e.Kind == gold.Invalid {
		return usageError{e}
	}
	return e
}

// kindOf returns the kind of error that the API answers with a status.
func kindOf(status int, code gold.Code) gold.ErrorKind {
	switch {
	case status == http.StatusNotFound:
		return gold.NotFound
	case status == http.StatusGone:
		return gold.Gone
	case code == gold.CodeDatasetEmpty, code == gold.CodeNoRelease:
		return gold.Empty
	case code == gold.CodeOverloaded:
		return gold.Overloaded
	case status == http.StatusServiceUnavailable:
		return gold.Unavailable
	case status == http.StatusGatewayTimeout:
		return gold.Timeout
	case status < http.StatusInternalServerError:
		return gold.Invalid
	default:
		return gold.Internal
	}
}
