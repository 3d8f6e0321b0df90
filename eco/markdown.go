package eco

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// Markdown returns the report as a page.
func (r *Report) Markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Energy and CO2e\n\n")
	if len(r.runs) == 0 {
		fmt.Fprintf(&b, "No runs in %s.\n", gold.Counted(len(r.Sources), "file"))
	} else {
		fmt.Fprintf(&b, "%s from %s to %s: **%s, %s CO2e**.\n\n", gold.Counted(r.Sum.Runs, "run"), cell(r.From), cell(r.To), Energy(r.Sum.KWh), Mass(r.Sum.KgCO2e))
		b.WriteString("| project | phase | runs | time | energy | CO2e |\n|---|---|--:|--:|--:|--:|\n")
		for _, t := range r.Totals {
			fmt.Fprintf(&b, "| %s | %s |%s\n", cell(t.Project), cell(t.Phase), t.cells())
		}
		fmt.Fprintf(&b, "| **all** | |%s\n", r.Sum.cells())
		b.WriteString("\n## Measured or estimated\n\n| energy of processors | runs | time | energy | CO2e |\n|---|--:|--:|--:|--:|\n")
		for _, t := range r.Bases {
			fmt.Fprintf(&b, "| %s |%s\n", t.Project, t.cells())
		}
		b.WriteString("\n" + r.meaning() + "\n\n## By country\n\n| country | runs | time | energy | CO2e | g/kWh |\n|---|--:|--:|--:|--:|--:|\n")
		for _, t := range r.Countries {
			grams := "-"
			if t.KWh > 0 {
				grams = strconv.FormatFloat(1000*t.KgCO2e/t.KWh, 'f', 1, 64)
			}
			fmt.Fprintf(&b, "| %s |%s %s |\n", cell(t.Project), t.cells(), grams)
		}
	}
	r.files(&b)
	return b.Bytes()
}

// meaning explains the words of the table of bases, those that it has.
func (r *Report) meaning() string {
	var all []string
	for _, of := range [][2]string{
		{Measured, "*Measured* is the energy of the machine's processors by their own counters (RAPL), whatever else ran; that of memory is estimated."},
		{Estimated, "*Estimated* is the processors' power at full load times the part of them that the run used, and a power for memory by its size: an order of magnitude."},
		{NotStated, "*Not stated*: CodeCarbon wrote the row, and doesn't write down whether it measured."},
	} {
		if slices.ContainsFunc(r.Bases, func(t Total) bool { return t.Project == of[0] }) {
			all = append(all, of[1])
		}
	}
	return strings.Join(all, "\n")
}

// files lists what was read, and what was not counted.
func (r *Report) files(b *bytes.Buffer) {
	b.WriteString("\n## Files\n\n| file | rows | columns of CodeCarbon 3.3 that it lacks | other columns, left out |\n|---|--:|---|---|\n")
	for _, s := range r.Sources {
		fmt.Fprintf(b, "| %s | %d | %s | %s |\n", cell(s.Path), s.Rows, names(s.Missing), names(s.Other))
	}
	fmt.Fprintf(b, "\nNot counted: %s that another row repeats, and %s of a run that a later row of the same run includes.\n", gold.Counted(r.Repeated, "row"), gold.Counted(r.Continued, "row"))
	if len(r.Conflicts) == 0 {
		return
	}
	b.WriteString("\n## Conflicts\n\nRows of these runs contradict each other. The first one, which is the longest, is counted. Remove the wrong ones.\n\n| run | rows |\n|---|---|\n")
	for _, c := range r.Conflicts {
		fmt.Fprintf(b, "| %s | %s |\n", cell(c.Run), cell(strings.Join(c.Places, ", ")))
	}
}

// cells are the numbers of a total in a row of a table.
func (t *Total) cells() string {
	return fmt.Sprintf(" %d | %s | %s | %s |", t.Runs, Span(t.Seconds), Energy(t.KWh), Mass(t.KgCO2e))
}

// cell is a text in a cell of a table.
func cell(text string) string {
	text = gold.Visible(strings.Join(strings.Fields(text), " "))
	return cmp.Or(strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "\\`", "*", `\*`, "[", `\[`).Replace(text), "-")
}

func names(all []string) string { return cell(strings.Join(all, ", ")) }

// Energy writes kWh in the unit that fits.
func Energy(kWh float64) string {
	return scaled(kWh, []unit{{1e6, "GWh"}, {1e3, "MWh"}, {1, "kWh"}, {1e-3, "Wh"}, {1e-6, "mWh"}})
}

// Mass writes kilograms in the unit that fits.
func Mass(kg float64) string {
	return scaled(kg, []unit{{1e3, "t"}, {1, "kg"}, {1e-3, "g"}, {1e-6, "mg"}})
}

// Span writes seconds in the unit that fits.
func Span(seconds float64) string {
	return scaled(seconds, []unit{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}})
}

// unit is a unit's name and how much it is.
type unit struct {
	size float64
	name string
}

// scaled writes an amount with three digits, in the largest unit of which it has at least one, else in the smallest.
func scaled(x float64, units []unit) string {
	u := units[len(units)-1]
	for _, larger := range units {
		if x >= larger.size {
			u = larger
			break
		}
	}
	if x == 0 {
		return "0 " + u.name
	}
	text := strconv.FormatFloat(x/u.size, 'g', 3, 64)
	if n, err := strconv.ParseFloat(text, 64); err == nil && n >= 0.001 && n < 1e6 {
		text = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return text + " " + u.name
}
