package gold

import (
	"fmt"
	"slices"
	"time"
)

// TrainingSet says what a model's training sets are made of.
type TrainingSet struct {
	Key      string   // the field by which the rows of all datasets are joined, such as a subscriber's number
	AsOf     string   // the field, a date, whose month's end a row is of
	Features []string // datasets of snapshots: one row for each key and date
	Labels   []TrainingLabel
}

// TrainingLabel is what a model may learn.
type TrainingLabel struct {
	Name    string
	Dataset string // one row for each key and date
	Field   string
	Source  string // the raw table that says it, which no feature may be made of
}

// Label returns the label of a name, nil if there is none.
func (t *TrainingSet) Label(name string) *TrainingLabel {
	for i := range t.Labels {
		if t.Labels[i].Name == name {
			return &t.Labels[i]
		}
	}
	return nil
}

// Leak returns why a dataset of features would tell a label of a release, "" if it doesn't: it is the label's, or a table that it is made of
// is. The release's lineage says what it is made of.
func (t *TrainingSet) Leak(dataset string, label *TrainingLabel, l *Lineage) string {
	if dataset == label.Dataset {
		return "it has the label itself"
	}
	tables := map[string]*LineageTable{}
	for i := range l.Tables {
		tables[l.Tables[i].Name] = &l.Tables[i]
	}
	forbidden := []string{RawStage + label.Source}
	start := l.Datasets[dataset]
	if tables[start] == nil {
		return "the release's lineage doesn't say what it is made of"
	}
	seen := map[string]bool{}
	var reaches func(name string) string
	reaches = func(name string) string {
		if slices.Contains(forbidden, name) {
			return name
		}
		if seen[name] || tables[name] == nil {
			return ""
		}
		seen[name] = true
		for _, read := range tables[name].Reads {
			if found := reaches(read); found != "" {
				return found
			}
		}
		return ""
	}
	if found := reaches(start); found != "" {
		return "it is made of " + found + ", which says the label"
	}
	return ""
}

// TrainingWindow returns the dates of the features and of the label: month ends, horizon months apart.
func TrainingWindow(asOf string, horizon int64) (features, label Value, err error) {
	day, err := time.Parse(time.DateOnly, asOf)
	if err != nil {
		return features, label, fmt.Errorf("expected a date such as 2024-03-31, found %q", asOf)
	}
	if end, _ := MonthEnd(asOf, 0); end != asOf {
		return features, label, fmt.Errorf("%s is not the last day of its month: expected %s", asOf, end)
	}
	later, err := MonthEnd(day.Format(time.DateOnly), horizon)
	if err != nil {
		return features, label, err
	}
	if features, err = ParseValue(Date, 0, asOf); err == nil {
		label, err = ParseValue(Date, 0, later)
	}
	return features, label, err
}
