package eco

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Report is what files of emissions say together, each run counted once.
type Report struct {
	Sources   []Source
	Repeated  int // rows that a file has again, or another file
	Continued int // rows of runs that a later row of the same run replaces, since it includes them
	Conflicts []Conflict
	Totals    []Total // by project and phase
	Countries []Total // by country
	Bases     []Total // by how the energy is known
	Sum       Total
	From, To  string // timestamps; empty: there is no run

	runs []run // counted, by time
}

// Conflict is a run whose rows contradict each other: none continues the other.
type Conflict struct {
	Run    string
	Places []string // FILE:LINE of its rows; the first one is counted
}

// Total is a sum over runs.
type Total struct {
	Project string  `json:"project,omitempty"` // or the country, or how the energy is known
	Phase   string  `json:"phase,omitempty"`
	Runs    int     `json:"runs"`
	Seconds float64 `json:"seconds"`
	KWh     float64 `json:"kwh"`
	KgCO2e  float64 `json:"kg_co2e"`
}

// How the energy of processors is known.
const (
	Measured  = "measured"   // by counters of the machine
	Estimated = "estimated"  // by load
	NotStated = "not stated" // CodeCarbon doesn't write it down
)

// Merge reads files and counts each run once. Its error is Invalid emissions_invalid where a file can't be read; rows that contradict each
// other are none.
func Merge(files []string) (*Report, error) {
	r := &Report{}
	byID := map[string][]run{}
	for _, path := range slices.Sorted(slices.Values(files)) {
		runs, source, err := read(path)
		if err != nil {
			return nil, err
		}
		r.Sources = append(r.Sources, source)
		for i := range runs {
			row := &runs[i]
			if slices.ContainsFunc(byID[row.id], func(before run) bool { return sameRow(&before, row) }) {
				r.Repeated++
				continue
			}
			byID[row.id] = append(byID[row.id], *row)
		}
	}
	for id, rows := range byID {
		r.runs = append(r.runs, r.last(id, rows))
	}
	slices.SortFunc(r.runs, func(a, b run) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.id, b.id)) })
	slices.SortFunc(r.Conflicts, func(a, b Conflict) int { return strings.Compare(a.Run, b.Run) })
	r.sum()
	return r, nil
}

// last returns the row of a run that is counted. CodeCarbon may write several of a run, each with what was used up to then.
func (r *Report) last(id string, rows []run) run {
	slices.SortStableFunc(rows, func(a, b run) int {
		return cmp.Or(cmp.Compare(b.duration, a.duration), cmp.Compare(b.energy, a.energy), cmp.Compare(b.kg, a.kg))
	})
	for i := range rows[1:] {
		if !continues(&rows[i], &rows[i+1]) {
			places := make([]string, len(rows))
			for k := range rows {
				places[k] = fmt.Sprintf("%s:%d", rows[k].file, rows[k].line)
			}
			r.Conflicts = append(r.Conflicts, Conflict{id, places})
			return rows[0]
		}
	}
	r.Continued += len(rows) - 1
	return rows[0]
}

// continues reports whether a row has what another row of the same run has, and more.
func continues(a, b *run) bool {
	atLeast := func(x, y float64) bool { return x >= y || alike(x, y) }
	return a.duration > b.duration && !a.at.Before(b.at) && atLeast(a.energy, b.energy) && atLeast(a.kg, b.kg) && a.value("project_name") == b.value("project_name")
}

// alike reports whether two numbers are the same but for their last digits, which pandas may change when it writes a file again.
func alike(x, y float64) bool { return math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y)) }

// sameRow reports whether two rows say the same in the columns that both files have.
func sameRow(a, b *run) bool {
	return a.value("timestamp") == b.value("timestamp") && a.value("project_name") == b.value("project_name") &&
		alike(a.duration, b.duration) && alike(a.energy, b.energy) && alike(a.kg, b.kg)
}

// sum adds the runs up, in their order, so that the same files give the same digits.
func (r *Report) sum() {
	totals, countries, bases := totals{}, totals{}, totals{}
	for i := range r.runs {
		run := &r.runs[i]
		project, phase := run.project()
		totals.add(project, phase, run)
		countries.add(cmp.Or(run.value("country_name"), "not stated"), "", run)
		bases.add(run.basis(), "", run)
		r.Sum.add(run)
	}
	r.Totals, r.Countries, r.Bases = totals.sorted(), countries.sorted(), bases.sorted()
	if n := len(r.runs); n > 0 {
		r.From, r.To = r.runs[0].value("timestamp"), r.runs[n-1].value("timestamp")
	}
}

// ours reports whether this program wrote the row.
func (r *run) ours() bool { return strings.HasPrefix(r.value("codecarbon_version"), written+" ") }

// basis says how the energy of processors is known.
func (r *run) basis() string {
	switch {
	case !r.ours():
		return NotStated
	case r.value("tracking_mode") == trackedMachine:
		return Measured
	default:
		return Estimated
	}
}

// project returns the project and the phase of a run; CodeCarbon's have no phase.
func (r *run) project() (project, phase string) {
	name := r.value("project_name")
	if !r.ours() {
		return name, "-"
	}
	at := strings.LastIndexByte(name, '/')
	if at < 0 {
		return "-", name
	}
	return name[:at], name[at+1:]
}

func (t *Total) add(r *run) {
	t.Runs++
	t.Seconds += r.duration
	t.KWh += r.energy
	t.KgCO2e += r.kg
}

// totals are sums by two names.
type totals map[[2]string]*Total

func (t totals) add(project, phase string, r *run) {
	key := [2]string{project, phase}
	if t[key] == nil {
		t[key] = &Total{Project: project, Phase: phase}
	}
	t[key].add(r)
}

func (t totals) sorted() (all []Total) {
	for _, sum := range t {
		all = append(all, *sum)
	}
	slices.SortFunc(all, func(a, b Total) int {
		return cmp.Or(strings.Compare(a.Project, b.Project), strings.Compare(a.Phase, b.Phase))
	})
	return all
}

// CSV returns the runs in CodeCarbon's columns, by time.
func (r *Report) CSV() []byte {
	var b bytes.Buffer
	b.Write(line(Columns))
	for i := range r.runs {
		b.Write(line(r.runs[i].fields))
	}
	return b.Bytes()
}
