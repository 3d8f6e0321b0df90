package publisher

import (
	"encoding/json"
	"errors"
	"fmt"

	"goldserve/gold"
	"goldserve/gold/quality"
)

// rulesID names rules by what they say, so that a version is checked again where they changed: that of a field's bounds
// by these too.
func rulesID(d *gold.Dataset, rules []gold.Rule) (string, error) {
	text, err := json.Marshal(rules)
	for _, r := range rules {
		f := d.Field(r.Field)
		if f == nil || r.Metric != "invalidValues" || r.Valid != nil || r.Pattern != "" || r.Step != "" || r.Minimum != nil || r.Maximum != nil || r.MinLength != 0 || r.MaxLength != 0 {
			continue
		}
		bounds, boundsErr := json.Marshal([]*gold.Value{f.Minimum, f.Maximum})
		text, err = fmt.Appendf(text, "\n%s %s", f.Name, bounds), errors.Join(err, boundsErr)
	}
	if err != nil {
		return "", err
	}
	return sum(string(text)), nil
}

// knownResults returns the results of a dataset's rules where the current release checked the same rows by the same rules; nil
// where they must be checked.
func (pl *plan) knownResults(it *decision) ([]gold.RuleResult, error) {
	if pl.state.Current == nil {
		return nil, nil
	}
	id, err := rulesID(it.fields, it.rules)
	if err != nil {
		return nil, err
	}
	if v := pl.before(it); !it.kept && (v == nil || v.ID != it.id || v.Checked != id) {
		return nil, nil
	}
	results := it.otherFiles() // of the folder as it is now
	for _, r := range pl.state.Current.Quality {
		if r.Dataset == it.dataset.Name && r.Rule != quality.RollupRule && (r.Rule != otherFilesRule || it.table == nil) {
			results = append(results, r)
		}
	}
	return results, nil
}
