package builder

import (
	"slices"

	"goldserve/gold"
)

// months sets the slices of files that are of a month by the number in their paths: its last day.
func (p *Plan) months() error {
	for i := range p.Sources {
		raw := &p.Sources[i]
		slice := raw.Source.Slice
		if slice == nil || slice.FirstMonth == "" {
			continue
		}
		first := p.values.fixed(slice.FirstMonth)
		id := newIdentity("months")
		id.add(raw.ID, first)
		raw.ID, raw.Files = id.String(), slices.Clone(raw.Files)
		for j := range raw.Files {
			end, err := gold.MonthEnd(first, raw.Files[j].Number)
			if err != nil {
				return gold.Errorf(gold.Invalid, gold.CodeUsage, "the parameter %s is %q: expected a date, such as 2024-01-01", slice.FirstMonth, first)
			}
			raw.Files[j].Slice = end + "T00:00:00Z"
		}
	}
	return nil
}
