package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"goldserve/eco"
	"goldserve/gold"
)

func (a *app) eco() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "eco",
		Short:   "Report the energy and CO2e of recorded runs",
		Example: "  goldserve eco report reports/emissions",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	out := "reports"
	report := &cobra.Command{
		Use:   "report [FOLDER|FILE…]",
		Short: "Merge emissions files into a report, each run counted once",
		Long: `report merges files of emissions (emissions.csv) that goldserve, with --emissions, and CodeCarbon wrote, and writes
eco_report.md, with totals by project, phase and country, and eco_report.csv, with the runs themselves in CodeCarbon's columns.

Of a FOLDER it reads emissions.csv and all files whose names begin with it, such as emissions.csv.bak and emissions.csv.1.gz. Without
FOLDER or FILE, it reads the folder of the setting emissions.

Each run (run_id) counts once: identical rows are counted once, and of the rows that CodeCarbon writes while a run goes on, the
last one. If rows of a run contradict each other, the report names them and counts the longest. The same files give the same bytes.

Exit codes: 0 written, 2 no such file, 3 a file is invalid (nothing is written), or rows contradict each other.`,
		Example: `  goldserve eco report reports/emissions
  goldserve eco report reports/emissions ../notebooks/emissions.csv --out reports`,
		RunE: func(_ *cobra.Command, args []string) error { return a.runEcoReport(args, out) },
	}
	report.Flags().StringVar(&out, "out", out, "folder for eco_report.md and eco_report.csv")
	a.setting(report.Flags(), "json").Usage = "print the totals as JSON"
	cmd.AddCommand(report)
	return cmd
}

func (a *app) runEcoReport(paths []string, out string) error {
	if len(paths) == 0 {
		if a.config.Emissions == "" || a.config.Emissions == noEmissions {
			return usagef("eco report needs the files: give a folder that has %s, such as goldserve eco report reports/emissions", eco.FileName)
		}
		paths = []string{a.config.Emissions}
	}
	files, err := eco.FilesOf(paths)
	if err != nil {
		return usageError{err}
	}
	report, err := eco.Merge(files)
	if err != nil {
		return err
	}
	page, table := filepath.Join(out, "eco_report.md"), filepath.Join(out, "eco_report.csv")
	if err := os.MkdirAll(out, 0o777); err != nil { // #nosec G301 -- like any folder that the user creates: the umask decides
		return usagef("--out: %w", err)
	}
	if err := writeWhole(whole{page, report.Markdown()}, whole{table, report.CSV()}); err != nil {
		return err
	}
	if err := a.printEcoReport(report, page, table); err != nil || len(report.Conflicts) == 0 {
		return err
	}
	problems := make([]gold.Problem, len(report.Conflicts))
	for i, c := range report.Conflicts {
		problems[i] = gold.Problem{Code: gold.CodeEmissionsConflict, Detail: fmt.Sprintf("the rows of run %s contradict each other: %s", c.Run, list(c.Places))}
	}
	return gold.InvalidAll(problems)
}

func (a *app) printEcoReport(r *eco.Report, page, table string) error {
	if a.config.JSON {
		return a.printJSON(struct {
			Files     []string       `json:"files"`
			Total     eco.Total      `json:"total"`
			Totals    []eco.Total    `json:"totals"`
			Known     []eco.Total    `json:"known"` // by how the energy is known, which is the project here
			Repeated  int            `json:"repeated"`
			Continued int            `json:"continued"`
			Conflicts []eco.Conflict `json:"conflicts"`
		}{[]string{page, table}, r.Sum, nonNil(r.Totals), nonNil(r.Bases), r.Repeated, r.Continued, nonNil(r.Conflicts)})
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	text := []byte("PROJECT\tPHASE\tRUNS\tTIME\tENERGY\tCO2E\n")
	row := func(t eco.Total) {
		text = fmt.Appendf(text, "%s\t%s\t%d\t%s\t%s\t%s\n", gold.Visible(t.Project), gold.Visible(t.Phase), t.Runs, eco.Span(t.Seconds), eco.Energy(t.KWh), eco.Mass(t.KgCO2e))
	}
	for _, t := range r.Totals {
		row(t)
	}
	sum := r.Sum
	sum.Project = "all"
	row(sum)
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var known []string
	for _, t := range r.Bases {
		known = append(known, fmt.Sprintf("%s %s", gold.Counted(t.Runs, "run"), t.Project))
	}
	a.printf("Energy of processors: %s\n", list(known))
	if r.Repeated+r.Continued > 0 {
		a.printf("Not counted twice: %s of runs that are there again\n", gold.Counted(r.Repeated+r.Continued, "row"))
	}
	a.printf("%s\n", strings.Join([]string{page, table}, "\n"))
	return nil
}
