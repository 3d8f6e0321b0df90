package gold

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Knows is the highest Requires that this program can read: 1 is a record that contains its contracts, as goldserve
// 0.1.0 wrote them; 2 is one that refers to them by hash; 3 is one with a dataset that has no key; 4 is one with a calendar
// of its own, or periods that are no days, weeks, months or years, or a growth
// with gaps, or metrics of looked-up fields; 5 is one with a version beside whose rows others may lie. Increment it if a reader
// must know something new. A record of any number is a JSON object with the member requires, absent for 1.
const Knows = 5

// Needs returns what a reader of a release must support: no more than its datasets need, so that older programs go on
// reading the others.
func (r *Release) Needs() int {
	if slices.ContainsFunc(r.Versions, func(v Version) bool { return v.Segmented() }) {
		return max(5, r.Requires)
	}
	if r.Calendar != (Calendar{}) || slices.ContainsFunc(r.Versions, func(v Version) bool {
		return v.Dataset.cuts() || slices.ContainsFunc(v.Dataset.Measures(), v.Dataset.LooksUp)
	}) {
		return max(4, r.Requires)
	}
	if slices.ContainsFunc(r.Versions, func(v Version) bool { return v.Dataset.Keyless() }) {
		return max(3, r.Requires)
	}
	return max(2, r.Requires)
}

// cuts reports whether a contract has groups or a growth that programs before 4 don't know.
func (d *Dataset) cuts() bool {
	if d.Derive != nil && d.Derive.Growth != nil && (d.Derive.Growth.Grain != GrainNone || d.Derive.Growth.Named) {
		return true
	}
	return slices.ContainsFunc(d.made(), func(g Group) bool { return g.Grain > Year || g.Calendar != (Calendar{}) })
}

// storedRelease is a release's record: contracts are stored once, and referred to by hash.
type storedRelease struct {
	Release
	Requires int             `json:"requires,omitempty"`
	Versions []storedVersion `json:"versions"`
}

type storedVersion struct {
	Contract string `json:"dataset"`
	Version
}

// EncodeRelease returns the record of a release, and its contracts by their hash, which stores keep beside it.
func EncodeRelease(r *Release) (record string, contracts map[string]string, err error) {
	stored := storedRelease{Release: *r, Requires: r.Needs()}
	contracts = map[string]string{}
	for i := range r.Versions {
		contract, err := json.Marshal(&r.Versions[i].Dataset)
		if err != nil {
			return "", nil, fmt.Errorf("contract of dataset %s: %w", r.Versions[i].Dataset.Name, err)
		}
		sum := sha256.Sum256(contract)
		hash := hex.EncodeToString(sum[:])
		contracts[hash] = string(contract)
		v := r.Versions[i]
		v.Resume = nil // seals have it
		stored.Versions = append(stored.Versions, storedVersion{hash, v})
	}
	text, err := json.Marshal(&stored)
	return string(text), contracts, err
}

// Contracts decodes records of releases and caches the contracts that they refer to. The zero value is ready to use; it
// is safe for concurrent use.
type Contracts struct {
	mu    sync.Mutex
	known map[string]Dataset
}

// maxContracts is the number of cached contracts.
const maxContracts = 1024

// Decode decodes the record of a release. fetch returns contracts by hash. If the release requires more than this
// program Knows, only Requires is set.
func (c *Contracts) Decode(record string, fetch func(hashes []string) (map[string]string, error)) (*Release, error) {
	var head struct {
		Requires int `json:"requires"`
	}
	if err := json.Unmarshal([]byte(record), &head); err != nil {
		return nil, err
	}
	switch {
	case head.Requires > Knows:
		return &Release{Requires: head.Requires}, nil
	case head.Requires <= 1:
		r := &Release{}
		return r, json.Unmarshal([]byte(record), r)
	}
	var stored storedRelease
	if err := json.Unmarshal([]byte(record), &stored); err != nil {
		return nil, err
	}
	contracts, err := c.named(stored.Versions, fetch)
	if err != nil {
		return nil, err
	}
	r := &stored.Release
	if !r.Calendar.Known() { // of an edition of the time zone database that is newer than this program's
		return &Release{Requires: Knows + 1}, nil
	}
	r.Requires, r.Versions = stored.Requires, make([]Version, len(stored.Versions))
	for i, v := range stored.Versions {
		r.Versions[i] = v.Version
		r.Versions[i].Dataset = contracts[v.Contract]
	}
	return r, nil
}

// named returns the contracts that versions refer to.
func (c *Contracts) named(versions []storedVersion, fetch func([]string) (map[string]string, error)) (map[string]Dataset, error) {
	named := map[string]Dataset{}
	var missing []string
	c.mu.Lock()
	for _, v := range versions {
		if d, ok := c.known[v.Contract]; ok {
			named[v.Contract] = d
		} else {
			missing = append(missing, v.Contract)
		}
	}
	c.mu.Unlock()
	if len(missing) == 0 {
		return named, nil
	}
	texts, err := fetch(missing)
	if err != nil {
		return nil, err
	}
	for _, hash := range missing {
		var d Dataset
		if err := json.Unmarshal([]byte(texts[hash]), &d); err != nil {
			return nil, fmt.Errorf("contract %s: %w", hash, err)
		}
		named[hash] = d
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known)+len(missing) > maxContracts {
		c.known = map[string]Dataset{}
	}
	for _, hash := range missing {
		c.known[hash] = named[hash]
	}
	return named, nil
}

// Keys returns the keys by which a release can be found by content: VersionsKey and RowsKey.
func (r *Release) Keys() []string {
	keys := []string{r.VersionsKey()}
	if key := r.RowsKey(); key != "" {
		keys = append(keys, key)
	}
	return keys
}

// VersionsKey is equal for releases with the same versions.
func (r *Release) VersionsKey() string {
	return r.key("versions", func(v *Version) string { return v.ID })
}

// RowsKey is equal for releases whose datasets have the same fields and the same rows, whatever their files and storage
// format were. It is "" if a digest isn't known.
func (r *Release) RowsKey() string {
	if slices.ContainsFunc(r.Versions, func(v Version) bool { return v.Digest == "" }) {
		return ""
	}
	return r.key("rows", func(v *Version) string {
		var b strings.Builder
		fmt.Fprintf(&b, "%s %d %q", v.Digest, v.Rows, v.Dataset.Key)
		for _, f := range v.Dataset.Fields {
			fmt.Fprintf(&b, " %q %s %d %s", f.Name, f.Kind, f.Scale, f.Mask)
			if f.Precision > 0 {
				fmt.Fprintf(&b, " precision %d", f.Precision)
			}
		}
		for _, f := range v.Dataset.BI {
			fmt.Fprintf(&b, " bi %q %q", f.Name, f.From)
		}
		return b.String()
	})
}

// key hashes a description of each version.
func (r *Release) key(of string, say func(*Version) string) string {
	lines := make([]string, len(r.Versions))
	for i := range r.Versions {
		lines[i] = fmt.Sprintf("%q %s\n", r.Versions[i].Dataset.Name, say(&r.Versions[i]))
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "")))
	return of + " " + hex.EncodeToString(sum[:])
}

// Understood returns an error if a release requires more than this program Knows.
func (r *Release) Understood() error {
	if r.Requires <= Knows {
		return nil
	}
	return Errorf(Unavailable, CodeVersionSkew, "release %d of model %s needs a newer goldserve: it requires %d of a reader, and this program knows %d; run the newer one",
		r.Number, r.Model, r.Requires, Knows)
}
