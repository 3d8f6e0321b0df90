package gold

import "fmt"

// ExpectRule is a kind of expectation.
type ExpectRule string

// The rules of expectations. Readable and present hold of every source that expects anything, or has slices.
const (
	ExpectColumns   ExpectRule = "columns"   // a file has exactly the source's columns, in any order
	ExpectNotNull   ExpectRule = "notNull"   // no value of some columns is null
	ExpectUnique    ExpectRule = "unique"    // no two rows of a slice have the same values in some columns
	ExpectMin       ExpectRule = "min"       // each value of some columns is null, or at least a number
	ExpectReference ExpectRule = "reference" // each value of a column is null, or in another source's files of this slice or an earlier one
	ExpectFresh     ExpectRule = "fresh"     // the newest file is not older than so many days
	ExpectReadable  ExpectRule = "readable"  // a file can be read
	ExpectPresent   ExpectRule = "present"   // a slice has a file of the source
)

// ExpectRules are the rules that a model can name.
var ExpectRules = []string{string(ExpectColumns), string(ExpectNotNull), string(ExpectUnique), string(ExpectMin), string(ExpectReference), string(ExpectFresh)}

// Expectation is what a source's rows must be.
type Expectation struct {
	Rule    ExpectRule
	Columns []string // of notNull, unique, min and reference, which has one
	Min     float64  // of min
	Source  string   // of reference
	Column  string   // of reference: the other source's
	Days    int64    // of fresh
	Warning bool     // else its severity is error: a slice that breaks it is left out, and later ones with it
}

// Severities of findings.
const (
	FindingError   = "error"
	FindingWarning = "warning"
)

// Severity returns the severity of what breaks the expectation.
func (e *Expectation) Severity() string {
	if e.Warning {
		return FindingWarning
	}
	return FindingError
}

// Finding is where raw files are not as their source expects them: the rows of one file, and of one column.
type Finding struct {
	Source   string     `json:"source"`
	Slice    string     `json:"slice,omitempty"` // such as month_005
	Rule     ExpectRule `json:"rule"`
	Severity string     `json:"severity"` // error, warning
	File     string     `json:"file,omitempty"`
	Column   string     `json:"column,omitempty"`
	Detail   string     `json:"detail"`
	Rows     int64      `json:"rows,omitempty"`   // that break it
	Places   []Found    `json:"places,omitempty"` // the first of them
	// Number is that of the slice.
	Number int64 `json:"number,omitempty"`
}

// Found is a row that breaks an expectation.
type Found struct {
	Line   int64  `json:"line"`
	Value  string `json:"value,omitempty"` // as it stands there; none of personal data
	Detail string `json:"detail,omitempty"`
}

// MostPlaces is how many rows a finding lists.
const MostPlaces = 10

// Problems returns the rows of a finding as problems.
func (f *Finding) Problems() []Problem {
	p := Problem{File: f.File, Field: f.Column, Code: CodeExpectationFailed, Detail: f.Detail}
	if p.File == "" {
		p.File = f.Slice
	}
	if len(f.Places) == 0 {
		return []Problem{p}
	}
	all := make([]Problem, len(f.Places))
	for i, at := range f.Places {
		all[i] = p
		all[i].Line = int(at.Line)
		all[i].Detail = at.Detail
		if at.Value != "" {
			all[i].Detail = fmt.Sprintf("%q %s", at.Value, at.Detail)
		}
	}
	if more := f.Rows - int64(len(f.Places)); more > 0 {
		all[len(all)-1].Detail += fmt.Sprintf(" (and %s more)", Counted(more, "row"))
	}
	return all
}
