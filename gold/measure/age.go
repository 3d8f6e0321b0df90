package measure

import "goldserve/gold"

// Ages are the ages of a group: see gold.Age.
type Ages struct {
	zone         *gold.Zone
	of, since    gold.Kind
	days, months int64
}

// AgesOf returns the ages of a group by age, of a field of kind k since one of another kind.
func AgesOf(k, since gold.Kind, g gold.Group) Ages {
	return Ages{g.Calendar.Zone(), k, since, int64(g.Age.Days), int64(g.Age.Months)}
}

// Of returns the age at a value since another, and false before it.
func (a Ages) Of(v, since int64) (age int64, ok bool) {
	at, from := a.local(a.of, v), a.local(a.since, since)
	switch {
	case at < from:
		return 0, false
	case a.days > 0:
		return (at - from) / (a.days * gold.MillisPerDay), true
	}
	day, ofDay := gold.FloorDiv(at, gold.MillisPerDay)
	first, ofFirst := gold.FloorDiv(from, gold.MillisPerDay)
	year, month, dayOfMonth := gold.Midnight(day).Date()
	firstYear, firstMonth, firstOfMonth := gold.Midnight(first).Date()
	months := int64(year-firstYear)*12 + int64(month-firstMonth)
	if dayOfMonth < firstOfMonth || dayOfMonth == firstOfMonth && ofDay < ofFirst {
		months--
	}
	return months / a.months, true
}

// local returns the time of clocks at a Date's midnight or a Time, as if it were UTC.
func (a Ages) local(k gold.Kind, v int64) int64 {
	if k == gold.Date {
		return v * gold.MillisPerDay
	}
	return a.zone.Local(v)
}

// CheckAge returns an Invalid error if no age can be counted from a field: it is unknown, or no Date or Time.
func CheckAge(fields []gold.Field, g gold.Group) error {
	f, err := fieldOf(fields, g.Age.Since, "group by "+g.Name())
	if err != nil {
		return err
	}
	if !f.Kind.Temporal() {
		return invalid("group by %s: an age is since a date or time, and %s is %s field", g.Name(), f.Name, f.Kind.WithArticle())
	}
	return nil
}
