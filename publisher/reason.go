package publisher

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"goldserve/gold"
)

// explain says what becomes of a dataset, and why.
func (pl *plan) explain(ctx context.Context, d *decision) (Action, []Why, error) {
	before := pl.before(d)
	switch {
	case d.known == nil && d.from != nil:
		why, err := pl.whyMade(ctx, d, before)
		return Derive, why, err
	case d.known == nil:
		why, err := pl.whyMade(ctx, d, before)
		return Load, why, err
	case d.kept:
		return Keep, pl.whyKept(d), nil
	}
	return Reuse, pl.whyReused(d, before), nil
}

// whyMade says why a dataset is loaded or derived. before is the current release's version, nil for none.
func (pl *plan) whyMade(ctx context.Context, d *decision, before *gold.Version) ([]Why, error) {
	var why []Why
	if d.reload {
		why = append(why, Why{ReloadRequested, "its reload was requested"})
	}
	switch {
	case before == nil && pl.state.Current == nil:
		return append(why, Why{NeverLoaded, "nothing of the model is published yet"}), nil
	case before == nil:
		return append(why, Why{NeverLoaded, "the current release does not have it"}), nil
	case before.ID == d.id && !d.reload:
		return []Why{{RowsMissing, "the store no longer has its rows"}}, nil
	case before.ID == d.id:
		return why, nil
	}
	if shapes := reshaped(&before.Dataset, d.dataset); len(shapes) > 0 {
		why = append(why, Why{ContractChanged, "the contract changed: " + strings.Join(shapes, ", ")})
	}
	origin, err := pl.originOf(ctx, d, before)
	if err != nil {
		return nil, err
	}
	if origin.Format != storageFormat {
		why = append(why, Why{StorageFormatNew, fmt.Sprintf("rows are stored in format %d, and were in format %d", storageFormat, origin.Format)})
	}
	if origin.MaskKey != "" && d.origin.MaskKey != "" && origin.MaskKey != d.origin.MaskKey {
		why = append(why, Why{MaskKeyChanged, "fields masked by hmac have another key"})
	}
	switch {
	case origin.Content == d.origin.Content:
	case d.from != nil:
		why = append(why, Why{UpstreamChanged, pl.changedUpstream(d)})
	default:
		why = append(why, Why{FileChanged, changedFile(d, before)})
	}
	return why, nil
}

// originOf returns what a version was made of. Of one that does not say, format 1 is known, and that its content is that
// of today where the same rows would have had the same id.
func (pl *plan) originOf(ctx context.Context, d *decision, before *gold.Version) (gold.Origin, error) {
	if before.Origin != nil {
		return *before.Origin, nil
	}
	source, err := pl.source(ctx, d)
	if err != nil {
		return gold.Origin{}, err
	}
	shape, err := shapeOf(&before.Dataset, pl.publisher.config.HMACKey)
	origin := gold.Origin{Format: 1}
	if identity(&before.Dataset, source, shape) == before.ID {
		origin.Content = d.origin.Content
	}
	return origin, err
}

// changedUpstream says which of the datasets changed that one is derived from.
func (pl *plan) changedUpstream(d *decision) string {
	changed := func(of *decision) bool {
		before := pl.before(of)
		return before == nil || before.ID != of.id
	}
	var looked []string
	reads := pl.reads(d)
	for _, of := range reads[1:] {
		if changed(of) {
			looked = append(looked, of.name())
		}
	}
	if len(looked) == 0 {
		return d.from.name() + ", which it is derived from, changed"
	}
	if changed(reads[0]) {
		return d.from.name() + ", which it is derived from, and " + gold.Listed(looked) + ", in which it looks fields up, changed"
	}
	return gold.Listed(looked) + ", in which it looks fields up, changed"
}

// changedFile says in what the file of a dataset differs from the one that was loaded.
func changedFile(d *decision, before *gold.Version) string {
	file, rows, size := d.table.File(), d.table.Rows(), d.table.Bytes()
	switch {
	case rows != before.Rows:
		return fmt.Sprintf("the file %s changed: it has %s, and had %d", file, gold.Counted(rows, "row"), before.Rows)
	case size != before.Bytes:
		return fmt.Sprintf("the file %s changed: it has %s, and had %d", file, gold.Counted(size, "byte"), before.Bytes)
	default:
		return fmt.Sprintf("the file %s changed: it has as many rows and bytes as before, but others", file)
	}
}

func (pl *plan) whyKept(d *decision) []Why {
	why := []Why{{FileMissing, ""}}
	switch {
	case d.absent != nil:
		why[0].Detail = "its file is missing; the current rows are kept"
	default:
		why[0] = Why{UpstreamKept, d.from.name() + ", which it is derived from, keeps its rows"}
	}
	if before := pl.before(d); d.known.Location != before.Location {
		why = append(why, Why{StoredBefore, "the rows that are served were loaded again since"})
	}
	return append(why, whyMeasured(d, d.known)...)
}

func (pl *plan) whyReused(d *decision, before *gold.Version) []Why {
	var why []Why
	known := before
	if before == nil || before.Location != d.known.Location {
		known = d.known
		why = append(why, Why{StoredBefore, "the store has its rows, from an earlier release or a publish that did not finish"})
	}
	if before != nil {
		if parts := updated(&before.Dataset, d.dataset); len(parts) > 0 {
			why = append(why, Why{ContractUpdated, "the contract changed, but nothing that shapes rows: " + strings.Join(parts, ", ")})
		}
	}
	if d.ruleResults == nil {
		why = append(why, Why{RulesUnchecked, "its rows are read and checked, since the current release has no results of these rules"})
	}
	if why = append(why, whyMeasured(d, known)...); len(why) == 0 {
		why = []Why{{AlreadyCurrent, "the current release has it already"}}
	}
	return why
}

// whyMeasured says which measures a version lacks.
func whyMeasured(d *decision, v *gold.Version) []Why {
	var texts []string
	for _, m := range missing(v, d.measures) {
		texts = append(texts, m.String())
	}
	if len(texts) == 0 {
		return nil
	}
	return []Why{{MeasuresMissing, strings.Join(texts, ", ") + " will be computed from the stored rows"}}
}

// explainRelease says why another release is made although its datasets are those of the current one.
func (pl *plan) explainRelease() []Why {
	current, model := pl.state.Current, pl.request.Model
	if current == nil {
		return []Why{{FirstRelease, "nothing of the model is published yet"}}
	}
	var why []Why
	for _, name := range pl.removed() {
		why = append(why, Why{DatasetRemoved, "dataset " + name + " is no longer in the model"})
	}
	if current.Facts != model.Facts || !slices.Equal(current.KPIs, model.KPIs) {
		why = append(why, Why{KPIsChanged, "the figures of /kpis changed"})
	}
	if current.Calendar != model.Calendar {
		why = append(why, Why{CalendarChanged, "the model's timezone, weekStart or fiscalYearStart changed"})
	}
	if len(current.Title) > 0 && (!maps.Equal(current.Title, model.Title) || current.Locale != model.Locale || current.AsOfField != model.AsOf) {
		why = append(why, Why{ModelChanged, "the model's title, locale or asOf changed"})
	}
	if !reflect.DeepEqual(current.Pack, model.Pack) {
		why = append(why, Why{ModelChanged, "the model's pack changed"})
	}
	if asOf, known := pl.asOf(pl.knownVersion); known && !asOf.Equal(current.AsOf) {
		why = append(why, Why{AsOfChanged, fmt.Sprintf("as of %s, before %s", gold.NewTime(asOf.UnixMilli()), gold.NewTime(current.AsOf.UnixMilli()))})
	}
	if current.Inferred != nil && pl.request.Inferred == nil {
		why = append(why, Why{ContractsWritten, "its contracts were inferred from the files, and are written now"})
	}
	if current.BIDatabase != pl.biDatabase {
		why = append(why, Why{BIDatabaseChanged, "another BI database shows the model: " + pl.biDatabase})
	}
	if current.Integrity != gold.Verified && pl.integrity() == gold.Verified {
		why = append(why, Why{IntegrityVerified, "the files match the manifest; the current release is unverified"}) // the same rows, of which more is known now
	}
	if len(pl.restated) > 0 && pl.request.Restate && pl.build != nil { // even of the same rows: the next publish compares the files with its lineage
		why = append(why, Why{HistoryRestated, "raw files of frozen history changed: " + filesOf(pl.restated)})
	}
	for _, c := range pl.comparisons {
		if c.result == nil {
			why = append(why, Why{RollupUnchecked, fmt.Sprintf("%s will be compared with %s, which it aggregates", c.item.name(), c.origin.name())})
		}
	}
	// A layout that isn't declared follows from the contracts: where they changed, it is no reason of its own.
	changed := func(d *decision) bool {
		return slices.ContainsFunc(d.why, func(w Why) bool { return w.Reason.changes() })
	}
	if len(current.Dashboard) > 0 && !bytes.Equal(current.Dashboard, pl.dashboard) && len(why) == 0 && !slices.ContainsFunc(pl.decisions, changed) {
		why = append(why, Why{DashboardChanged, "the dashboard's layout changed"})
	}
	return why
}

// filesOf names the files of problems.
func filesOf(problems []gold.Problem) string {
	names := make([]string, len(problems))
	for i := range problems {
		names[i] = problems[i].File
	}
	return gold.Listed(names)
}

// removed names the datasets of the current release that the model no longer has.
func (pl *plan) removed() []string {
	var names []string
	if pl.state.Current != nil {
		for i := range pl.state.Current.Versions {
			if name := pl.state.Current.Versions[i].Dataset.Name; pl.decision(name) == nil {
				names = append(names, name)
			}
		}
	}
	return names
}

// partWords has the parts of a stored contract that shape no rows, in words.
var partWords = map[string]string{
	"doc": "descriptions", "collection": "collection", "endpoint": "endpoint", "rollup": "rollup", "lend": "lookups",
	"metrics": "metrics", "looked_up": "metrics", "indexes": "indexes", "bi_indexes": "BI indexes", "joins": "relationships", "default_sort": "default order",
	"scores": "cards of models", "default_limit": "limits", "max_limit": "limits", "rules": "rules", "accelerate": "acceleration", "fields": "descriptions, filters and bounds of fields",
}

// updated names the parts in which two contracts differ, as the store keeps them.
func updated(before, after *gold.Dataset) []string {
	if sameContract(before, after) {
		return nil
	}
	parts := func(d *gold.Dataset) map[string]json.RawMessage {
		var parts map[string]json.RawMessage
		if text, err := json.Marshal(d); err != nil || json.Unmarshal(text, &parts) != nil {
			return nil
		}
		return parts
	}
	is, was := parts(after), parts(before)
	var words []string
	for part, word := range partWords {
		if !bytes.Equal(is[part], was[part]) && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	if len(words) == 0 {
		words = append(words, "its text")
	}
	return words
}
