package contract

import (
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// rawSliceOf reads where the paths of a source's files have the number of their slice: its name, or a map.
func rawSliceOf(f *yaml.File, n *yaml.Node, b *gold.Build, what string) *gold.RawSlice {
	s := &gold.RawSlice{}
	name := n
	if n.Kind == yaml.Map {
		o := f.Object(n, what)
		name = o.Need("name")
		if at := o.Take("firstMonth"); at != nil {
			s.FirstMonth, _ = f.Text(at, what+": firstMonth")
			names := make([]string, len(b.Parameters))
			for i := range b.Parameters {
				names[i] = b.Parameters[i].Name
			}
			switch p := b.Parameter(s.FirstMonth); {
			case p == nil:
				f.AddNear(at, s.FirstMonth, names, "%s: firstMonth: the build has no parameter %s", what, yaml.Quote(s.FirstMonth))
			case p.Kind != gold.RawDate:
				f.Add(at, "%s: firstMonth: the parameter %s is of kind %s: expected a date", what, p.Name, p.Kind)
			}
		}
		if at := o.Take("optional"); at != nil {
			s.Optional = f.Boolean(at, what+": optional")
		}
		if at := o.Take("frozen"); at != nil {
			s.Frozen = f.Boolean(at, what+": frozen")
		}
		o.Done()
	}
	if name == nil {
		return s
	}
	text, ok := f.Text(name, what)
	if ok && (strings.Count(text, gold.NumberWord) != 1 || strings.ContainsAny(text, "/.*")) {
		f.Add(name, "%s: expected the name of a folder, or of a file without its ending, with its number as %s, such as month_%[2]s, found %s", what, gold.NumberWord, yaml.Quote(text))
	}
	s.Name = text
	return s
}
