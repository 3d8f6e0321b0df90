package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// ofAQuestion is why the options of query are not settings.
const ofAQuestion = "it would change every query"

// requests are the options of a single run, by their flags, which only flags may set. Each text says what would go
// wrong if a variable or goldserve.yaml set it for all runs.
var requests = func() map[string]string {
	why := map[string]string{
		"rate":           "no file would be produced as fast as the brokers take it",
		"once":           "no stream would go on",
		"accept-loss":    "no stream would say that messages were lost",
		"artifacts":      "every target would be written to one folder",
		"seed":           "every training would draw the same test rows",
		"target":         "every run would learn the same field",
		"as-of":          "every release would claim the same date, however new its files are",
		"dry-run":        "nothing would ever be published or pruned",
		"again":          "every run would publish again what a rollback withdrew",
		"rehash":         "every run would read unchanged files",
		"reload":         "every run would load unchanged files again",
		"allow-breaking": "no run would refuse a change that breaks saved questions",
		"allow-shrink":   "no run would refuse a lake that has lost its rows",
		"partial":        "no run would refuse a lake whose files are missing",
		"infer":          "no run would use written contracts",
		"watch":          "no publish would end",
		"count":          "every look at a lake would read all of its text files",
		"all":            "no run could verify one release",
		"dbt":            "every model would be written as one dbt project has it",
		"dataset":        "every diff would list the rows of one dataset",
		"bronze":         "every build would read one lake's raw files",
		"silver":         "every build would write one lake's cleaned tables",
		"gold":           "every build would write one lake's gold",
		"select":         "no build would build all tables",
		"full":           "every build would build what is up to date",
		"training":       "it is of an export alone",
		"label":          "every training set would have one label",
		"horizon":        "every training set would look equally far ahead",
		"restate":        "no history would ever be frozen",
		"plan":           "nothing would ever be built",
		"out":            "schemas and pages would be written into one folder",
		"set":            "every model's SQL would be given the parameters of one",
		"every":          "no files would be generated once and for all",
		"overwrite":      "every run would replace raw files",
		"engines":        "every benchmark would leave out the others",
		"scale":          "every benchmark would be of one size",
		"runs":           "every benchmark would be as long as one",
		"python":         "it is of a benchmark alone",
		"to":             "the setting of every run is mirror",
		"schema":         "the setting of every run is mirror-schema",
		"language":       "every model's packs would be in the language of one",
		"with-raw":       "every pack would hold copies of raw files",
		"without-sql":    "every pack would lack the model's SQL",
	}
	var question pflag.FlagSet
	(&queryFlags{}).add(&question)
	question.VisitAll(func(f *pflag.Flag) {
		if why[f.Name] == "" {
			why[f.Name] = ofAQuestion
		}
	})
	return why
}()

// requestProblem is the problem of an option of a single run that is set elsewhere: origin says where, as users write
// it.
func requestProblem(cmd *cobra.Command, origin, name string) string {
	var with []string
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.LocalNonPersistentFlags().Lookup(name) != nil {
			with = append(with, c.CommandPath()+" --"+name)
		}
		for _, below := range c.Commands() {
			walk(below)
		}
	}
	walk(cmd.Root())
	slices.Sort(with)
	return fmt.Sprintf("%s would apply to every run, and %s: remove it, and give the flag to a single run: %s", origin, requests[name], strings.Join(with, " or "))
}

// requestVariables returns the problems of variables that set options of a single run.
func requestVariables(cmd *cobra.Command) []string {
	var problems []string
	for name := range requests {
		if variable := variableOf(name); os.Getenv(variable) != "" {
			problems = append(problems, requestProblem(cmd, variable, name))
		}
	}
	slices.Sort(problems)
	return problems
}

// lakeRequest has the options of one run about the lake.
type lakeRequest struct {
	asOf    string
	partial bool
	model   *contract.Model // as it has been read already; nil: request reads it
}

func (r *lakeRequest) flags(flags *pflag.FlagSet) {
	flags.BoolVar(&r.partial, "partial", false, "if a dataset's file is missing, keep the current rows of the dataset and of those derived from it")
	flags.StringVar(&r.asOf, "as-of", "", "date or instant of the data (default: the maximum of the model's asOf field)")
}

// instant parses --as-of: an instant, or a date, which means the end of that day in the model's calendar.
func (r *lakeRequest) instant(c gold.Calendar) (time.Time, error) {
	if r.asOf == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, r.asOf); err == nil && day.Year() > 0 {
		return time.UnixMilli(c.Zone().Start(gold.DayOf(day.UnixMilli())+1) - 1).UTC(), nil
	}
	v, err := c.ParseTime(r.asOf)
	if err != nil {
		return time.Time{}, usagef("--as-of is %q: %w, or a date of the years 0001 to 9999", r.asOf, err)
	}
	return v.Time(), nil
}

// publishRequest has the options of one run of publish.
type publishRequest struct {
	lakeRequest
	dryRun, again, rehash, allowBreaking, allowShrink, infer, restate bool

	reload []string
	watch  time.Duration // between two looks at a lake that is followed; 0: it is published once
}

func (r *publishRequest) flags(flags *pflag.FlagSet) {
	r.lakeRequest.flags(flags)
	flags.BoolVar(&r.dryRun, "dry-run", false, "show what would happen to each dataset and why, and write nothing")
	flags.BoolVar(&r.again, "again", false, "publish content that a rollback withdrew")
	flags.BoolVar(&r.rehash, "rehash", false, "read every file, even if its size and times show that it has not changed")
	flags.BoolVar(&r.restate, "restate", false, restateUsage)
	flags.StringSliceVar(&r.reload, "reload", nil, "datasets to load again although the store has them, for instance because verify found damage")
	flags.BoolVar(&r.allowBreaking, "allow-breaking", false, "let fields of the BI database change their type")
	flags.BoolVar(&r.infer, "infer", false, "infer the contracts from the files, as up does, in place of written ones")
	flags.DurationVar(&r.watch, "watch", 0, "follow the lake: look at it this often, such as 5s, and publish what changed, until a signal ends it")
	flags.BoolVar(&r.allowShrink, "allow-shrink", false, "let a dataset become empty or lose half of its rows or more")
}
