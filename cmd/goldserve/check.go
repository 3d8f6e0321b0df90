package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/publisher"
)

func (a *app) check() *cobra.Command {
	var ask lakeRequest
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check a lake's files against their contracts, without a store",
		Long: `check reads every file of a lake as publish does and checks schemas, values, keys and rules. It computes derived datasets
in memory and checks them too. Run it in your data team's CI: the exit code is 3 if a publish would be refused.

Checks against the current release (a dataset that shrinks, a type that changes) need a store: use publish --dry-run.`,
		Example: `  goldserve check --lake ./gold
  goldserve check --lake ./gold --manifest manifest.json
  goldserve check --lake ./gold --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runCheck(cmd.Context(), ask) },
	}
	flags := cmd.Flags()
	a.config.modelSettings.flags(flags)
	a.config.lakeSettings.flags(flags)
	ask.flags(flags)
	a.setting(flags, "memory")
	a.setting(flags, "json").Usage = "print every result as JSON"
	return cmd
}

func (a *app) runCheck(ctx context.Context, ask lakeRequest) error {
	log, endProgress := a.startProgress(false)
	defer endProgress()
	request, err := a.request(ctx, log, ask)
	if err != nil {
		return err
	}
	defer closeLogged(log, "lake", request.Lake)
	p, err := a.publisher(log, nil)
	if err != nil {
		return err
	}
	done, err := p.Check(ctx, *request)
	endProgress()
	return errors.Join(a.printChecked(request.Model.Name, done, err), err)
}

// checked is the result of check --json.
type checked struct {
	Rows map[string]int64 `json:"rows"`
	judged
	Problems []gold.Problem `json:"problems"` // why a publish would be refused
}

// printChecked prints the broken rules, and how many rules hold; done is nil if the files can't be opened.
func (a *app) printChecked(model string, done *publisher.Checked, refused error) error {
	if a.config.JSON {
		if done == nil {
			done = &publisher.Checked{Rows: map[string]int64{}}
		}
		out := checked{Rows: done.Rows, judged: judge(done.Results), Problems: []gold.Problem{}}
		if refused != nil {
			out.Problems = failure(refused).Problems
		}
		return a.printJSON(out)
	}
	if done == nil {
		return nil
	}
	return a.printQuality(model, judge(done.Results), done.Judged)
}
