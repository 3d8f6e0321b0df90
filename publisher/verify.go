package publisher

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/measure"
)

// VerifyRequest names the releases of a model to verify: one, or with All every one that is kept.
type VerifyRequest struct {
	Model   string
	Release int64 // 0: the current one
	All     bool
}

// Verified is what became of one version. Expected values are those recorded with the release.
type Verified struct {
	Dataset        string       `json:"dataset"`
	Releases       []int64      `json:"releases"` // of those verified, newest first
	Location       string       `json:"location"`
	Rows           int64        `json:"rows"`
	ExpectedRows   int64        `json:"wanted_rows"`
	Digest         string       `json:"digest"`
	ExpectedDigest string       `json:"wanted_digest"`
	Measures       int          `json:"measures"` // compared
	Differ         []Difference `json:"differ"`   // those that are not as recorded
	Problem        string       `json:"problem,omitempty"`
}

// Difference is a measure that is not as recorded.
type Difference struct {
	Measure  string `json:"measure"`
	Found    string `json:"found"`
	Expected string `json:"wanted"`
}

// Damage says what is wrong with the version; "" where it is as recorded.
func (v *Verified) Damage() string {
	var found []string
	if v.Problem != "" {
		return v.Problem
	}
	if v.Rows != v.ExpectedRows {
		found = append(found, fmt.Sprintf("%s instead of %d", gold.Counted(v.Rows, "row"), v.ExpectedRows))
	}
	if v.Digest != v.ExpectedDigest {
		found = append(found, "other values than were published")
	}
	for _, d := range v.Differ {
		found = append(found, fmt.Sprintf("%s is %s instead of %s", d.Measure, d.Found, d.Expected))
	}
	return strings.Join(found, ", ")
}

// Shown is what became of one collection of the BI database.
type Shown struct {
	Collection   string `json:"collection"`
	Rows         int64  `json:"rows"`
	ExpectedRows int64  `json:"wanted_rows"`
}

// Verification is the result of Verify.
type Verification struct {
	Versions   []Verified `json:"versions"`
	BI         []Shown    `json:"bi"`         // of the current release; none where the BI database has no rows of its own
	Refreshing bool       `json:"refreshing"` // a publisher is at work, or the next refresh is not due yet: BI may be behind for a moment
}

// Verify reads every row of the versions of releases again, once where releases share one, and compares their number,
// their digest and their measures with what was recorded. It only reads, and may run beside a publisher; a version
// that is pruned meanwhile is left out. Internal version_damaged or bi_behind, with the result, where something differs.
func (p *Publisher) Verify(ctx context.Context, r VerifyRequest) (*Verification, error) {
	releases, err := p.toVerify(ctx, r)
	if err != nil {
		return nil, err
	}
	state, err := p.config.Store.State(ctx, r.Model)
	if err != nil {
		return nil, err
	}
	result := &Verification{}
	for _, copies := range byLocation(releases, state.Sealed) {
		v, err := p.verifyVersion(ctx, copies)
		if gold.KindOf(err) == gold.Gone {
			p.config.Logger.Info("version pruned meanwhile: left out", "dataset", copies.first().Dataset.Name)
			continue
		}
		if err != nil {
			return nil, err
		}
		result.Versions = append(result.Versions, *v)
	}
	if state.Current != nil && slices.ContainsFunc(releases, func(r gold.Release) bool { return r.Number == state.Current.Number }) {
		if err := p.verifyBI(ctx, state, result); err != nil {
			return nil, err
		}
	}
	return result, result.err(r.Model)
}

// toVerify returns the releases that a request names, newest first.
func (p *Publisher) toVerify(ctx context.Context, r VerifyRequest) ([]gold.Release, error) {
	// Also where all are asked for: it says that there is none.
	one, err := p.config.Store.Resolve(ctx, gold.Selector{Model: r.Model, Number: r.Release})
	if err != nil {
		return nil, err
	}
	if !r.All {
		return []gold.Release{*one}, nil
	}
	all, err := p.config.Store.Releases(ctx, gold.ReleaseQuery{Model: r.Model})
	return slices.DeleteFunc(all, func(r gold.Release) bool { return r.Pruned }), err
}

// copies are the records of one version: those of the releases that share it, and its seal.
type copies struct {
	releases []int64
	records  []*gold.Version
}

func (c *copies) first() *gold.Version { return c.records[0] }

// byLocation returns the versions of releases, each once, in the order in which they come.
func byLocation(releases []gold.Release, sealed []gold.Version) []*copies {
	found := map[string]*copies{}
	var order []*copies
	for i := range releases {
		for n := range releases[i].Versions {
			v := &releases[i].Versions[n]
			c := found[v.Location]
			if c == nil {
				c = &copies{}
				found[v.Location] = c
				order = append(order, c)
			}
			c.releases, c.records = append(c.releases, releases[i].Number), append(c.records, v)
		}
	}
	for i := range sealed {
		if c := found[sealed[i].Location]; c != nil {
			c.records = append(c.records, &sealed[i])
		}
	}
	return order
}

// measures returns every measure that a record of the version knows.
func (c *copies) measures() ([]gold.Measure, error) {
	known := map[string]bool{}
	for _, v := range c.records {
		for text := range v.Measures {
			known[text] = true
		}
	}
	var measures []gold.Measure
	for _, text := range slices.Sorted(maps.Keys(known)) {
		m, err := gold.ParseMeasure(text)
		if err != nil {
			return nil, gold.Errorf(gold.Internal, gold.CodeVersionSkew, "dataset %s has the measure %s, which another version of goldserve wrote: %w", c.first().Dataset.Name, text, err)
		}
		measures = append(measures, m)
	}
	return measures, nil
}

// verifyVersion reads a version and compares it with its records. What can't be read as rows of the dataset is damage.
func (p *Publisher) verifyVersion(ctx context.Context, c *copies) (*Verified, error) {
	v := c.first()
	measures, err := c.measures()
	if err != nil {
		return nil, err
	}
	out := &Verified{
		Dataset: v.Dataset.Name, Releases: c.releases, Location: v.Location, Measures: len(measures), Differ: []Difference{},
		ExpectedRows: v.Rows, ExpectedDigest: v.Digest,
	}
	digest, found, err := p.recount(ctx, v, measures)
	switch {
	case err == nil:
	case gold.KindOf(err) == gold.Internal, gold.CodeOf(err) == gold.CodeIntegerOverflow:
		out.Problem, out.Rows = err.Error(), digest.Rows()
		return out, nil
	default:
		return nil, err
	}
	out.Rows, out.Digest = digest.Rows(), digest.String()
	for _, record := range c.records {
		// Records that differ among themselves can't all be right.
		if record.Rows != out.Rows {
			out.ExpectedRows = record.Rows
		}
		if record.Digest != out.Digest {
			out.ExpectedDigest = record.Digest
		}
		for text, wanted := range record.Measures {
			d := Difference{Measure: text, Found: found[text].String(), Expected: wanted.String()}
			if found[text] != wanted && !slices.Contains(out.Differ, d) {
				out.Differ = append(out.Differ, d)
			}
		}
	}
	slices.SortFunc(out.Differ, func(a, b Difference) int { return strings.Compare(a.Measure, b.Measure) })
	return out, nil
}

// verifyLogEvery is how often a version that is being read says how far it is.
const verifyLogEvery = 5 * time.Second

// recount reads the rows of a version in any order; the digest has those that were read where it fails.
func (p *Publisher) recount(ctx context.Context, v *gold.Version, measures []gold.Measure) (*gold.Digest, map[string]gold.Value, error) {
	digest := &gold.Digest{}
	totals, err := measure.NewTotals(v.Dataset.Fields, measures, p.config.Memory)
	if err != nil {
		return digest, nil, err
	}
	q := gold.Query{Version: v}
	if v.Dataset.Keyless() {
		q.Fields = gold.FieldNames(v.Dataset.RowFields())
	}
	rows, err := p.config.Store.Rows(ctx, q)
	if err != nil {
		return digest, nil, err
	}
	said := time.Now()
	_, err = gold.EachBatch(ctx, rows, func(b *gold.Batch) error {
		digest.Add(b, len(b.Columns))
		if time.Since(said) > verifyLogEvery {
			said = time.Now()
			p.config.Logger.Info("verifying", "dataset", v.Dataset.Name, "rows", digest.Rows(), "of", v.Rows)
		}
		return totals.Add(b)
	})
	if err != nil {
		return digest, nil, err
	}
	values, err := totals.Values()
	return digest, values, err
}

// verifyBI compares the numbers of rows in the BI database with those of the current release.
func (p *Publisher) verifyBI(ctx context.Context, state *gold.State, result *Verification) error {
	store, ok := p.config.Store.(gold.Mirror)
	if !ok {
		return nil
	}
	counts, err := store.Shown(ctx, state.Current)
	if err != nil {
		return err
	}
	for _, v := range state.Current.Versions {
		if name := v.Dataset.Collection; name != "" {
			result.BI = append(result.BI, Shown{name, counts[name], v.Rows})
		}
	}
	if result.behind() == "" {
		return nil
	}
	// Between a switch and the end of its refresh the BI database is rightly behind, and until the refresh is due.
	now, err := p.config.Store.State(ctx, state.Model)
	if err != nil {
		return err
	}
	result.Refreshing = now.Lease != nil || now.Current == nil || now.Current.Number != state.Current.Number || now.Due.After(now.Now)
	return nil
}

// behind names the BI collections that don't have the rows of the current release.
func (r *Verification) behind() string {
	var names []string
	for _, s := range r.BI {
		if s.Rows != s.ExpectedRows {
			names = append(names, fmt.Sprintf("%s has %s instead of %d", s.Collection, gold.Counted(s.Rows, "row"), s.ExpectedRows))
		}
	}
	return strings.Join(names, "; ")
}

// err says what differs and what to do; nil where nothing does.
func (r *Verification) err(model string) error {
	e := &gold.Error{Kind: gold.Internal, Code: gold.CodeVersionDamaged}
	for i := range r.Versions {
		v := &r.Versions[i]
		if damage := v.Damage(); damage != "" {
			e.Problems = append(e.Problems, gold.Problem{
				Code: gold.CodeVersionDamaged, Detail: fmt.Sprintf("dataset %s of %s (%s): %s", v.Dataset, numbers(v.Releases), v.Location, damage),
			})
		}
	}
	damaged := len(e.Problems) > 0
	if behind := r.behind(); behind != "" && !r.Refreshing {
		e.Problems = append(e.Problems, gold.Problem{Code: gold.CodeBIBehind, Detail: "BI database: " + behind + "; drop what differs and publish again, which copies it anew"})
	}
	switch {
	case len(e.Problems) == 0:
		return nil
	case damaged:
		e.Message = fmt.Sprintf("model %s has rows that are not as published: somebody or something changed them in the store", model)
	default:
		e.Code = gold.CodeBIBehind
		e.Message = fmt.Sprintf("the BI database does not show the current release of model %s", model)
	}
	if len(e.Problems) == 1 {
		e.Message = e.Problems[0].Detail + ": " + e.Message
	}
	return e
}

// numbers writes releases for people: release 3, releases 3, 2.
func numbers(releases []int64) string {
	texts := make([]string, len(releases))
	for i, n := range releases {
		texts[i] = gold.NewInt(n).String()
	}
	if len(texts) == 1 {
		return "release " + texts[0]
	}
	return "releases " + strings.Join(texts, ", ")
}
