package diff

import (
	"context"

	"goldserve/gold"
)

// Dataset says how a dataset differs between two releases.
type Dataset struct {
	Name string `json:"dataset"`
	From *int64 `json:"rows_from,omitempty"` // its rows in the earlier release; nil: that does not have it
	To   *int64 `json:"rows_to,omitempty"`
	// Key tells its rows apart; empty: there is none that both releases have, and a changed row counts as one removed and
	// one added.
	Key []string `json:"key"`
	Counts
	FieldsAdded   []string `json:"fields_added,omitempty"`
	FieldsRemoved []string `json:"fields_removed,omitempty"`
	FieldsRetyped []string `json:"fields_retyped,omitempty"`
}

// Differs reports whether anything of the dataset differs.
func (d *Dataset) Differs() bool {
	return d.From == nil || d.To == nil || d.Any() || len(d.FieldsAdded)+len(d.FieldsRemoved)+len(d.FieldsRetyped) > 0
}

// Datasets compares the datasets of two releases, those of to first, in their order. It returns the errors of
// Comparison.Rows.
func Datasets(ctx context.Context, reader gold.Reader, from, to *gold.Release) ([]Dataset, error) {
	found := make([]Dataset, 0, len(to.Versions))
	for i := range to.Versions {
		after := &to.Versions[i]
		d, err := Compare(ctx, reader, from.Version(after.Dataset.Name), after)
		if err != nil {
			return nil, err
		}
		found = append(found, *d)
	}
	for i := range from.Versions {
		if before := &from.Versions[i]; to.Version(before.Dataset.Name) == nil {
			d, err := Compare(ctx, reader, before, nil)
			if err != nil {
				return nil, err
			}
			found = append(found, *d)
		}
	}
	return found, nil
}

// Compare compares two versions of a dataset, of which one may be nil: all rows of the other are removed or added then.
func Compare(ctx context.Context, reader gold.Reader, before, after *gold.Version) (*Dataset, error) {
	d := &Dataset{Key: []string{}}
	if before != nil {
		d.Name, d.From, d.Removed = before.Dataset.Name, &before.Rows, before.Rows
	}
	if after != nil {
		d.Name, d.To, d.Added = after.Dataset.Name, &after.Rows, after.Rows
	}
	if before == nil || after == nil {
		return d, nil
	}
	c := New(before, after)
	d.FieldsAdded, d.FieldsRemoved, d.FieldsRetyped = c.FieldsAdded, c.FieldsRemoved, c.FieldsRetyped
	d.Key = append(d.Key, c.Key...)
	var err error
	d.Counts, err = c.Rows(ctx, reader, func(Row) error { return nil })
	return d, err
}
