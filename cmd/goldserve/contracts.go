package main

import (
	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/contract"
)

func (a *app) contracts() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "contracts",
		Short:   "Work with the models' contracts",
		Example: "  goldserve contracts lint --models ./models",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	lint := &cobra.Command{
		Use:   "lint",
		Short: "Check every contract and report every problem with its place",
		Long: `lint checks every contract and reports every problem with its place. It also says which text fields are read as days, weeks,
months, quarters or years, and why: a filter such as month__lte=2025 means the whole period there.`,
		Example: `  goldserve contracts lint
  goldserve contracts lint --models ./models`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, broken, err := a.config.loadSound()
			if err != nil {
				return err
			}
			for _, m := range all {
				a.printf("%s: %d contracts, no problem\n", m.Name, len(m.Contracts))
				a.printPeriods(m.Contracts)
			}
			if len(broken) > 0 {
				return problemsOf(broken)
			}
			return nil
		},
	}
	a.config.modelSettings.flags(lint.Flags())
	cmd.AddCommand(lint)
	return cmd
}

// printPeriods says which texts are read as periods.
func (a *app) printPeriods(contracts []contract.Contract) {
	for i := range contracts {
		d := &contracts[i].Dataset
		for f := range d.Fields {
			if unit, because := d.PeriodOf(&d.Fields[f]); unit != gold.NoPeriod {
				a.printf("  %s.%s: %ss (%s)\n", d.Name, d.Fields[f].Name, unit, because)
			}
		}
	}
}
