package mongostore

import (
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// DropOrphans implements gold.Writer.
//
// Whatever is dropped is named in the pointer before, by compare-and-set on the fence: who comes later neither reuses nor
// names it, however late the drop itself arrives.
func (s *Store) DropOrphans(ctx context.Context, l gold.Lease, dryRun bool) ([]string, error) {
	if err := s.writable("drop orphans"); err != nil {
		return nil, err
	}
	p, err := s.held(ctx, l)
	if err != nil {
		return nil, err
	}
	seals, names, err := s.stored(ctx, p.Model)
	if err != nil {
		return nil, err
	}
	found := orphans(p.Model, names, seals, l.Fence)
	if dryRun {
		return found, nil
	}
	// What an earlier run named and did not get to is in seals no more, and so among the orphans, or gone.
	return found, s.drop(ctx, l, found, p.Dropping)
}

// Prune implements gold.Writer.
//
// A release past its retention is marked first, from when on nobody can ask for it, and its rows are dropped by a run
// that finds the mark older than the grace.
func (s *Store) Prune(ctx context.Context, pr gold.Prune) (*gold.PruneReport, error) {
	if err := s.writable("prune"); err != nil {
		return nil, err
	}
	p, err := s.held(ctx, pr.Lease)
	if err != nil {
		return nil, err
	}
	report := &gold.PruneReport{}
	if err := s.pruneReleases(ctx, p, pr, report); err != nil {
		return nil, err
	}
	return report, nil
}

// orphans returns the collections of a model's versions that are not sealed and of a fence below the given one.
func orphans(model string, names map[string]string, seals map[string]sealRecord, fence int64) []string {
	var found []string
	used := gold.LastSegments(maps.Keys(seals))
	for name := range names {
		of, since, version := gold.ParseLocation(name)
		if _, sealed := used[name]; version && !sealed && of == model && since < fence {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// drop drops collections for good: named in the pointer, their seals withdrawn, then gone, then forgotten.
func (s *Store) drop(ctx context.Context, l gold.Lease, collections, left []string) error {
	all := slices.Clone(left)
	for _, collection := range collections {
		if !slices.Contains(all, collection) {
			all = append(all, collection)
		}
	}
	if len(all) == 0 {
		return nil
	}
	doing := "drop versions of model " + l.Model
	if err := s.set(ctx, l, doing, bson.D{{Key: "$addToSet", Value: bson.D{{Key: "dropping", Value: bson.D{{Key: "$each", Value: all}}}}}}); err != nil {
		return err
	}
	seals, err := s.sealsOf(ctx, l.Model)
	if err != nil {
		return err
	}
	if err := s.unseal(ctx, l.Model, seals, all); err != nil {
		return err
	}
	marks := bson.D{} // of what was appended to them
	for _, collection := range all {
		s.forgetSize(collection)
		if err := retry(ctx, func(int) error { return s.releases.Collection(collection).Drop(ctx) }); err != nil {
			return s.fail(ctx, "drop "+collection, err)
		}
		marks = append(marks, bson.E{Key: "marks." + collection, Value: ""})
	}
	return s.set(ctx, l, doing, bson.D{{Key: "$pull", Value: bson.D{{Key: "dropping", Value: bson.D{{Key: "$in", Value: all}}}}}, {Key: "$unset", Value: marks}})
}

// set changes the pointer where the lease is still the model's, else Conflict. The update may be repeated.
func (s *Store) set(ctx context.Context, l gold.Lease, doing string, update any) error {
	var matched bool
	err := retry(ctx, func(int) error {
		res, err := s.pointers().UpdateOne(ctx, leaseFilter(l), update)
		matched = err == nil && res.MatchedCount > 0
		return err
	})
	if err == nil && !matched {
		p, err := s.pointer(ctx, l.Model)
		if err != nil {
			return err
		}
		return p.check(l)
	}
	return s.fail(ctx, doing, err)
}

func (s *Store) pruneReleases(ctx context.Context, p *pointer, pr gold.Prune, report *gold.PruneReport) error {
	records, err := s.recordsOf(ctx, p)
	if err != nil {
		return err
	}
	releases := make([]gold.Release, len(records))
	for i, r := range records {
		releases[i] = gold.Release{Number: r.Key.Number, AsOf: r.AsOf, PublishedAt: r.PublishedAt, Pruned: r.Pruned, Withdrawn: slices.Contains(p.Withdrawn, r.Key.Number)}
	}
	report.Why, err = pr.Expired(p.Current, p.Now, releases, func(r *gold.Release) (map[string]int64, error) {
		i := slices.IndexFunc(records, func(record releaseRecord) bool { return record.Key.Number == r.Number })
		return s.sizesOf(ctx, p, &records[i])
	})
	if err != nil {
		return err
	}
	for i := range records {
		r := &records[i]
		if report.Why[r.Key.Number] == "" {
			continue
		}
		report.Marked = append(report.Marked, r.Key.Number)
		if pr.DryRun {
			continue
		}
		if err := s.mark(ctx, pr.Lease, r); err != nil {
			return err
		}
	}
	return s.dropReleases(ctx, pr, records, report)
}

// settled is after what time the size of a collection is final: the server writes a checkpoint every minute.
const settled = 3 * time.Minute

// forgetSize forgets the sizes that were known of a collection.
func (s *Store) forgetSize(collection string) {
	s.sizes.Range(func(location, _ any) bool {
		if collectionOf(location.(string)) == collection {
			s.sizes.Delete(location)
		}
		return true
	})
}

// sizesOf returns the bytes of the collections and indexes of a release's versions by the collection's name. One that was
// appended to is as large as it was for the last of them.
func (s *Store) sizesOf(ctx context.Context, p *pointer, r *releaseRecord) (map[string]int64, error) {
	release, err := understood(s.release(ctx, p, r))
	if err != nil {
		return nil, err
	}
	found := map[string]int64{}
	for i := range release.Versions {
		location := release.Versions[i].Location
		name := collectionOf(location)
		if size, known := s.sizes.Load(location); known {
			found[name] = size.(int64)
			continue
		}
		var stats struct {
			Data    int64 `bson:"storageSize"`
			Indexes int64 `bson:"totalIndexSize"`
		}
		err := retry(ctx, func(int) error {
			return s.releases.RunCommand(ctx, bson.D{{Key: "collStats", Value: name}}).Decode(&stats)
		})
		if err != nil {
			return nil, s.fail(ctx, "ask for the size of "+name, err)
		}
		found[name] = stats.Data + stats.Indexes
		if p.Now.Sub(r.PublishedAt) > settled {
			s.sizes.Store(location, found[name])
		}
	}
	return found, nil
}

// recordsOf reads what pruning needs of a model's releases, newest first.
func (s *Store) recordsOf(ctx context.Context, p *pointer) ([]releaseRecord, error) {
	var records []releaseRecord
	err := retry(ctx, func(int) error {
		cursor, err := s.records().Find(ctx, kept(p, math.MaxInt64), options.Find().SetSort(newestFirst))
		return all(ctx, cursor, err, &records)
	})
	return records, s.fail(ctx, "read the releases of model "+p.Model, err)
}

// mark makes a release unreadable for who asks for it from now on. A publisher that lost the lease must not do so:
// the release may be current again.
func (s *Store) mark(ctx context.Context, l gold.Lease, r *releaseRecord) error {
	if _, err := s.held(ctx, l); err != nil {
		return err
	}
	err := retry(ctx, func(int) error {
		err := s.records().FindOneAndUpdate(ctx, bson.D{{Key: "_id", Value: r.Key}, {Key: "pruned", Value: false}},
			bson.A{bson.D{{Key: "$set", Value: bson.D{{Key: "pruned", Value: true}, {Key: "pruned_at", Value: "$$NOW"}}}}}, after()).Decode(r)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return s.records().FindOne(ctx, bson.D{{Key: "_id", Value: r.Key}}).Decode(r)
		}
		return err
	})
	return s.fail(ctx, "mark release "+strconv.FormatInt(r.Key.Number, 10)+" as pruned", err)
}

// dropReleases drops the versions that only releases past their grace use, and sealed ones that no release ever used.
func (s *Store) dropReleases(ctx context.Context, pr gold.Prune, records []releaseRecord, report *gold.PruneReport) error {
	p, err := s.held(ctx, pr.Lease) // for the clock
	if err != nil {
		return err
	}
	end := p.Now.Add(-pr.Grace)
	needed := map[string]bool{}
	var over []*releaseRecord
	var gone []gold.Version
	for i := range records {
		r := &records[i]
		release, err := s.release(ctx, p, r)
		if err != nil {
			return err
		}
		if err := release.Understood(); err != nil {
			return err // What it needs is not known.
		}
		marked := slices.Contains(report.Marked, r.Key.Number)
		if r.graceEnded(p, end) || pr.DryRun && pr.Grace <= 0 && marked {
			over = append(over, r)
			report.Dropped = append(report.Dropped, r.Key.Number)
			gone = append(gone, release.Versions...)
			continue
		}
		if marked || r.Pruned && r.Key.Number != p.Current {
			report.Waiting = append(report.Waiting, r.Key.Number)
		}
		for _, v := range release.Versions {
			needed[v.Location], needed[collectionOf(v.Location)] = true, true
		}
	}
	for i := range gone {
		if v := &gone[i]; needed[collectionOf(v.Location)] && !slices.Contains(report.Shared, v.Dataset.Name) {
			report.Shared = append(report.Shared, v.Dataset.Name)
		}
	}
	slices.Sort(report.Shared)
	return s.dropUnneeded(ctx, pr, p, end, needed, records, over)
}

// dropUnneeded drops the collections that are not needed, and whose versions were all sealed before end, and records which of the
// releases are over with that.
func (s *Store) dropUnneeded(ctx context.Context, pr gold.Prune, p *pointer, end time.Time, needed map[string]bool, records []releaseRecord, over []*releaseRecord) error {
	seals, err := s.sealsOf(ctx, p.Model)
	if err != nil {
		return err
	}
	var unneeded []string
	recent := map[string]bool{}
	for location, seal := range seals {
		name := collectionOf(location)
		recent[name] = recent[name] || seal.Fence >= pr.Lease.Fence || seal.SealedAt.After(end)
		if !needed[name] && !slices.Contains(unneeded, name) {
			unneeded = append(unneeded, name)
		}
	}
	unneeded = slices.DeleteFunc(unneeded, func(name string) bool { return recent[name] })
	if pr.DryRun {
		return nil
	}
	slices.Sort(unneeded)
	if err := s.drop(ctx, pr.Lease, unneeded, nil); err != nil {
		return err
	}
	if err := s.retire(ctx, pr.Lease, seals, needed, end); err != nil {
		return err
	}
	if err := s.shrink(ctx, pr.Lease, p, records, over); err != nil {
		return err
	}
	return s.markDropped(ctx, over)
}

// graceEnded reports whether a release's grace had ended at a time.
func (r *releaseRecord) graceEnded(p *pointer, end time.Time) bool {
	return r.Pruned && r.Key.Number != p.Current && r.PrunedAt != nil && !r.PrunedAt.After(end)
}

// markDropped keeps later runs from reading the records of releases whose rows are gone.
func (s *Store) markDropped(ctx context.Context, over []*releaseRecord) error {
	keys := bson.A{}
	for _, r := range over {
		keys = append(keys, r.Key)
	}
	if len(keys) == 0 {
		return nil
	}
	err := retry(ctx, func(int) error {
		_, err := s.records().UpdateMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: keys}}}}, bson.D{{Key: "$set", Value: bson.D{{Key: "dropped", Value: true}}}})
		return err
	})
	return s.fail(ctx, "record the drop of releases", err)
}
