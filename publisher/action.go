package publisher

// Action is what a publish does about one dataset.
type Action string

// The actions.
const (
	Keep   Action = "keep"   // it has no file, and keeps the rows that are served: see Request.Partial
	Reuse  Action = "reuse"  // the store has its rows
	Load   Action = "load"   // its file is loaded
	Derive Action = "derive" // it is computed from the rows of another dataset, and stored
)

// Why is a reason in words.
type Why struct {
	Reason Reason `json:"reason"`
	Detail string `json:"detail"` // a sentence without a full stop
}

// Reason says why a publish does what it does. The set is closed: docs/publish.md has each.
type Reason string

// The reasons.
const (
	// Of datasets that are loaded or derived.
	NeverLoaded      Reason = "never_loaded"       // the current release does not have it
	FileChanged      Reason = "file_changed"       // the content of its files is another
	ContractChanged  Reason = "contract_changed"   // in what shapes its rows
	UpstreamChanged  Reason = "upstream_changed"   // the dataset that it is derived from has other rows
	MaskKeyChanged   Reason = "mask_key_changed"   // of fields masked by hmac
	StorageFormatNew Reason = "storage_format_new" // this program stores rows in another form
	RowsMissing      Reason = "rows_missing"       // the store no longer has the rows of its version
	ReloadRequested  Reason = "reload_requested"   // Request.Reload names it

	// Of datasets that are kept.
	FileMissing  Reason = "file_missing"
	UpstreamKept Reason = "upstream_kept" // the dataset that it is derived from is kept

	// Of datasets that are reused.
	AlreadyCurrent  Reason = "unchanged"        // in the current release, as it is
	StoredBefore    Reason = "stored_before"    // by an earlier release, or a publish that did not finish
	ContractUpdated Reason = "contract_updated" // in what does not shape its rows
	RulesUnchecked  Reason = "rules_unchecked"  // its rows are read and checked; none is loaded
	MeasuresMissing Reason = "measures_missing" // they are computed from the stored rows

	// Of the release as a whole.
	FirstRelease      Reason = "first_release"
	DatasetRemoved    Reason = "dataset_removed"
	CalendarChanged   Reason = "calendar_changed"
	KPIsChanged       Reason = "kpis_changed"
	AsOfChanged       Reason = "as_of_changed"
	DashboardChanged  Reason = "dashboard_changed"
	ModelChanged      Reason = "model_changed"
	BIDatabaseChanged Reason = "bi_database_changed"
	ContractsWritten  Reason = "contracts_written"  // they were guessed from the files, and a person has them now
	IntegrityVerified Reason = "integrity_verified" // a manifest vouches for the files of a release that had none
	HistoryRestated   Reason = "history_restated"   // raw files of frozen history changed, and Request.Restate takes them
	RollupUnchecked   Reason = "rollup_unchecked"   // rows have not been compared with those that they aggregate
)

// changes reports whether a dataset with this reason makes another release.
func (r Reason) changes() bool {
	return r != AlreadyCurrent && r != FileMissing && r != UpstreamKept
}
