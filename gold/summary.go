package gold

// WholeRecords is how many of a model's dropped releases keep their whole records, newest first. Of older ones a Summary
// remains, so that what a store holds does not grow with all releases that were ever made. Withdrawn ones keep theirs: what
// they held is recognised when it comes again.
const WholeRecords = 100

// Summary is what remains of the content of a release whose rows were dropped long ago.
type Summary struct {
	Datasets int   `json:"datasets"`
	Rows     int64 `json:"rows"` // of all datasets
	Checks   int   `json:"checks"`
	Passed   int   `json:"passed"`
	Warnings int   `json:"warnings"`
}

// Summarize counts the content of a release, or returns what remains of it.
func (r *Release) Summarize() Summary {
	if r.Summary != nil {
		return *r.Summary
	}
	s := Summary{Datasets: len(r.Versions), Checks: len(r.Quality)}
	for i := range r.Versions {
		s.Rows += r.Versions[i].Rows
	}
	for _, q := range r.Quality {
		switch {
		case q.Passed:
			s.Passed++
		case q.Severity == SeverityWarning:
			s.Warnings++
		}
	}
	return s
}

// Stub returns what remains of a release: its number, times and Summary.
func (r *Release) Stub() *Release {
	s := r.Summarize()
	return &Release{
		Model: r.Model, Number: r.Number, AsOf: r.AsOf, PublishedAt: r.PublishedAt, Withdrawn: r.Withdrawn, Pruned: r.Pruned,
		Integrity: r.Integrity, Unreached: r.Unreached, Seconds: r.Seconds, Summary: &s,
	}
}
