package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/publisher"
)

func (a *app) check() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Hold a lake's files against their contracts, without any store",
		Long: `check reads every file of a lake as publish would, and evaluates schemas, values, keys and rules: what a data team's CI
runs. Rules of derived datasets are evaluated by publish. It ends with exit code 3 where a publish would be refused.`,
		Example: `  goldserve check --lake ./gold
  goldserve check --lake ./gold --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runCheck(cmd.Context()) },
	}
	flags := cmd.Flags()
	modelFlags(flags)
	lakeFlags(flags)
	flags.Int64("memory", 1<<30, "bytes that values held for uniqueness may take")
	flags.Bool("json", false, "print every result as JSON")
	return cmd
}

func (a *app) runCheck(ctx context.Context) error {
	log := a.logger()
	request, err := a.request(log)
	if err != nil {
		return err
	}
	defer closeLogged(log, "lake", request.Lake)
	key, err := a.config.hmacKey()
	if err != nil {
		return err
	}
	checked, err := publisher.New(publisher.Config{Logger: log, Memory: a.config.Memory, HMACKey: key}).Check(ctx, *request)
	if checked == nil {
		return err
	}
	return errors.Join(a.printChecked(request.Model.Name, checked), err)
}

// ruled is one result of check --json.
type ruled struct {
	Rows    map[string]int64  `json:"rows"`
	Kept    int               `json:"kept"`
	Rules   int               `json:"rules"`
	Results []gold.RuleResult `json:"results"`
}

// printChecked prints the rules that were not kept, and how many were.
func (a *app) printChecked(model string, c *publisher.Checked) error {
	kept := 0
	for _, r := range c.Results {
		if r.Passed {
			kept++
		}
	}
	if a.config.JSON {
		return a.printJSON(ruled{c.Rows, kept, len(c.Results), append([]gold.RuleResult{}, c.Results...)})
	}
	if kept < len(c.Results) {
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		text := []byte("DATASET\tRULE\tSEVERITY\tROWS\tEXAMPLES\n")
		for _, r := range c.Results {
			if !r.Passed {
				text = fmt.Appendf(text, "%s\t%s\t%s\t%d\t%s\n", r.Dataset, r.Rule, r.Severity, r.Failing, strings.Join(r.Examples, "; "))
			}
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	a.printf("%s: %d of %d rules kept in %d files\n", model, kept, len(c.Results), len(c.Rows))
	return nil
}
