package contract

import (
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// calendarKeys are the keys of model.yaml that make the calendar.
var calendarKeys = []string{"timezone", "weekStart", "fiscalYearStart"}

// monthNames are the names of the months.
var monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// calendarOf reads how a model counts time from its model.yaml.
func calendarOf(f *yaml.File, root *yaml.Node) gold.Calendar {
	var c gold.Calendar
	if n := root.Value("timezone"); n != nil {
		if name, ok := f.Text(n, "model: timezone"); ok {
			zone, err := gold.NewZone(name)
			if err != nil {
				f.AddNear(n, name, strings.Fields(zoneNames), "model: timezone: %v, found %s", err, yaml.Quote(name))
			} else if zone != nil {
				c.Timezone = name
			}
		}
	}
	if n := root.Value("weekStart"); n != nil {
		if word, ok := f.Word(n, "model: weekStart", gold.WeekdayNames); ok {
			c.WeekStart = gold.Weekday(slices.Index(gold.WeekdayNames, word))
		}
	}
	if n := root.Value("fiscalYearStart"); n != nil {
		if month, err := strconv.Atoi(n.Text); err == nil && month >= 1 && month <= 12 {
			c.FiscalYearStart = month
		} else if word, ok := f.Word(n, "model: fiscalYearStart", monthNames); ok {
			c.FiscalYearStart = slices.Index(monthNames, word) + 1
		}
	}
	return c
}
