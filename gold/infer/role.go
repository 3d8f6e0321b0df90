package infer

import (
	"slices"

	"goldserve/gold"
)

// The bounds of closed lists: at most so many values, each in so many rows on average.
const (
	maxList     = 20
	rowsOfValue = 20
)

// findLists finds the texts that have few values, each of them often.
func (d *Dataset) findLists() {
	for _, f := range d.Fields {
		values := f.profile.listed()
		if f.PII || f.Kind != gold.Text || f.Period != gold.NoPeriod || len(values) < 2 || len(values) > maxList || slices.Contains(d.Key, f) {
			continue
		}
		if f.profile.rows-f.profile.nulls >= int64(len(values))*rowsOfValue {
			f.Values = values
		}
	}
}

// findTime chooses the field that time runs along: an instant before a date before a text day or month, the one that is never
// null and has the most values.
func (d *Dataset) findTime() {
	better := func(a, b *Field) bool {
		if a.Nullable != b.Nullable {
			return !a.Nullable
		}
		if a.timeRank() != b.timeRank() {
			return a.timeRank() > b.timeRank()
		}
		return a.profile.distinctCount > b.profile.distinctCount
	}
	for _, f := range d.Fields {
		if f.timeRank() > 0 && (d.Time == nil || better(f, d.Time)) {
			d.Time = f
		}
	}
	for _, f := range d.Fields {
		f.Additive = d.addsUp(f)
	}
}

// timeRank tells how fine a field's time is, 0 where it has none.
func (f *Field) timeRank() int {
	switch {
	case f.PII || f.profile.nulls == f.profile.rows || f.profile.distinctCount < 1.5:
		return 0
	case f.Kind == gold.Time:
		return 10
	case f.Kind == gold.Date:
		return 9
	case f.Kind == gold.Text && f.Period != gold.NoPeriod:
		return 8 - int(f.Period)
	}
	return 0
}

// Words of numbers whose sum means nothing: parts, means, places, ages, prices of one piece.
var notAdditive = []string{
	"rate", "ratio", "pct", "percent", "percentage", "share", "taux", "part", "prob", "probability", "score", "avg", "average", "mean", "moyen",
	"moyenne", "med", "median", "mediane", "min", "max", "std", "var", "age", "year", "annee", "month", "mois", "day", "week", "hour", "quarter",
	"price", "prix", "rank", "rang", "lat", "latitude", "lon", "lng", "longitude", "zip", "postcode", "number", "numero", "no", "num", "version",
	"recency", "tenure", "growth", "index", "level", "temperature", "speed", "year", "discount", "remise",
}

// addsUp reports whether the sum of a field's values means something.
func (d *Dataset) addsUp(f *Field) bool {
	p := f.profile
	_, identifying := identifies(f.Name)
	switch {
	case !f.Kind.Numeric() || f.PII || identifying || slices.Contains(d.Key, f) || hasWord(f.Name, notAdditive...) || p.lowest.IsNull():
		return false
	case f.Kind == gold.Int:
		low, high := p.lowest.Int(), p.highest.Int()
		return low != high && (low < 1900 || high > 2100) // years
	case f.Kind == gold.Double:
		return p.lowest.Double() < 0 || p.highest.Double() > 1 // shares
	}
	return true
}

// chooseFacts chooses the dataset with the most rows among those that have a time and numbers that add up.
func (m *Model) chooseFacts() {
	for _, d := range m.Datasets {
		if d.Time != nil && slices.ContainsFunc(d.Fields, func(f *Field) bool { return f.Additive }) && (m.Facts == nil || d.Rows > m.Facts.Rows) {
			m.Facts = d
		}
	}
}
