package measure

import (
	"slices"

	"goldserve/gold"
)

// source finds a field's column in batches: at the field's place, or by its name where a batch has other fields.
type source struct {
	name  string
	kind  gold.Kind
	index int
}

func newSource(fields []gold.Field, name string) source {
	i := slices.IndexFunc(fields, func(f gold.Field) bool { return f.Name == name })
	return source{name: name, kind: fields[i].Kind, index: i}
}

// column returns the field's column, or an Internal error where the batch lacks it or holds another kind.
func (s *source) column(b *gold.Batch) (*gold.Column, error) {
	c := (*gold.Column)(nil)
	if s.index < len(b.Fields) && b.Fields[s.index].Name == s.name {
		c = &b.Columns[s.index]
	} else {
		c = b.Column(s.name)
	}
	switch {
	case c == nil:
		return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "measure: the batch has no field %s", s.name)
	case c.Kind != s.kind:
		return nil, gold.Errorf(gold.Internal, gold.CodeInternal, "measure: field %s of the batch is %s, expected %s", s.name, c.Kind, s.kind)
	}
	return c, nil
}
