package infer

import (
	"slices"
	"strings"

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
		if d.before.guessed(f) {
			f.keepList(d.before.contract.Dataset.ListedValues(f.Name), d.Rows)
			continue
		}
		if f.PII || f.document || f.Kind != gold.Text || f.Period != gold.NoPeriod || len(values) < 2 || len(values) > maxList || slices.Contains(d.Key, f) {
			continue
		}
		if f.profile.rows-f.profile.nulls >= int64(len(values))*rowsOfValue {
			f.Values = values
		}
	}
}

// keepList keeps the closed list that an earlier inference found: with the values that are new, while they are few.
func (f *Field) keepList(known []string, rows int64) {
	if len(known) == 0 || f.PII || f.document || f.Kind != gold.Text || f.profile.values == nil && rows > 0 {
		return
	}
	all := slices.Concat(known, f.profile.listed())
	slices.Sort(all)
	if all = slices.Compact(all); len(all) <= maxList {
		f.Values = all
	}
}

// findTime chooses the field that time runs along: an instant before a date before a text day or month, the one that is never
// null and has the most values; of dates with about as many, the first.
func (d *Dataset) findTime() {
	better := func(a, b *Field) bool {
		if a.Nullable != b.Nullable {
			return !a.Nullable
		}
		if a.timeRank() != b.timeRank() {
			return a.timeRank() > b.timeRank()
		}
		return a.profile.distinctCount > 1.1*b.profile.distinctCount
	}
	for _, f := range d.Fields {
		if f.timeRank() > 0 && (d.Time == nil || better(f, d.Time)) {
			d.Time = f
		}
	}
	for _, f := range d.Fields {
		f.Additive = d.addsUp(f)
		if d.before.guessed(f) && len(d.before.contract.Dataset.Metrics) > 0 {
			f.Additive = f.Kind.Measurable() && !f.PII && d.before.sums(f.Name) && f.profile.sums()
		}
	}
}

// keepTime keeps the time of the facts that an earlier inference chose.
func (d *Dataset) keepTime(asOf gold.FieldRef) {
	if f := d.Field(asOf.Field); asOf.Dataset == d.Name && f != nil && f.timeRank() > 0 && f.Kind.Temporal() {
		d.Time = f
	}
}

// births are words of dates on which persons were born: nothing that a table tells of happened then.
var births = []string{
	"birth", "birthdate", "birthday", "dateofbirth", "dob", "born", "naissance", "geburt", "geburtsdatum", "geburtstag", "geboren", "nacimiento", "nascita", "nascimento",
}

// timeRank tells how fine a field's time is, 0 where it has none.
func (f *Field) timeRank() int {
	switch {
	case f.PII || f.profile.nulls == f.profile.rows || f.profile.distinctCount < 1.5 || hasWord(f.spoken, births...):
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
	"moyenne", "med", "median", "mediane", "min", "max", "std", "var", "age", "price", "prix", "rank", "rang", "lat", "latitude", "lon", "lng",
	"longitude", "alt", "altitude", "elevation", "zip", "postcode", "version", "recency", "since", "tenure", "growth", "index", "level", "speed",
	"temp", "temperature", "pressure", "humidity", "length", "depth", "height", "width", "discount", "remise",
	"hash", "checksum",
}

// Parts of dates and times: day is the place in a month, days are a number that adds up.
var calendar = []string{"year", "annee", "quarter", "trimestre", "month", "mois", "week", "semaine", "day", "jour", "hour", "heure", "minute", "second"}

// addsUp reports whether the sum of a field's values means something.
func (d *Dataset) addsUp(f *Field) bool {
	p := f.profile
	_, identifying := identifies(f.spoken)
	said := words(f.spoken)
	isPart := slices.ContainsFunc(said, func(w string) bool { return slices.Contains(calendar, w) })
	isSubject := len(said) == 1 && slices.Contains(subjects(d.Name), singular(said[0])) && said[0] != strings.ToLower(d.Name) // flight of flights
	switch {
	case !f.Kind.Measurable() || f.PII || identifying || isPart || isSubject || f.Doc.Unit == "%" || isOrdinal(f.spoken) || slices.Contains(d.Key, f) || hasWord(f.spoken, notAdditive...) || p.lowest.IsNull() || !p.sums():
		return false
	case f.Kind == gold.Int:
		low, high := p.lowest.Int(), p.highest.Int()
		return low != high && (low < 1900 || high > 2100) // years
	}
	return p.lowest.Real(f.Scale) < 0 || p.highest.Real(f.Scale) > 1 // shares
}
