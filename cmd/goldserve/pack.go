package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/format"
	"goldserve/gold/lake/object"
	"goldserve/pack"
)

// packFlags are the options of pack. They are not settings: variables and the file can't set them.
type packFlags struct {
	release, output, format, language, bronze string
	withRaw, withoutSQL                       bool
}

func (a *app) pack() *cobra.Command {
	p := &packFlags{}
	cmd := &cobra.Command{
		Use:   "pack [DATASET...]",
		Short: "Pack a release's dataset with its quality report, dictionary and lineage",
		Long: `pack writes a Collection Pack: a ZIP file with the rows of a dataset, a quality report, a data dictionary, the lineage, a manifest with
the SHA-256 of every file, and scripts that fetch the rows of this release.

Without DATASET, it packs the dataset that model.yaml names under pack:, else the model's facts, else its only dataset. The first DATASET
is the pack's main one; further ones go to processed/. The same release gives the same bytes: times and environment are those of the
release.

The pack lists raw files with their hashes. --with-raw copies the files from --lake or --bronze, if they still have these hashes; it is
refused for datasets with personal data.

If a check fails, the pack is still written, with "passed": false, and the exit code is 3.`,
		Example: `  goldserve pack
  goldserve pack orders --release 3 -o orders.zip --format parquet
  goldserve pack --with-raw --lake ./lake
  goldserve pack verify orders.zip`,
		ValidArgsFunction: a.completeDatasets,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.runPack(cmd.Context(), args, p) },
	}
	flags := cmd.Flags()
	a.config.storeSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	a.config.bucketSettings.flags(flags)
	a.setting(flags, "lake").Usage = "folder, or s3://BUCKET/PREFIX, whose bronze has the raw files of --with-raw (default: lake)"
	flags.StringVar(&p.release, "release", "", "number of the release to pack (default: the current one)")
	flags.StringVarP(&p.output, "output", "o", "", "file to write (default: the name under pack: in model.yaml, else MODEL_pack.zip)")
	flags.StringVar(&p.format, "format", "csv", "format of rows: csv or parquet")
	flags.StringVar(&p.language, "language", "", "language of texts: en or fr (default: that of the model's locale, else en)")
	flags.BoolVar(&p.withRaw, "with-raw", false, "copy the raw files that the release was made of")
	flags.StringVar(&p.bronze, "bronze", "", "folder, or s3://BUCKET/PREFIX, of the raw files (default: bronze in the lake)")
	flags.BoolVar(&p.withoutSQL, "without-sql", false, "leave out the model's SQL, which else must be the one that made the release")
	cmd.AddCommand(a.packVerify())
	return cmd
}

func (a *app) packVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE",
		Short: "Check every file of a pack against its manifest",
		Long: `verify reads a pack without extracting it: each file must have the SHA-256 and the size that manifest.json lists, with no file missing or
added. Names that lead out of the pack, links, and compression ratios over 100 are refused.`,
		Example: "  goldserve pack verify orders_pack.zip",
		Args:    cobra.ExactArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.runPackVerify(args[0]) },
	}
}

func (a *app) runPackVerify(name string) error {
	f, err := os.Open(name) // #nosec G304 -- the file that the user names
	if err != nil {
		return usagef("%w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return usagef("%w", err)
	}
	v, err := pack.Verify(f, info.Size())
	if err != nil {
		return err
	}
	a.printf("%s: %s, each as the manifest says\n%s: %s, %s\nmanifest.json  %s\n", name, gold.Counted(v.Files, "file"), gold.Visible(v.RunID), gold.Counted(v.Rows, "row"), checksText(v.Passed, v.Failed), v.Manifest)
	return nil
}

// checksText says whether checks hold, as a manifest has it.
func checksText(passed bool, failed []string) string {
	switch {
	case len(failed) > 0:
		return "checks that fail: " + gold.Visible(list(failed))
	case !passed:
		return "checks fail, and it doesn't say which"
	}
	return "all checks hold"
}

func (a *app) runPack(ctx context.Context, datasets []string, p *packFlags) error {
	as, known := format.Parse(p.format)
	switch {
	case !known || as != format.CSV && as != format.Parquet:
		return usagef("--format is %q: expected csv or parquet", p.format)
	case p.language != "" && !slices.Contains(pack.Languages, p.language):
		return usagef("--language is %q: expected %s", p.language, list(pack.Languages))
	case !p.withRaw && (p.bronze != "" || a.config.origins["lake"] == "--lake"):
		return usagef("--lake and --bronze are for --with-raw: a pack is made from the store")
	}
	selector := gold.Selector{}
	if p.release != "" {
		var err error
		if selector.Number, err = releaseNumber("pack --release", p.release); err != nil {
			return err
		}
	}
	s, err := a.openStored(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	model := s.model
	selector.Model = model.Name
	release, err := s.Resolve(ctx, selector)
	if err != nil {
		return err
	}
	request := pack.Request{
		Release: release, Datasets: datasets, Reader: s.Store, Language: p.language, As: as,
		Personal: personalSource(model), Dropped: droppedFields(model),
	}
	if model.Files != nil && !p.withoutSQL {
		request.SQL = func(name string) ([]byte, error) { return fs.ReadFile(model.Files, path.Join(model.Dir, name)) }
	}
	if p.withRaw {
		raw, err := a.sourceAt(ctx, s.log, stagesOf(p.bronze, model).stage(&a.config, builder.Bronze))
		if err != nil {
			return err
		}
		defer closeLogged(s.log, "bronze", raw)
		request.Raw = func(ctx context.Context, name string) (io.ReadCloser, error) { return openRaw(ctx, raw, name) }
	}
	return a.writePack(ctx, &request, p.output)
}

func (a *app) writePack(ctx context.Context, request *pack.Request, output string) error {
	if output == "" {
		output = pack.FileName(request.Release)
	}
	request.Scratch = filepath.Dir(output)
	var made *pack.Report
	err := a.write(output, func(w io.Writer) (err error) {
		made, err = pack.Make(ctx, *request, w)
		return err
	})
	if err != nil {
		return err
	}
	a.printf("%s: release %d of %s, %s, %s\nmanifest.json  %s\n", output, request.Release.Number, request.Release.Model,
		gold.Counted(made.Rows, "row"), gold.Counted(made.Files, "file"), made.Manifest)
	if !made.Passed {
		return gold.Errorf(gold.Invalid, gold.CodeQualityFailed, "%s is written, with checks that fail: %s", output, list(made.Failed))
	}
	return nil
}

// personalSource says which raw tables of a model have personal data.
func personalSource(m *contract.Model) func(string) bool {
	return func(name string) bool {
		if m.Build == nil {
			return false
		}
		for i := range m.Build.Sources {
			s := &m.Build.Sources[i]
			if s.Name == name && slices.ContainsFunc(s.Columns, func(c gold.RawColumn) bool { return c.Mask != gold.MaskNone }) {
				return true
			}
		}
		return false
	}
}

// droppedFields says which fields of a dataset are never stored.
func droppedFields(m *contract.Model) func(string) []string {
	return func(dataset string) []string {
		for i := range m.Contracts {
			if m.Contracts[i].Dataset.Name == dataset {
				return gold.FieldNames(m.Contracts[i].Dropped)
			}
		}
		return nil
	}
}

// openRaw opens a raw file as it is now.
func openRaw(ctx context.Context, bronze object.Source, name string) (io.ReadCloser, error) {
	info, err := bronze.Stat(ctx, name)
	if err == nil && info.Folder {
		err = fmt.Errorf("it is a folder")
	}
	var r object.Reader
	if err == nil {
		r, err = bronze.Open(ctx, info)
	}
	if err != nil {
		return nil, gold.Errorf(gold.Invalid, gold.CodeSourceChanged, "%s can't be read, which the release was made of: %w", name, err)
	}
	return &rawFile{io.NewSectionReader(readerAt{ctx, r}, 0, info.Size), r}, nil
}

// rawFile is a raw file that is read from its beginning.
type rawFile struct {
	io.Reader
	io.Closer
}

// readerAt reads an object within a context.
type readerAt struct {
	context.Context
	object.Reader
}

func (r readerAt) ReadAt(p []byte, off int64) (int, error) { return r.Reader.ReadAt(r.Context, p, off) }
