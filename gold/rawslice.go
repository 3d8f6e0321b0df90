package gold

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// NumberWord stands for the number in the name of a RawSlice.
const NumberWord = "{n}"

// Number returns the number that a path has: false where no folder or file of it has the slice's name.
func (s *RawSlice) Number(file string) (int64, bool) {
	before, after, _ := strings.Cut(s.Name, NumberWord)
	named := regexp.MustCompile("^" + regexp.QuoteMeta(before) + "([0-9]{1,9})" + regexp.QuoteMeta(after) + "$")
	for name := range strings.SplitSeq(file, "/") {
		stem, _, _ := strings.Cut(name, ".")
		if found := named.FindStringSubmatch(stem); found != nil {
			n, err := strconv.ParseInt(found[1], 10, 64)
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

// MonthEnd returns the last day of the month that is n months after that of a date such as 2024-01-15, as 2024-03-31.
func MonthEnd(date string, n int64) (string, error) {
	first, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return "", err
	}
	return time.Date(first.Year(), first.Month()+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), nil
}
