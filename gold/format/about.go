package format

import (
	"goldserve/gold"
)

// metadataPrefix stands before the names of notes in files that hold the metadata of others too.
const metadataPrefix = "goldserve."

func prefixed(notes []Note) []Note {
	all := make([]Note, len(notes))
	for i, n := range notes {
		all[i] = Note{metadataPrefix + n.Name, n.Value}
	}
	return all
}

// describe returns what is to be said about a field: its label, unit and description, in English where there is one.
func describe(f *gold.Field) []Note {
	var notes []Note
	for _, n := range []Note{{"label", f.Doc.Label["en"]}, {"unit", f.Doc.Unit}, {"description", f.Doc.Description["en"]}} {
		if n.Value != "" {
			notes = append(notes, n)
		}
	}
	return notes
}

func unknownKind(f *gold.Field) error {
	return gold.Errorf(gold.Internal, gold.CodeInternal, "%s is a %s, which no format holds", f.Name, f.Kind)
}
