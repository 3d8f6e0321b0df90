package gold

// TrackedRun is a run that a publish logs for people who compare runs: measures of a dataset of the release.
type TrackedRun struct {
	Name    string
	Dataset string
	By      string // a field: each of its values has the metrics; empty: all rows together
	Metrics []Measure
}
