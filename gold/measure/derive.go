package measure

import (
	"slices"

	"goldserve/gold"
)

// DeriveFields returns the fields of a derived dataset, in order: name, kind, scale and nullability. A sum of Decimals is a
// Decimal with a Precision, which its values may have: it can also be a WideDecimal. A group is
// nullable if its field is; so are a minimum, maximum, average and median, which have at least one row unless they have a
// condition, and a first and last value, whose rows have a time; counts and sums are not. A field that the source lacks gives one of kind Null.
func DeriveFields(d *gold.Derive, from *gold.Dataset) []gold.Field {
	switch {
	case d.Group != nil:
		fields := make([]gold.Field, 0, len(d.Group.By)+len(d.Group.Measures))
		for _, g := range d.Group.By {
			fields = append(fields, groupField(from.Fields, g))
		}
		for _, m := range d.Group.Measures {
			fields = append(fields, measureField(from.Fields, m, len(d.Group.By) == 0))
		}
		return fields
	case d.Histogram != nil:
		return histogramFields()
	case d.Growth != nil:
		return growthFields(from.Fields, *d.Growth)
	default:
		return nil
	}
}

func groupField(fields []gold.Field, g gold.Group) gold.Field {
	f := fieldOrNull(fields, g.Field)
	if !g.Whole() {
		f.Kind, f.Scale, f.Precision = g.Kind(f.Kind), 0, 0
	}
	return gold.Field{Name: g.Name(), Kind: f.Kind, Scale: f.Scale, Precision: f.Precision, Nullable: f.Nullable, Single: f.Single && f.Kind == gold.Double}
}

// measureField returns a measure's field; ungrouped says that there may be no rows.
func measureField(fields []gold.Field, m gold.Measure, ungrouped bool) gold.Field {
	out := gold.Field{Name: m.Name(), Kind: gold.Int}
	if m.Func == gold.Count {
		return out
	}
	f := fieldOrNull(fields, m.Field)
	if f.Kind == gold.Null {
		out.Kind = gold.Null
		return out
	}
	out.Kind = m.StoredKind(f.Kind)
	if out.Kind.Scaled() {
		out.Scale, out.Precision = f.Scale, m.Precision(&f)
	}
	out.Single = m.Single(&f)
	out.Nullable = m.Func != gold.CountDistinct && m.Func != gold.Sum && (f.Nullable || ungrouped || m.Where != "")
	if order := m.Order(); len(order) > 0 && fieldOrNull(fields, order[0]).Nullable {
		out.Nullable = true // rows without a time don't count
	}
	return out
}

// fieldOrNull returns the named field with the properties that shape its values; kind Null if there is none.
func fieldOrNull(fields []gold.Field, name string) gold.Field {
	i := slices.IndexFunc(fields, func(f gold.Field) bool { return f.Name == name })
	if i < 0 {
		return gold.Field{Name: name}
	}
	f := fields[i]
	return gold.Field{Name: name, Kind: f.Kind, Scale: f.Scale, Precision: f.Precision, Nullable: f.Nullable, MultipleOf: f.MultipleOf, Single: f.Single}
}
