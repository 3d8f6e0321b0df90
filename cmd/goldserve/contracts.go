package main

import (
	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/dashboard"
)

func (a *app) contracts() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "contracts",
		Short:   "Check and describe the models' contracts",
		Example: "  goldserve contracts lint --models ./models",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	lint := &cobra.Command{
		Use:   "lint",
		Short: "Check every contract and report every problem with its line",
		Long: `lint checks every contract and reports every problem with its file, line and column.

It also lists the text fields that hold days, weeks, months, quarters or years, and why they are read so: in filters on
these fields, a value such as 2025 in month__lte=2025 means the whole period. And it lists the datasets without a key, in
case one was forgotten: none of their rows is refused for being equal to another.`,
		Example: `  goldserve contracts lint
  goldserve contracts lint --models ./models`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, broken, err := a.config.loadSound()
			if err != nil {
				return err
			}
			for _, m := range all {
				a.printf("%s: %s, no problem\n", m.Name, gold.Counted(len(m.Contracts), "contract"))
				a.printReading(m.Contracts)
				if axis, period := dashboard.Axis(&m.Model); axis != nil && !period {
					a.printf("  %s.%s: the dashboard has no choice of periods (its filters lack gte or lte)\n", m.Facts, axis.Name)
				}
			}
			if len(broken) > 0 {
				return problemsOf(broken)
			}
			return nil
		},
	}
	a.config.modelSettings.flags(lint.Flags())
	cmd.AddCommand(lint, a.contractSchema(), a.contractDocs())
	return cmd
}

// printReading prints which datasets have no key, which texts are read as periods, and what growth compares with.
func (a *app) printReading(contracts []contract.Contract) {
	for i := range contracts {
		d := &contracts[i].Dataset
		if d.Derive != nil && d.Derive.Growth != nil {
			with := "the row before"
			if unit := d.Derive.Growth.Grain.Unit(); unit != gold.NoPeriod {
				with = "the " + unit.String() + " before, null after a gap"
			}
			a.printf("  %s: growth is from %s\n", d.Name, with)
		}
		if d.Keyless() {
			a.printf("  %s: no key (no field has primaryKey: true)\n", d.Name)
		}
		for f := range d.Fields {
			if unit, because := d.PeriodOf(&d.Fields[f]); unit != gold.NoPeriod {
				a.printf("  %s.%s: %ss (%s)\n", d.Name, d.Fields[f].Name, unit, because)
			}
		}
	}
}
