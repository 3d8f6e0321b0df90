package param

import (
	"cmp"
	"slices"
	"strings"

	"goldserve/gold"
)

// nearestField returns the field that a name most likely means, "" for none: one of nearly that name, or the one that another's
// field is looked up as, country for guest_id.country.
func nearestField(name string, names []string) string {
	if nearest := cmp.Or(gold.Nearest(name, names), namedLast(name, names)); nearest != "" {
		return nearest
	}
	if point := strings.LastIndexByte(name, '.'); point >= 0 {
		return gold.Nearest(name[point+1:], names)
	}
	return ""
}

// namedLast returns the first of some names that ends as a name with a point does, "" for none.
func namedLast(name string, names []string) string {
	point := strings.LastIndexByte(name, '.')
	at := slices.IndexFunc(names, func(n string) bool {
		return point >= 0 && strings.EqualFold(n[strings.LastIndexByte(n, '.')+1:], name[point+1:])
	})
	if at < 0 {
		return ""
	}
	return names[at]
}

// nearestParameter returns the nearest of some names. The words of connectives are so short that many a wrong name is near one:
// they are what is meant in another case alone, or as PostgREST has them: not.or.
func nearestParameter(name string, known []string) string {
	known = slices.DeleteFunc(slices.Clone(known), func(known string) bool {
		return slices.Contains(Connectives, known) && !strings.EqualFold(name, known) && (known != "not" || !strings.HasPrefix(name, "not."))
	})
	if nearest := gold.Nearest(name, known); nearest != "" || !strings.Contains(name, ".") {
		return nearest
	}
	field, suffix, operated := strings.Cut(name, "__")
	nearest := nearestField(field, known)
	if with := nearest + "__" + suffix; operated && slices.Contains(known, with) {
		return with
	}
	return nearest
}
