package publisher

import (
	"context"
	"slices"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/measure"
	"goldserve/gold/quality"
)

// maxParts is how many files a source may have whose versions can be appended to: each seal names all.
const maxParts = 10_000

// extensible reports whether what comes in later may be appended to a version of a dataset: it is read from any number of files,
// and their order has no part in its rows, as it has in the positions of those without a key.
func (d *decision) extensible() bool {
	return d.table != nil && d.table.Several() && !d.dataset.Keyless()
}

// remember tells the table of a dataset what its files held when versions of it were loaded.
func (pl *plan) remember(ctx context.Context, d *decision) error {
	if !d.extensible() || pl.request.Rehash {
		return nil
	}
	for i := range pl.state.Sealed {
		if v := &pl.state.Sealed[i]; v.Dataset.Name == d.name() && v.Resume != nil {
			if err := d.table.Remember(ctx, v.Resume.Parts, time.Now()); err != nil {
				return err
			}
		}
	}
	return nil
}

// appended returns the version that a dataset's new one can be made of, nil: there is none; and its files as a seal names them.
func (pl *plan) appended(ctx context.Context, d *decision) (*appending, []gold.Part, error) {
	if !d.extensible() {
		return nil, nil, nil
	}
	parts, err := d.table.Parts(ctx, time.Now())
	if err != nil || len(parts) > maxParts {
		return nil, nil, err
	}
	if d.reload {
		return nil, parts, nil
	}
	locations := make([]string, len(pl.state.Sealed))
	for i := range pl.state.Sealed {
		locations[i] = pl.state.Sealed[i].Location
	}
	last := gold.LastSegments(slices.Values(locations))
	var found *appending
	for i := range pl.state.Sealed {
		v := &pl.state.Sealed[i]
		name, segment := gold.SplitLocation(v.Location)
		o := v.Origin
		if v.Dataset.Name != d.name() || v.Resume == nil || o == nil || o.Format != d.origin.Format || o.Shape != d.origin.Shape || segment != last[name] {
			continue
		}
		files, ok := lake.Added(parts, v.Resume.Parts)
		rows := d.table.RowsOf(files)
		if ok && v.Rows+rows == d.table.Rows() && rows <= v.Rows && (found == nil || v.Rows > found.to.Rows) {
			found = &appending{to: v, files: files, rows: rows}
		}
	}
	if found != nil {
		found.rules, err = pl.continued(d, found)
	}
	return found, parts, err
}

// continued tells which of a dataset's rules need to read no more than the rows that are appended: those that count rows one
// by one, and of which the current release has found none in the version that is appended to.
func (pl *plan) continued(d *decision, a *appending) ([]bool, error) {
	rules := make([]bool, len(d.rules))
	id, err := rulesID(d.fields, d.rules)
	before := pl.before(d)
	// What is said of files and casts is of all files.
	if err != nil || before == nil || before.ID != a.to.ID || before.Checked != id || len(d.table.Overruled())+len(d.table.Lenient()) > 0 {
		return rules, err
	}
	for i, rule := range d.rules {
		rules[i] = quality.OfRows(d.fields, rule) && slices.ContainsFunc(pl.state.Current.Quality, func(r gold.RuleResult) bool {
			return r.Dataset == d.name() && r.Rule == rule.ID && r.Failing == 0
		})
	}
	return rules, nil
}

// rulesOf returns the dataset's rules that all rows must be read for, and those that need the appended ones alone.
func (d *decision) rulesOf() (all, added []gold.Rule) {
	if d.appends == nil {
		return d.rules, nil
	}
	for i, rule := range d.rules {
		if d.appends.rules[i] {
			added = append(added, rule)
		} else {
			all = append(all, rule)
		}
	}
	return all, added
}

// measuresOf returns the measures that all rows must be read for, and those that need the appended ones alone.
func (d *decision) measuresOf() (all, added []gold.Measure) {
	if d.appends == nil {
		return d.measures, nil
	}
	for _, m := range d.measures {
		if v := d.appends.to; measure.Resumes(m) && hasTotal(v, m) {
			added = append(added, m)
		} else {
			all = append(all, m)
		}
	}
	return all, added
}

// hasTotal reports whether a seal has what a measure is continued from.
func hasTotal(v *gold.Version, m gold.Measure) bool {
	if _, ok := v.Measures[m.String()]; !ok {
		return false
	}
	_, ok := v.Resume.Sums[m.String()]
	return ok || m.Func != gold.Sum && m.Func != gold.Avg
}
