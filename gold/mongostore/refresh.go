package mongostore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// Refresh implements gold.Writer.
//
// A $out that a dead client left behind goes on in the server, and its result would replace a newer one: see announced.
func (s *Store) Refresh(ctx context.Context, r gold.Refresh) (*gold.RefreshReport, error) {
	if err := s.writable("refresh"); err != nil {
		return nil, err
	}
	started := time.Now()
	p, err := s.held(ctx, r.Lease)
	if err != nil {
		return nil, err
	}
	if p.Current != r.Release.Number {
		return nil, moved(p, r.Release.Number)
	}
	db := s.shownIn(r.Release)
	if err := s.CheckBIDatabase(p.Model, db.Name()); err != nil {
		return nil, err
	}
	p.Marks = s.marksIn(p.Marks, db)
	names, taken, err := s.targets(ctx, p.Model, db)
	if err != nil {
		return nil, err
	}
	taken[gold.ReleaseCollection] = "goldserve's own"
	for _, v := range shownVersions(r.Release) {
		if why, ok := taken[v.Dataset.Collection]; ok {
			return nil, gold.Errorf(gold.Invalid, gold.CodeBITargetTaken, "collection %s of database %s can't be written for dataset %s: it is %s; rename one of them",
				v.Dataset.Collection, db.Name(), v.Dataset.Name, why)
		}
		if err := breaking(v, p.Marks[v.Dataset.Collection], r.AllowBreaking); err != nil {
			return nil, err
		}
	}
	refresh := &refreshing{Store: s, db: db, asked: r, marks: p.Marks, names: names}
	for _, v := range shownVersions(r.Release) {
		if err := refresh.collection(ctx, v); err != nil {
			return nil, err
		}
	}
	if err := s.setDue(ctx, r, p.Due); err != nil {
		return nil, err
	}
	refresh.report.Duration = time.Since(started)
	return &refresh.report, nil
}

// setDue records when the next refresh is due; before is what the pointer says.
func (s *Store) setDue(ctx context.Context, r gold.Refresh, before time.Time) error {
	var due any
	switch {
	case r.Every > 0:
		due = bson.D{{Key: "$add", Value: bson.A{"$$NOW", r.Every.Milliseconds()}}}
	case before.Unix() <= 0:
		return nil
	}
	return s.set(ctx, r.Lease, "record when the BI database is refreshed next", bson.A{stage("$set", bson.D{{Key: "due", Value: due}})})
}

// CheckBIDatabase implements gold.Shower.
func (s *Store) CheckBIDatabase(model, name string) error {
	why := ""
	switch {
	case name == s.releases.Name():
		why = "the releases are in it"
	case len(name) > maxDatabaseName:
		why = fmt.Sprintf("it has %d letters, and a MongoDB database at most %d", len(name), maxDatabaseName)
	case checkDatabaseName(name) != nil:
		why = "MongoDB has no such names"
	default:
		return nil
	}
	return gold.Errorf(gold.Invalid, gold.CodeBITargetTaken, "%q can't be the BI database of model %s: %s: give another one under biDatabase in its model.yaml", name, model, why)
}

// refreshing is one refresh, and what it knows of the server.
type refreshing struct {
	*Store
	db     *mongo.Database // that shows the release
	asked  gold.Refresh
	marks  map[string]mark   // of the database, as they were when it began
	names  map[string]string // of what is in the BI database
	user   *string           // as Store.user tells it; nil: nothing was written yet
	report gold.RefreshReport
}

// shownVersions returns the versions of a release that have a BI collection.
func shownVersions(r *gold.Release) []*gold.Version {
	var shown []*gold.Version
	for i := range r.Versions {
		if r.Versions[i].Dataset.Collection != "" {
			shown = append(shown, &r.Versions[i])
		}
	}
	return shown
}

// collection makes one BI collection show a version, with its indexes and its line of gold_release.
func (r *refreshing) collection(ctx context.Context, v *gold.Version) error {
	name := v.Dataset.Collection
	m, marked := r.marks[name]
	_, there := r.names[name]
	if marked && m.Done && m.Version == v.Location && there {
		r.report.Unchanged = append(r.report.Unchanged, name)
	} else {
		if err := r.rewrite(ctx, v, m); err != nil {
			return err
		}
		r.report.Refreshed = append(r.report.Refreshed, name)
	}
	want := biIndexes(&v.Dataset)
	if err := r.index(ctx, r.db, name, want, v.Rows); err != nil {
		return err
	}
	if err := r.unindex(ctx, r.db, name, want); err != nil {
		return err
	}
	return r.writeLine(ctx, r.asked, v)
}

// rewrite replaces a BI collection by a version's rows, or adds those that it lacks.
func (r *refreshing) rewrite(ctx context.Context, v *gold.Version, old mark) error {
	if r.user == nil {
		user, err := r.Store.user(ctx)
		if err != nil {
			return err
		}
		r.user = &user
	}
	m := mark{Version: v.Location, Fence: r.asked.Lease.Fence, User: *r.user, Fields: shownFields(v, old), Database: r.asked.Release.BIDatabase}
	work := announcement{
		lease: r.asked.Lease, collection: v.Dataset.Collection, doing: "refresh " + v.Dataset.Collection, took: r.refreshTime(v.Rows),
		ready: func(ctx context.Context) error { return r.markRefreshing(ctx, r.asked.Release, v) },
		run:   func(ctx context.Context, m mark, took time.Duration) error { return r.out(ctx, v, m, took) },
	}
	if after, ok := r.shownPart(v, m, old); ok {
		work.run = func(ctx context.Context, m mark, took time.Duration) error { return r.add(ctx, v, after, m, took) }
	}
	return r.announced(ctx, m, work)
}

// shownPart returns the last segment of a version that its BI collection shows already, whose rows need not be written again;
// false where it must be made anew.
func (r *refreshing) shownPart(v *gold.Version, m, old mark) (after int64, ok bool) {
	name, last := gold.SplitLocation(v.Location)
	before, after := gold.SplitLocation(old.Version)
	_, there := r.names[v.Dataset.Collection]
	return after, there && old.Done && before == name && after >= 0 && after < last && maps.Equal(m.Fields, old.Fields)
}

// out replaces a BI collection by a version's rows and the null fields that only earlier versions had. It does nothing
// where it arrives after the mark's latest, and is ended by the server after took, so it can't end after the deadline.
func (s *Store) out(ctx context.Context, v *gold.Version, m mark, took time.Duration) error {
	pipeline := bson.A{stage("$match", m.inTime())}
	if prefix := within(v); prefix != nil {
		pipeline = append(pipeline, stage("$match", prefix))
	}
	pipeline = append(pipeline, showing(v, m)...)
	pipeline = append(pipeline, stage("$out", s.target(v, m)))
	return s.command(ctx, writing(v, pipeline), m, took)
}

// add adds the rows of a version that came after a segment to a BI collection that shows the others. Those that an earlier try
// added are written again.
func (s *Store) add(ctx context.Context, v *gold.Version, after int64, m mark, took time.Duration) error {
	_, last := gold.SplitLocation(v.Location)
	pipeline := append(bson.A{stage("$match", m.inTime()), stage("$match", between(after, last))}, showing(v, m)...)
	pipeline = append(pipeline, stage("$merge", bson.D{
		{Key: "into", Value: s.target(v, m)}, {Key: "on", Value: "_id"}, {Key: "whenMatched", Value: "replace"}, {Key: "whenNotMatched", Value: "insert"},
	}))
	return s.command(ctx, writing(v, pipeline), m, took)
}

// showing returns the stages that make rows of a version those of its BI collection.
func showing(v *gold.Version, m mark) bson.A {
	var stages bson.A
	if v.Segmented() {
		stages = append(stages, stage("$unset", gold.SegmentField))
	}
	if nulls := ghosts(v, m.Fields); len(nulls) > 0 {
		stages = append(stages, stage("$set", nulls))
	}
	return stages
}

// target names the BI collection of a version.
func (s *Store) target(v *gold.Version, m mark) bson.D {
	return bson.D{{Key: "db", Value: cmp.Or(m.Database, s.serving.Name())}, {Key: "coll", Value: v.Dataset.Collection}}
}

// writing returns the command of a pipeline over a version's rows that ends by writing them.
func writing(v *gold.Version, pipeline bson.A) bson.D {
	return bson.D{
		{Key: "aggregate", Value: collectionOf(v.Location)},
		{Key: "pipeline", Value: pipeline},
		{Key: "cursor", Value: bson.D{}},
		{Key: "allowDiskUse", Value: true},
		majority(),
	}
}

// shownFields returns the kinds of a version's fields, and of those that its collection had before: dashboards that
// ask for them go on, also where a field changes its type.
func shownFields(v *gold.Version, old mark) map[string]string {
	fields := map[string]string{}
	maps.Copy(fields, old.Fields)
	maps.Copy(fields, v.Dataset.Shown())
	return fields
}

// ghosts returns the fields that a collection had and a version has not, as nulls.
func ghosts(v *gold.Version, fields map[string]string) bson.D {
	stored := v.Dataset.Stored()
	var d bson.D
	for name := range fields {
		if !slices.ContainsFunc(stored, func(f gold.Field) bool { return f.Name == name }) {
			d = append(d, bson.E{Key: name, Value: nil})
		}
	}
	slices.SortFunc(d, func(a, b bson.E) int { return strings.Compare(a.Key, b.Key) })
	return d
}

// breaking returns an error where a version would change the type of a field that people see.
func breaking(v *gold.Version, old mark, allowed bool) error {
	changes := v.Dataset.Breaking(old.Fields)
	if allowed || len(changes) == 0 {
		return nil
	}
	problems := make([]gold.Problem, len(changes))
	for i, c := range changes {
		problems[i] = gold.Problem{
			Field: c.Field, Code: gold.CodeBreakingChange,
			Detail: fmt.Sprintf("collection %s shows it as %s, and release it as %s", v.Dataset.Collection, c.From, c.To),
		}
	}
	return &gold.Error{
		Kind: gold.Invalid, Code: gold.CodeBreakingChange, Problems: problems,
		Message: fmt.Sprintf("collection %s can't be refreshed: %s; allow the breaking change if its readers are ready for it", v.Dataset.Collection, problems[0]),
	}
}

// shownIn returns the BI database that shows a release; nil: one that is the model's first.
func (s *Store) shownIn(r *gold.Release) *mongo.Database {
	if r == nil || r.BIDatabase == "" {
		return s.serving
	}
	return s.client.Database(r.BIDatabase)
}

// marksIn returns the marks of collections of one database.
func (s *Store) marksIn(marks map[string]mark, db *mongo.Database) map[string]mark {
	within := map[string]mark{}
	for collection, m := range marks {
		if cmp.Or(m.Database, s.serving.Name()) == db.Name() {
			within[collection] = m
		}
	}
	return within
}

// targets lists what is in a BI database, and which of its names are not this model's to write.
func (s *Store) targets(ctx context.Context, model string, db *mongo.Database) (names, taken map[string]string, err error) {
	if names, err = s.names(ctx, db); err != nil {
		return nil, nil, err
	}
	taken = map[string]string{}
	for name, kind := range names {
		if kind != "collection" {
			taken[name] = "a " + kind
		}
	}
	var others []pointer
	err = retry(ctx, func(int) error {
		cursor, err := s.pointers().Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$ne", Value: model}}}}, options.Find().SetProjection(bson.D{{Key: "marks", Value: 1}}))
		return all(ctx, cursor, err, &others)
	})
	for _, other := range others {
		for collection := range s.marksIn(other.Marks, db) {
			taken[collection] = "of model " + other.Model
		}
	}
	return names, taken, s.fail(ctx, "read the marks of other models", err)
}

// Shown counts the documents of the BI collections of a release, by name. It reads as the BI tools do: a collection that
// is missing has none.
func (s *Store) Shown(ctx context.Context, r *gold.Release) (map[string]int64, error) {
	counts, db := map[string]int64{}, s.shownIn(r)
	for _, v := range shownVersions(r) {
		name := v.Dataset.Collection
		err := retry(ctx, func(int) (err error) {
			counts[name], err = db.Collection(name).CountDocuments(ctx, bson.D{}, options.Count().SetHint("_id_"))
			return err
		})
		if err != nil {
			return nil, s.fail(ctx, "count the rows of "+name, err)
		}
	}
	return counts, nil
}

// shown sets what a state says of the BI database.
func (s *Store) shown(ctx context.Context, p *pointer, st *gold.State) error {
	db := s.shownIn(st.Current)
	marks := s.marksIn(p.Marks, db)
	names, taken, err := s.targets(ctx, p.Model, db)
	if err != nil {
		return err
	}
	st.Taken = taken
	for name, kind := range names {
		// The server's own names hold a point.
		if _, ours := marks[name]; !ours && kind == "collection" && taken[name] == "" && name != gold.ReleaseCollection && !strings.Contains(name, ".") {
			st.Foreign = append(st.Foreign, name)
		}
	}
	slices.Sort(st.Foreign)
	if st.Current == nil {
		return nil
	}
	var have []line
	err = retry(ctx, func(int) error {
		cursor, err := s.lines(st.Current).Find(ctx, bson.D{{Key: "model", Value: p.Model}})
		return all(ctx, cursor, err, &have)
	})
	if err != nil {
		return s.fail(ctx, "read "+gold.ReleaseCollection, err)
	}
	said := true
	for _, v := range shownVersions(st.Current) {
		m, marked := marks[v.Dataset.Collection]
		if _, there := names[v.Dataset.Collection]; !marked || !m.Done || m.Version != v.Location || !there {
			st.Stale = append(st.Stale, v.Dataset.Collection)
		}
		said = said && slices.ContainsFunc(have, newLine(st.Current, v).is)
	}
	if !said {
		st.Stale = append(st.Stale, gold.ReleaseCollection)
	}
	return nil
}
