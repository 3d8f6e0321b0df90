package eco

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Two counters are taken for one if they differ by at most a millionth, or by the energy of the few milliseconds between two reads:
// CodeCarbon's tolerances.
const (
	sameRatio  = 1e-6
	sameJoules = 1.0
)

// conclusive is the energy that two counters must both have counted before their equality says something.
const conclusive = 10 * sameJoules

// rapl reads the counters of Intel's RAPL, which AMD's processors have as well.
type rapl struct{ domains []*domain }

// domain is a counter of the energy of one processor package.
type domain struct {
	name, file string
	most       float64 // joules at which the counter starts again from 0; 0: not known
	last       float64 // joules
	lost       bool    // the last reading failed
	mirrors    *domain // the counter that this one seems to repeat; nil: none
	dropped    bool    // it does repeat it
	counted    float64 // joules since the start
}

// openRAPL finds the counters below a folder; where there is none that can be read, why says so.
func openRAPL(folder string) (r *rapl, why string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, "this machine has no counters of RAPL"
	}
	r = &rapl{}
	var platform []*domain // which measure more than processors: taken only where no package is
	denied := false
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "intel-rapl") || strings.Count(e.Name(), ":") != 1 {
			continue // domains below a package, such as its cores and memory, have two colons
		}
		at := filepath.Join(folder, e.Name())
		name, err := os.ReadFile(filepath.Join(at, "name")) // #nosec G304 -- below the system's folder
		if err != nil {
			continue
		}
		d := &domain{name: strings.TrimSpace(string(name)), file: filepath.Join(at, "energy_uj")}
		if d.last, err = readJoules(d.file); err != nil {
			denied = denied || errors.Is(err, fs.ErrPermission)
			continue
		}
		if d.most, err = readJoules(filepath.Join(at, "max_energy_range_uj")); err != nil {
			d.most = 0
		}
		switch {
		case strings.HasPrefix(d.name, "package"):
			r.add(d)
		case d.name == "psys":
			platform = append(platform, d)
		}
	}
	if len(r.domains) == 0 && len(platform) > 0 {
		r.domains = platform[:1]
	}
	switch {
	case len(r.domains) > 0:
		r.suspect()
		return r, ""
	case denied:
		return nil, "this user may not read the counters of RAPL (energy_uj)"
	default:
		return nil, "this machine has no counters of RAPL"
	}
}

// add adds a package once: a second interface to it (MMIO) has the same name, and replaces it, as in CodeCarbon.
func (r *rapl) add(d *domain) {
	at := slices.IndexFunc(r.domains, func(o *domain) bool { return o.name == d.name })
	switch {
	case at < 0:
		r.domains = append(r.domains, d)
	case strings.Contains(d.file, "intel-rapl-mmio"):
		r.domains[at] = d
	}
}

// suspect finds counters that show the same number: processors of several dies have one for each, all of which count the whole package.
func (r *rapl) suspect() {
	for i, d := range r.domains {
		for _, before := range r.domains[:i] {
			if before.mirrors == nil && d.last > 0 && same(d.last, before.last) {
				d.mirrors = before
				break
			}
		}
	}
}

func same(a, b float64) bool { return math.Abs(a-b) <= max(sameRatio*max(a, b), sameJoules) }

// since returns the joules since the last call; ok is false where they are not known.
func (r *rapl) since() (joules float64, ok bool) {
	ok = true
	delta := make(map[*domain]float64, len(r.domains))
	for _, d := range r.domains {
		if d.dropped {
			continue
		}
		j, known := d.since()
		if delta[d] = j; !known {
			ok = false
		}
	}
	for _, d := range r.domains {
		d.counted += delta[d]
		switch of := d.mirrors; {
		case of == nil:
			joules += delta[d]
		case d.dropped || d.counted < conclusive && of.counted < conclusive:
		case same(d.counted, of.counted):
			d.dropped = true
		default: // equal by chance: it is a counter of its own
			joules += d.counted
			d.mirrors = nil
		}
	}
	return joules, ok
}

// since returns what the counter has counted since the last call.
func (d *domain) since() (float64, bool) {
	now, err := readJoules(d.file)
	if err != nil {
		d.lost = true
		return 0, false
	}
	lost, last := d.lost, d.last
	d.lost, d.last = false, now
	if now < last {
		now += d.most
	}
	if lost || now < last {
		return 0, false
	}
	return now - last, true
}

// readJoules reads a file that has a number of microjoules.
func readJoules(path string) (float64, error) {
	text, err := os.ReadFile(path) // #nosec G304 -- below the system's folder
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return float64(n) / 1e6, err
}
