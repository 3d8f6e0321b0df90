package format

import (
	"goldserve/gold"
)

// metadataPrefix begins the names of notes in files that also have other metadata.
const metadataPrefix = "goldserve."

func prefixed(notes []Note) []Note {
	all := make([]Note, len(notes))
	for i, n := range notes {
		all[i] = Note{metadataPrefix + n.Name, n.Value}
	}
	return all
}

// describe returns the label, unit and description of a field, in English if available, else in the first of its languages.
func describe(f *gold.Field) []Note {
	var notes []Note
	for _, n := range []Note{{"label", gold.PlainText(f.Doc.Label)}, {"unit", f.Doc.UnitText()}, {"description", gold.PlainText(f.Doc.Description)}} {
		if n.Value != "" {
			notes = append(notes, n)
		}
	}
	return notes
}

func unknownKind(f *gold.Field) error {
	return gold.Errorf(gold.Internal, gold.CodeInternal, "%s is a %s, which no format holds", f.Name, f.Kind)
}
