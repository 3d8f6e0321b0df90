package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/lake"
)

func (a *app) manifest() *cobra.Command {
	var (
		ask    lakeRequest
		output string
	)
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Write a manifest of a lake's files: SHA-256, size and rows",
		Long: `manifest writes a JSON file with the path, SHA-256, size and number of rows of each file that the model's datasets read.

Write it where the files are made, as manifest.json beside them, or elsewhere and name it with publish --manifest FILE. Files
that were damaged, lost or added on the way are then refused before they are decoded. Of Delta and Iceberg tables, the files
of the log or the metadata are listed too. A manifest proves that files arrived as they were written, not who wrote them. In
a Parquet file without page checksums, most flipped bits can't be detected otherwise.`,
		Example: `  goldserve manifest --lake ./gold -o ./gold/manifest.json
  goldserve manifest --lake s3://lake/gold -o manifest.json
  goldserve publish --lake ./gold --manifest manifest.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runManifest(cmd.Context(), ask, output) },
	}
	flags := cmd.Flags()
	a.config.modelSettings.flags(flags)
	a.lakeFlags(flags)
	flags.BoolVar(&ask.partial, "partial", false, "leave out datasets whose file is missing")
	a.setting(flags, "no-success-file")
	flags.StringVarP(&output, "output", "o", "", "file to write (default: standard output)")
	return cmd
}

func (a *app) runManifest(ctx context.Context, ask lakeRequest, output string) error {
	log := a.logger()
	a.config.Manifest = "" // the manifest to be written must not be checked
	request, err := a.request(ctx, log, ask)
	if err != nil {
		return err
	}
	defer closeLogged(log, "lake", request.Lake)
	p, err := a.publisher(log, nil)
	if err != nil {
		return err
	}
	m, err := p.Manifest(ctx, *request)
	if err != nil {
		return err
	}
	if output == "" {
		return a.printJSON(m)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		return err
	}
	if err := writeWhole(whole{output, text.Bytes()}); err != nil {
		return usagef("--output: %w", err)
	}
	a.printf("%s: %s\n", output, gold.Counted(len(m.Files), "file"))
	return nil
}

// readManifest reads the file that --manifest names; nil if there is none.
func (c *config) readManifest() (m *lake.Manifest, err error) {
	if c.Manifest == "" {
		return nil, nil
	}
	file, err := os.Open(c.Manifest)
	if err != nil {
		return nil, usagef("%s can't be read: %w", c.origin("manifest"), err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return lake.ReadManifest(c.Manifest, file)
}
