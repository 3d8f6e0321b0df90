package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/publisher"
)

func (a *app) verify() *cobra.Command {
	request := publisher.VerifyRequest{}
	cmd := &cobra.Command{
		Use:   "verify [RELEASE]",
		Short: "Compare a release's rows with what was published",
		Long: `verify reads every row of a release again (the current one by default) and compares the row count, the digest and the
measures of each dataset with those recorded at publish. On MongoDB it also compares the number of rows of each BI collection
with the current release. Versions that several releases share are read once. verify only reads, and may run beside a
publisher.

Exit codes: 0 as published, 3 unknown release, 4 store unreachable, 5 something differs. To repair a dataset, load its file
again with "goldserve publish --reload DATASET", or return to an intact release with "goldserve rollback RELEASE".`,
		Example: `  goldserve verify
  goldserve verify 3
  goldserve verify --all --json`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return usagef("verify takes at most one release number, as goldserve releases lists them")
			case len(args) == 0:
				return nil
			}
			var err error
			request.Release, err = releaseNumber("verify", args[0])
			return err
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if request.All && request.Release > 0 {
				return usagef("verify takes one release number or --all, not both")
			}
			return a.runVerify(cmd.Context(), request)
		},

		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return a.completeReleases(cmd, args, true)
		},
	}
	flags := cmd.Flags()
	a.config.storeSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	flags.BoolVar(&request.All, "all", false, "verify every release that is kept")
	a.setting(flags, "memory")
	a.setting(flags, "json")
	return cmd
}

// releaseNumber reads a release number from a command line.
func releaseNumber(command, text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, usagef("%s %s: expected a release number such as 3, as goldserve releases lists them", command, text)
	}
	return n, nil
}

func (a *app) runVerify(ctx context.Context, request publisher.VerifyRequest) error {
	log := a.logger()
	store, err := a.openExisting(ctx, log, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	p, err := a.publisher(log, store)
	if err != nil {
		return err
	}
	request.Model = a.config.Model
	result, err := p.Verify(ctx, request)
	if result == nil {
		return err
	}
	if a.config.JSON {
		return errors.Join(a.printJSON(verified{a.config.Model, err == nil, *result}), err)
	}
	return errors.Join(a.printVerified(result), err)
}

// verified is the result of verify --json.
type verified struct {
	Model string `json:"model"`
	OK    bool   `json:"ok"`
	publisher.Verification
}

func (a *app) printVerified(r *publisher.Verification) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	text := []byte("DATASET\tRELEASES\tROWS\tDIGEST\tMEASURES\n")
	for i := range r.Versions {
		v := &r.Versions[i]
		digest, measures := "ok", fmt.Sprintf("%d ok", v.Measures)
		if v.Digest != v.ExpectedDigest {
			digest = "differs"
		}
		if n := len(v.Differ); n > 0 {
			measures = fmt.Sprintf("%d of %d differ", n, v.Measures)
		}
		if v.Problem != "" {
			digest, measures = "unreadable", "unreadable"
		}
		text = fmt.Appendf(text, "%s\t%s\t%s\t%s\t%s\n", v.Dataset, numberList(v.Releases), ofRows(v.Rows, v.ExpectedRows), digest, measures)
	}
	if len(r.BI) > 0 {
		text = append(text, "\nBI COLLECTION\t\tROWS\n"...)
	}
	for _, s := range r.BI {
		text = fmt.Appendf(text, "%s\t\t%s\n", s.Collection, ofRows(s.Rows, s.ExpectedRows))
	}
	if r.Refreshing {
		text = append(text, "a publisher is at work, or the next refresh is not due yet: the BI database is behind for a moment\n"...)
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return w.Flush()
}

// ofRows formats a number of rows, with the expected one if it differs.
func ofRows(found, wanted int64) string {
	if found == wanted {
		return strconv.FormatInt(found, 10)
	}
	return fmt.Sprintf("%d of %d", found, wanted)
}

// numberList lists the newest of some releases, and how many more there are.
func numberList(releases []int64) string {
	if n := len(releases); n > 1 {
		return fmt.Sprintf("%d and %d more", releases[0], n-1)
	}
	return gold.NewInt(releases[0]).String()
}
