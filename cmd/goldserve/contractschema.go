package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"goldserve/gold/reference"
)

// schemaSuffix ends the names of the files of schemas.
const schemaSuffix = ".schema.json"

func (a *app) contractSchema() *cobra.Command {
	out := ""
	cmd := &cobra.Command{
		Use:   "schema [" + strings.Join(reference.Names(), "|") + "]",
		Short: "Write JSON Schemas of contracts, model.yaml and dashboard.yaml for editors",
		Long: `schema writes a JSON Schema (draft 2020-12) of goldserve's part of contracts, of model.yaml or of dashboard.yaml. Editors with
yaml-language-server use it to complete and check keys. Name it in the first line of a file:

  # yaml-language-server: $schema=../../../.schemas/contract` + schemaSuffix + `

With --out it writes files NAME` + schemaSuffix + ` into a folder, all three unless one is named. goldserve contracts lint checks
more: names of fields and datasets, formulas, and how contracts fit together.`,
		Example: `  goldserve contracts schema contract
  goldserve contracts schema --out .schemas`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: reference.Names(),
		RunE:      func(_ *cobra.Command, args []string) error { return a.writeSchemas(args, out) },
	}
	cmd.Flags().StringVar(&out, "out", "", "folder to write files into (default: standard output)")
	return cmd
}

func (a *app) writeSchemas(args []string, out string) error {
	names := reference.Names()
	if len(args) > 0 {
		names = args
	}
	if reference.Schema(names[0]) == nil {
		return usagef("there is no schema %q: expected one of %s", names[0], strings.Join(reference.Names(), ", "))
	}
	if out == "" {
		if len(names) > 1 {
			return usagef("name one schema, %s, or a folder for all of them by --out", strings.Join(names, ", "))
		}
		a.printf("%s", reference.Schema(names[0]))
		return nil
	}
	for _, name := range names {
		if err := a.writeFile(filepath.Join(out, name+schemaSuffix), reference.Schema(name)); err != nil {
			return err
		}
	}
	return nil
}

// writeFile writes a file that people read, and prints its name.
func (a *app) writeFile(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return usagef("--out: %w", err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		return usagef("--out: %w", err)
	}
	a.printf("%s\n", name)
	return nil
}
