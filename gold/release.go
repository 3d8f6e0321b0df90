package gold

import (
	"encoding/json"
	"slices"
	"time"
)

// Version is the immutable content of one dataset, with the contract that it was loaded with. In a release, Dataset is
// the contract of that release: its labels, filters and metrics may be newer than the rows.
type Version struct {
	Dataset  Dataset          `json:"dataset"`
	ID       string           `json:"id"`     // SHA-256, hexadecimal, of everything that shapes the rows: see publisher
	Digest   string           `json:"digest"` // of the rows in any order: see Digest
	Rows     int64            `json:"rows"`
	Bytes    int64            `json:"bytes,omitempty"`    // of the files read, 0 for a derived dataset
	Location string           `json:"location"`           // the store's own name; opaque to all others
	Checked  string           `json:"checked,omitempty"`  // SHA-256 of the rules that its rows were checked by
	Measures map[string]Value `json:"measures,omitempty"` // unfiltered, by canonical text: "sum(montant)"
	Origin   *Origin          `json:"origin,omitempty"`   // nil: the program that loaded it did not say
	Resume   *Resume          `json:"resume,omitempty"`   // in seals of versions that may be extended
}

// Origin records what a version was made of, the parts of its ID. A later publish can skip files with the same token,
// and can say what changed.
type Origin struct {
	Format  int    `json:"format"`             // of stored rows: see publisher
	Shape   string `json:"shape"`              // SHA-256 of the parts of its contract that shape rows
	Content string `json:"content"`            // SHA-256 of the content of its files, or of the ids of the versions that it is derived from
	Vouched string `json:"vouched,omitempty"`  // SHA-256 of what a manifest said of its files, which they were found to be; empty: none did
	Token   string `json:"token,omitempty"`    // of its files when they were read; empty: unknown, they must be read again
	MaskKey string `json:"mask_key,omitempty"` // names the key of fields masked by hmac
	// Dropped are the fields that are dropped before anything is stored and that rules speak of, and whether the files have them.
	Dropped map[string]bool `json:"dropped,omitempty"`
	Source  string          `json:"source,omitempty"` // in words, the version of the table that its rows were read from, where Details is nil
	// Details say where its rows were read from; nil: they are derived, or the program that loaded it did not say.
	Details *Provenance `json:"details,omitempty"`
}

// Knows reports whether the files are known to have each of some fields that are dropped, or not to have it.
func (o *Origin) Knows(dropped []Field) bool {
	return !slices.ContainsFunc(dropped, func(f Field) bool {
		_, known := o.Dropped[f.Name]
		return !known
	})
}

// From says in words where rows were read from; empty: they are derived, or it is not known.
func (o *Origin) From() string {
	switch {
	case o == nil:
		return ""
	case o.Details != nil:
		return o.Details.String()
	}
	return o.Source
}

// Provenance says where rows were read from; nil: they are derived, or it is not known.
func (o *Origin) Provenance() *Provenance {
	if o == nil {
		return nil
	}
	return o.Details
}

// Release is one immutable list of versions of a model.
type Release struct {
	Model       string    `json:"model"`
	Number      int64     `json:"number"` // from 1, given by the store at the switch, never used twice
	AsOf        time.Time `json:"as_of"`
	PublishedAt time.Time `json:"published_at"` // the store's clock
	Withdrawn   bool      `json:"-"`            // a rollback made an older release current
	Pruned      bool      `json:"-"`            // past its retention: its rows are dropped, or will be after the grace
	KPIs        []string  `json:"kpis,omitempty"`
	Facts       string    `json:"facts,omitempty"`
	Calendar    Calendar  `json:"calendar,omitzero"` // by which its answers tell time
	// Title, Locale and AsOfField are the model's; no title: its publisher did not record them.
	Title     map[string]string `json:"title,omitempty"`
	Locale    string            `json:"locale,omitempty"`
	AsOfField FieldRef          `json:"as_of_field,omitzero"`
	// Dashboard is the layout of its page, as gold/dashboard writes it; nil: its publisher did not record one.
	Dashboard json.RawMessage `json:"dashboard,omitempty"`
	// BIDatabase is the BI database that shows it; "": the store's own. In SQLite it is what the names of views begin with.
	BIDatabase  string        `json:"bi_database,omitempty"`
	Versions    []Version     `json:"versions"` // by dataset name
	Quality     []RuleResult  `json:"quality,omitempty"`
	Inferred    *Inferred     `json:"inferred,omitempty"`    // nil: a person wrote its contracts
	Integrity   string        `json:"integrity,omitempty"`   // Verified or Unverified
	Lineage     *Lineage      `json:"lineage,omitempty"`     // nil: no build made its files
	Pack        *PackSettings `json:"pack,omitempty"`        // nil: by default
	Environment *Environment  `json:"environment,omitempty"` // nil: the program that published it did not say
	Unreached   string        `json:"unreached,omitempty"`   // the lake that could not be reached, so that its files are those of its fallback
	Summary     *Summary      `json:"summary,omitempty"`     // instead of versions and quality; nil: the record is whole
	Seconds     float64       `json:"seconds,omitempty"`     // from the start of its publish to the switch
	Requires    int           `json:"-"`                     // what a reader must support: see Knows; 0: 1. Stores set it to what the release Needs
	Behind      int64         `json:"-"`                     // the number of the current release if this one is served in its place; else 0
}

// BISuffix ends the names of BI databases that are named after their models.
const BISuffix = "_serving"

// Inferred is what a release records whose contracts were guessed from the files.
type Inferred struct {
	Files map[string]string `json:"files"` // of the model's folder, by path
	// Gone are contracts of datasets whose files are gone, so that they are guessed alike where they come back.
	Gone    map[string]string `json:"gone,omitempty"`
	Changes []string          `json:"changes,omitempty"` // guesses of the release before that no longer hold
}

// The integrity of a release.
const (
	Verified   = "verified"   // the files match a manifest
	Unverified = "unverified" // there was no manifest
)

// Version returns the version of a dataset, or nil.
func (r *Release) Version(dataset string) *Version {
	for i := range r.Versions {
		if r.Versions[i].Dataset.Name == dataset {
			return &r.Versions[i]
		}
	}
	return nil
}

// Dataset returns the dataset of a name as it was published, or nil.
func (r *Release) Dataset(name string) *Dataset {
	if v := r.Version(name); v != nil {
		return &v.Dataset
	}
	return nil
}

// QualityOf summarises the rules of a dataset for people: "ok", "2 warnings".
func (r *Release) QualityOf(dataset string) string {
	warnings := 0
	for _, q := range r.Quality {
		if q.Dataset == dataset && !q.Passed {
			warnings++
		}
	}
	if warnings == 0 {
		return "ok"
	}
	return Counted(warnings, "warning")
}

// RuleResult is the result of one rule in a release.
type RuleResult struct {
	Dataset  string   `json:"dataset"`
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Passed   bool     `json:"passed"`
	Failing  int64    `json:"failing"`
	Examples []string `json:"examples,omitempty"` // at most five, never of PII
}

// Selector names a release of a model: by number, by the newest as_of not later than AsOf, or, with neither, the
// current one.
type Selector struct {
	Model  string
	Number int64
	AsOf   time.Time
}

// ReleaseQuery asks for the releases of a model, newest first.
type ReleaseQuery struct {
	Model  string
	Key    string // only releases with this content: see Release.Keys; "": all
	Kept   bool   // only releases that are neither withdrawn nor pruned
	Before int64  // only numbers below; 0: from the newest
	Limit  int    // 0: all
}
