package publisher

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"goldserve/gold"
)

// Change is one difference between the current release and what would be published. Before is empty where something is
// new, After where it goes.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"` // "double", "decimal of 2 digits, nullable"
	After  string `json:"after,omitempty"`
}

func (c Change) String() string {
	switch {
	case c.Before == "":
		return fmt.Sprintf("%s is new (%s)", c.Field, c.After)
	case c.After == "":
		return fmt.Sprintf("%s is gone (%s)", c.Field, c.Before)
	default:
		return fmt.Sprintf("%s is %s, and was %s", c.Field, c.After, c.Before)
	}
}

// fieldChanges returns how fields differ, in the order of those after, then of those that go.
func fieldChanges(before, after []gold.Field) []Change {
	var changes []Change
	was := map[string]string{}
	for i := range before {
		was[before[i].Name] = fieldText(&before[i])
	}
	for i := range after {
		name, text := after[i].Name, fieldText(&after[i])
		if was[name] != text {
			changes = append(changes, Change{name, was[name], text})
		}
		delete(was, name)
	}
	for i := range before {
		if text := was[before[i].Name]; text != "" {
			changes = append(changes, Change{Field: before[i].Name, Before: text})
		}
	}
	return changes
}

// fieldText says in words what shapes the values of a field.
func fieldText(f *gold.Field) string {
	text := f.Kind.String()
	switch f.Kind {
	case gold.Decimal:
		text = fmt.Sprintf("%s of %s", text, gold.Counted(f.Scale, "digit"))
	case gold.WideDecimal:
		text = fmt.Sprintf("%s(%d,%d)", text, f.Precision, f.Scale)
	default:
	}
	if f.Single {
		text += " of 32 bits"
	}
	if f.Base64 {
		text += " of bytes in base64"
	}
	if f.PhysicalName != "" {
		text += " of the column " + gold.Quoted([]string{f.PhysicalName})[0]
	}
	if f.DefaultZone != "" {
		text += " of " + f.DefaultZone
	}
	if f.Cast != nil {
		text += ", cast by " + f.Cast.String()
	}
	if f.Mask != gold.MaskNone {
		text += ", masked by " + f.Mask.String()
	}
	if f.Nullable {
		text += ", nullable"
	}
	return text
}

// reshaped says in what the contracts of a dataset differ that shapes its rows.
func reshaped(before, after *gold.Dataset) []string {
	var texts []string
	for _, c := range fieldChanges(before.Fields, after.Fields) {
		texts = append(texts, c.String())
	}
	bi := fieldChanges(before.BIFields(), after.BIFields())
	for _, c := range bi {
		texts = append(texts, "BI field "+c.String())
	}
	if len(texts) == 0 && !slices.Equal(before.FieldNames(), after.FieldNames()) {
		texts = append(texts, "the order of its fields")
	}
	if len(bi) == 0 && !reflect.DeepEqual(before.BI, after.BI) {
		texts = append(texts, "what its BI fields are made of")
	}
	if !slices.Equal(before.Key, after.Key) {
		texts = append(texts, fmt.Sprintf("the key is %s, and was %s", keyText(after), keyText(before)))
	}
	if !sameContract(&gold.Dataset{Derive: before.Derive}, &gold.Dataset{Derive: after.Derive}) {
		texts = append(texts, "derive")
	}
	return append(texts, rescored(before, after)...)
}

// rescored says in what the models of two contracts differ that compute fields.
func rescored(before, after *gold.Dataset) []string {
	var was, is strings.Builder
	shapeOfScores(&was, before)
	shapeOfScores(&is, after)
	if was.String() == is.String() {
		return nil
	}
	var texts []string
	for i := range after.Scores {
		s := &after.Scores[i]
		if old := before.ScoreOf(s.Outputs[0].Field); old == nil || old.SHA256 != s.SHA256 {
			texts = append(texts, fmt.Sprintf("%s is scored by %s (SHA-256 %.12s…)", gold.Listed(s.Gives()), s.Model, s.SHA256))
		}
	}
	if len(texts) == 0 {
		texts = append(texts, "how it is scored")
	}
	return texts
}

// keyText names the fields of a key for people.
func keyText(d *gold.Dataset) string {
	if d.Keyless() {
		return "none"
	}
	return strings.Join(d.Key, ", ")
}
