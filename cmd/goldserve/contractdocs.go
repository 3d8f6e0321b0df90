package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"goldserve/gold/reference"
)

func (a *app) contractDocs() *cobra.Command {
	out := ""
	cmd := &cobra.Command{
		Use:   "docs",
		Short: "Write a page of Markdown for each dataset of a model",
		Long: `docs writes a page of Markdown for each dataset of a model, and an index: fields with types, units, labels and descriptions,
the key, endpoints, filters, metrics, quality rules and relationships. No page holds a value of personal data.

With --out it writes README.md, the index, and datasets/NAME.md into a folder; otherwise all of them go to standard output as one
page, with links within it.`,
		Example: `  goldserve contracts docs --out ./docs/model
  goldserve contracts docs --models ./models --model shop --out ./docs/shop`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.writePages(out) },
	}
	a.config.modelSettings.flags(cmd.Flags())
	cmd.Flags().StringVar(&out, "out", "", "folder to write the pages into (default: standard output)")
	return cmd
}

func (a *app) writePages(out string) error {
	m, err := a.config.chosenModel(nil)
	if err != nil {
		return err
	}
	if out == "" {
		a.printf("%s", reference.OnePage(m))
		return nil
	}
	for _, page := range reference.Pages(m) {
		if err := a.writeFile(filepath.Join(out, filepath.FromSlash(page.Path)), []byte(page.Text)); err != nil {
			return err
		}
	}
	return nil
}
