package main

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// oneRun is what one run is asked for, beside the settings, which hold for every run. Flags alone say it: why says what
// would go wrong if a variable or goldserve.yaml said it for all runs.
type oneRun struct {
	AsOf          string   `koanf:"as-of" why:"every release would claim the same date, however new its files are"`
	DryRun        bool     `koanf:"dry-run" why:"nothing would ever be published or pruned"`
	Again         bool     `koanf:"again" why:"every run would publish again what a rollback has withdrawn"`
	Reload        []string `koanf:"reload" why:"every run would load files again that have not changed"`
	AllowBreaking bool     `koanf:"allow-breaking" why:"no run would refuse a change that breaks saved questions"`
	AllowShrink   bool     `koanf:"allow-shrink" why:"no run would refuse a lake that has lost its rows"`
	Partial       bool     `koanf:"partial" why:"no run would refuse a lake whose files are missing"`
	All           bool     `koanf:"all" why:"no run could verify one release"`
}

// ofAQuestion is why the flags of query are no settings.
const ofAQuestion = "every question would be changed by it"

// requests has what one run is asked for, as flags spell it, and why it is no setting.
var requests = func() map[string]string {
	why := map[string]string{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[oneRun]()) {
		why[f.Tag.Get("koanf")] = f.Tag.Get("why")
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

// requestProblem is the problem of a request where only settings may stand: origin says where, as people write it.
func requestProblem(cmd *cobra.Command, origin, name string) string {
	var with []string
	for _, c := range cmd.Root().Commands() {
		if c.LocalNonPersistentFlags().Lookup(name) != nil {
			with = append(with, "goldserve "+c.Name()+" --"+name)
		}
	}
	slices.Sort(with)
	return fmt.Sprintf("%s would hold for every run, and %s: leave it out, and give the run that means it %s", origin, requests[name], strings.Join(with, " or "))
}

// requestVariables returns the problems of variables that ask for what only flags may.
func requestVariables(cmd *cobra.Command) []string {
	var problems []string
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if key := settingOf(name); requests[key] != "" && value != "" {
			problems = append(problems, requestProblem(cmd, name, key))
		}
	}
	slices.Sort(problems)
	return problems
}

// settingOf returns the setting, or the request, that a variable names as flags spell it: GOLDSERVE_CACHE_SIZE is
// cache-size; "" for a variable that is not goldserve's.
func settingOf(variable string) string {
	name, ours := strings.CutPrefix(variable, envPrefix)
	if !ours {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}
