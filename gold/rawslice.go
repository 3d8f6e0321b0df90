package gold

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// NumberWord stands for the number in the name of a RawSlice.
const NumberWord = "{n}"

// Number returns the number that a path has: false where no folder or file of it has the slice's name.
func (s *RawSlice) Number(file string) (int64, bool) {
	before, after, _ := strings.Cut(s.Name, NumberWord)
	for name := range strings.SplitSeq(file, "/") {
		stem, _, _ := strings.Cut(name, ".")
		rest, begins := strings.CutPrefix(stem, before)
		digits, ends := strings.CutSuffix(rest, after)
		if begins && ends && len(digits) > 0 && len(digits) <= 9 && strings.Trim(digits, "0123456789") == "" {
			n, err := strconv.ParseInt(digits, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// In returns the name of the slice of a number.
func (s *RawSlice) In(number int64) string {
	text := strconv.FormatInt(number, 10)
	if pad := 3 - len(text); pad > 0 {
		text = strings.Repeat("0", pad) + text
	}
	return strings.Replace(s.Name, NumberWord, text, 1)
}

// MonthEnd returns the last day of the month that is n months after that of a date such as 2024-01-15, as 2024-03-31. A month after the
// year 9999 is an error.
func MonthEnd(date string, n int64) (string, error) {
	first, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return "", err
	}
	end := time.Date(first.Year(), first.Month()+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	if end.Year() > 9999 {
		return "", fmt.Errorf("%d months after %s is after the year 9999", n, date)
	}
	return end.Format(time.DateOnly), nil
}

// HistoryChanges returns where the files of a source differ from those that its slices had before, if its history is frozen. taken says
// what happened then, such as built. all says that before lists every file: what is new in a slice is only known then, and is no change
// where slices may lack files.
func (s *RawSource) HistoryChanges(before, now []RawFile, taken string, all bool) (problems []Problem) {
	if s.Slice == nil || !s.Slice.Frozen {
		return nil
	}
	changed := func(file, how string, args ...any) {
		problems = append(problems, Problem{
			File: file, Code: CodeSnapshotChanged,
			Detail: fmt.Sprintf(how, args...) + ", and the history of " + s.Name + " is frozen: put it back as it was",
		})
	}
	left, last := map[string]string{}, int64(-1)
	for _, f := range before {
		left[f.Path] = f.SHA256
		if n, ok := s.Slice.Number(f.Path); ok {
			last = max(last, n)
		}
	}
	for _, f := range now {
		sum, was := left[f.Path]
		delete(left, f.Path)
		if was && sum != f.SHA256 {
			changed(f.Path, "it was changed after it was %s", taken)
		}
		if n, _ := s.Slice.Number(f.Path); !was && all && n <= last && !s.Slice.Optional {
			changed(f.Path, "it is new, and of a slice that was %s without it", taken)
		}
	}
	for _, f := range before {
		if _, gone := left[f.Path]; gone {
			changed(f.Path, "it was removed after it was %s", taken)
		}
	}
	return problems
}
