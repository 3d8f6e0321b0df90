//go:build e2e

package mongostore

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
)

// types returns the BSON types of each field of a collection.
func types(t *testing.T, s *Store, collection string) map[string][]string {
	t.Helper()
	cursor, err := s.serving.Collection(collection).Aggregate(t.Context(), bson.A{
		stage("$project", bson.D{{Key: "f", Value: bson.D{{Key: "$objectToArray", Value: "$$ROOT"}}}}),
		stage("$unwind", "$f"),
		stage("$group", bson.D{{Key: "_id", Value: "$f.k"}, {Key: "types", Value: bson.D{{Key: "$addToSet", Value: bson.D{{Key: "$type", Value: "$f.v"}}}}}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}),
	})
	var found []struct {
		Name  string   `bson:"_id"`
		Types []string `bson:"types"`
		N     int64    `bson:"n"`
	}
	if err := all(t.Context(), cursor, err, &found); err != nil {
		t.Fatal(err)
	}
	n, err := s.serving.Collection(collection).CountDocuments(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string][]string{}
	for _, f := range found {
		if f.N != n {
			t.Errorf("%d of %d documents of %s have the field %s", f.N, n, collection, f.Name)
		}
		slices.Sort(f.Types)
		byName[f.Name] = f.Types
	}
	return byName
}

// TestARefreshAsksOnceWhoItIs: what a refresh must know of the server doesn't cost a command for each collection, and one that
// has nothing to write asks nothing.
func TestARefreshAsksOnceWhoItIs(t *testing.T) {
	uri, _ := database(t)
	s := newStore(t, Options{})
	commands := map[string]int{}
	opts, err := clientOptions(uri)
	if err != nil {
		t.Fatal(err)
	}
	watched, err := mongo.Connect(opts.SetMonitor(&event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if e.CommandName == "aggregate" && e.Command.Lookup("pipeline", "1", "$out").IsZero() {
			return
		}
		commands[e.CommandName]++
	}}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = watched.Disconnect(context.Background()) })
	l := acquire(t, s, "shop")
	var versions []gold.Version
	for _, name := range []string{"sales", "returns", "clients"} {
		tb := sales(1, 10)
		tb.Name, tb.Collection = name, "shop_"+name
		versions = append(versions, load(t, s, l, tb))
	}
	r := publish(t, s, l, "2011-11-01", versions...)
	s.releases, s.serving = watched.Database(s.releases.Name()), watched.Database(s.serving.Name())
	if report := refresh(t, s, l, r); len(report.Refreshed) != 3 || commands["connectionStatus"] != 1 || commands["aggregate"] != 3 {
		t.Errorf("%v refreshed by %v, want one connectionStatus and three $out", report.Refreshed, commands)
	}
	if report := refresh(t, s, l, r); len(report.Unchanged) != 3 || commands["connectionStatus"] != 1 {
		t.Errorf("%v unchanged, %v", report.Unchanged, commands)
	}
}

func TestBICollectionsAreFlatAndTyped(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	kinds := table{Dataset: everyKind(), id: sales(9, 0).id}
	kinds.BIIndexes = []gold.Index{{{Field: "text"}, {Field: "time", Desc: true}}}
	kinds.rows = [][]gold.Value{
		{gold.NewBool(true), gold.NewInt(1), gold.NewDouble(0.5), gold.NewDecimal(150), gold.NewText("a"), gold.NewDate(15_000), gold.NewTime(1), gold.NewTime(15_000 * gold.MillisPerDay)},
		{{}, gold.NewInt(2), {}, {}, gold.NewText("b"), {}, {}, {}},
	}
	empty := sales(1, 0)
	empty.Name, empty.Collection = "empty", "shop_empty"
	hidden := sales(2, 5)
	hidden.Name, hidden.Collection = "hidden", ""
	r := publish(t, s, l, "2011-12-01T12:00:00Z", load(t, s, l, kinds), load(t, s, l, empty), load(t, s, l, hidden))
	if stale := state(t, s, "shop").Stale; !slices.Equal(stale, []string{"shop_kinds", "shop_empty", "gold_release"}) {
		t.Errorf("before the refresh %v are stale", stale)
	}
	refresh(t, s, l, r)
	if stale := state(t, s, "shop").Stale; len(stale) > 0 {
		t.Errorf("after the refresh %v are stale", stale)
	}

	names, err := s.serving.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"gold_release", "shop_empty", "shop_kinds"}) {
		t.Errorf("the BI database holds %v", names)
	}
	want := map[string][]string{
		"_id": {"string"}, "bool": {"bool", "null"}, "int": {"long"}, "double": {"double", "null"}, "decimal": {"decimal", "null"},
		"text": {"string"}, "date": {"date", "null"}, "time": {"date", "null"}, "day": {"date", "null"},
	}
	if diff := cmp.Diff(want, types(t, s, "shop_kinds")); diff != "" {
		t.Errorf("types of shop_kinds (-want +got):\n%s", diff)
	}
	want = map[string][]string{
		"_id": {"string"}, "model": {"string"}, "dataset": {"string"}, "collection": {"string"}, "rows": {"long"}, "release": {"long"},
		"as_of": {"date"}, "published_at": {"date"}, "quality": {"string"}, "refreshing": {"bool"},
	}
	if diff := cmp.Diff(want, types(t, s, "gold_release")); diff != "" {
		t.Errorf("types of gold_release (-want +got):\n%s", diff)
	}
	specs, err := s.indexes(t.Context(), s.serving, "shop_kinds")
	if err != nil {
		t.Fatal(err)
	}
	if len(specs) != 2 || specs[1].Name != "goldserve_text_time_desc" {
		t.Errorf("indexes are %v", specs)
	}
}

func TestRefreshWritesOnlyWhatChanged(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	other := sales(7, 5)
	other.Name, other.Collection = "other", "shop_other"
	same := load(t, s, l, other)
	refresh(t, s, l, publish(t, s, l, "2011-11-01", load(t, s, l, sales(1, 10)), same))
	report := refresh(t, s, l, publish(t, s, l, "2011-12-01", load(t, s, l, sales(2, 20)), same))
	if !slices.Equal(report.Refreshed, []string{"shop_sales"}) || !slices.Equal(report.Unchanged, []string{"shop_other"}) {
		t.Errorf("report is %+v", report)
	}
	var lines []line
	cursor, err := s.lines(nil).Find(t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err := all(t.Context(), cursor, err, &lines); err != nil {
		t.Fatal(err)
	}
	for i, want := range []line{{Dataset: "other", Rows: 5}, {Dataset: "sales", Rows: 20}} {
		if l := lines[i]; l.Dataset != want.Dataset || l.Rows != want.Rows || l.Release != 2 || l.AsOf.Format(time.DateOnly) != "2011-12-01" || l.Refreshing || l.Quality != "ok" {
			t.Errorf("line %d is %+v", i, l)
		}
	}
	// Somebody drops what the mark says is there.
	if err := s.serving.Collection("shop_other").Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := state(t, s, "shop")
	if !slices.Equal(st.Stale, []string{"shop_other"}) {
		t.Errorf("%v are stale, expected shop_other", st.Stale)
	}
	if report := refresh(t, s, l, st.Current); !slices.Equal(report.Refreshed, []string{"shop_other"}) {
		t.Errorf("report is %+v", report)
	}
}

func TestIndexesFollowTheContract(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	tb := sales(1, 10)
	tb.BIIndexes = []gold.Index{{{Field: "amount"}}}
	v := load(t, s, l, tb)
	refresh(t, s, l, publish(t, s, l, "2011-11-01", v))
	bi := s.serving.Collection("shop_sales")
	if err := s.serving.RunCommand(t.Context(), bson.D{{Key: "createIndexes", Value: "shop_sales"}, {Key: "indexes", Value: bson.A{bson.D{{Key: "key", Value: bson.D{{Key: "month_date", Value: 1.0}}}, {Key: "name", Value: "of_a_person"}}}}}).Err(); err != nil {
		t.Fatal(err)
	}
	v.Dataset.Indexes, v.Dataset.BIIndexes = []gold.Index{{{Field: "amount", Desc: true}}}, []gold.Index{{{Field: "month"}}, {{Field: "month_date"}}}
	refresh(t, s, l, publish(t, s, l, "2011-11-01", v))
	for collection, want := range map[string][]string{
		v.Location:   {"_id_", "goldserve_amount_desc"},
		"shop_sales": {"_id_", "goldserve_id", "goldserve_month", "of_a_person"},
	} {
		db := s.releases
		if collection == bi.Name() {
			db = s.serving
		}
		specs, err := s.indexes(t.Context(), db, collection)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, spec := range specs {
			names = append(names, spec.Name)
		}
		slices.Sort(names)
		if !slices.Equal(names, want) {
			t.Errorf("indexes of %s are %v, expected %v", collection, names, want)
		}
	}
}

func TestBreakingChangesAreRefused(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	refresh(t, s, l, publish(t, s, l, "2011-11-01", load(t, s, l, sales(1, 10))))

	fewer := sales(2, 10)
	fewer.Fields, fewer.BI = slices.Delete(slices.Clone(fewer.Fields), 1, 2), nil
	for i, row := range fewer.rows {
		fewer.rows[i] = []gold.Value{row[0], row[2]}
	}
	refresh(t, s, l, publish(t, s, l, "2011-11-02", load(t, s, l, fewer)))
	if got := types(t, s, "shop_sales"); !slices.Equal(got["amount"], []string{"null"}) || !slices.Equal(got["month_date"], []string{"null"}) {
		t.Errorf("fields that were left out are %v", got)
	}

	other := sales(3, 10)
	other.Fields, other.BI = slices.Clone(other.Fields), nil
	other.Fields[1].Kind = gold.Int
	for _, row := range other.rows {
		row[1] = gold.NewInt(1)
	}
	r := publish(t, s, l, "2011-11-03", load(t, s, l, other))
	_, err := s.Refresh(t.Context(), gold.Refresh{Lease: l, Release: r})
	wantError(t, "refresh", err, gold.Invalid, gold.CodeBreakingChange)
	if _, err := s.Refresh(t.Context(), gold.Refresh{Lease: l, Release: r, AllowBreaking: true}); err != nil {
		t.Fatal(err)
	}
	if got := types(t, s, "shop_sales"); !slices.Equal(got["amount"], []string{"long"}) {
		t.Errorf("amount is %v, expected long", got["amount"])
	}
	if got := types(t, s, "shop_sales"); !slices.Equal(got["month_date"], []string{"null"}) {
		t.Errorf("a field that was left out is %v beside one that changed its type", got["month_date"])
	}
}

// TestAModelMayHaveABIDatabaseOfItsOwn: its collections and gold_release are there, names that others have in the serving
// database are free, and a release that names another one is shown there as a whole.
func TestAModelMayHaveABIDatabaseOfItsOwn(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	refresh(t, s, l, publish(t, s, l, "2011-11-01", load(t, s, l, sales(1, 10))))
	own := s.client.Database(s.serving.Name() + "_own")
	t.Cleanup(func() {
		if err := s.client.Database(own.Name()).Drop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	stock := acquire(t, s, "stock")
	tb := sales(2, 20)
	tb.Model = "stock"
	version := load(t, s, stock, tb)
	show := func(database string) {
		t.Helper()
		r := publish(t, s, stock, "2011-11-01", version)
		r.BIDatabase = database
		p, err := s.pointer(t.Context(), "stock")
		if err != nil {
			t.Fatal(err)
		}
		if r, err = s.Publish(t.Context(), gold.Publication{Lease: stock, From: p.Current, Release: r}); err != nil {
			t.Fatal(err)
		}
		report := refresh(t, s, stock, r)
		if st := state(t, s, "stock"); !slices.Equal(report.Refreshed, []string{"shop_sales"}) || st.Current.BIDatabase != database || len(st.Stale) != 0 {
			t.Errorf("in %s: report %+v, %v are stale", database, report, st.Stale)
		}
		if again := refresh(t, s, stock, r); len(again.Refreshed) != 0 {
			t.Errorf("in %s: refreshed again: %v", database, again.Refreshed)
		}
		if counts, err := s.Shown(t.Context(), r); err != nil || counts["shop_sales"] != 20 {
			t.Errorf("in %s: %v are shown (%v)", database, counts, err)
		}
	}
	show(own.Name())
	if taken := state(t, s, "stock").Taken; len(taken) != 0 {
		t.Errorf("%v are taken in the model's own database", taken)
	}
	for db, rows := range map[*mongo.Database]int64{s.serving: 10, own: 20} {
		count, err := db.Collection("shop_sales").CountDocuments(t.Context(), bson.D{})
		lines, errLines := db.Collection(gold.ReleaseCollection).CountDocuments(t.Context(), bson.D{})
		if err != nil || errLines != nil || count != rows || lines != 1 {
			t.Errorf("%s has %d rows and %d lines (%v, %v), expected %d and 1", db.Name(), count, lines, err, errLines, rows)
		}
	}
	other := s.client.Database(s.serving.Name() + "_other")
	t.Cleanup(func() {
		if err := s.client.Database(other.Name()).Drop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	show(other.Name())
	if count, err := other.Collection("shop_sales").CountDocuments(t.Context(), bson.D{}); err != nil || count != 20 {
		t.Errorf("%d rows in another database (%v)", count, err)
	}
	r := publish(t, s, stock, "2011-11-01", version)
	r.BIDatabase = s.releases.Name()
	_, err := s.Refresh(t.Context(), gold.Refresh{Lease: stock, Release: r})
	wantError(t, "a refresh into the releases database", err, gold.Invalid, gold.CodeBITargetTaken)
}

func TestTargetsOfOthersAreTaken(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	refresh(t, s, l, publish(t, s, l, "2011-11-01", load(t, s, l, sales(1, 10))))
	if err := s.serving.CreateView(t.Context(), "a_view", "shop_sales", bson.A{}); err != nil {
		t.Fatal(err)
	}
	if taken := state(t, s, "stock").Taken; taken["shop_sales"] != "of model shop" || taken["a_view"] != "a view" {
		t.Errorf("taken are %v", taken)
	}
	if _, err := s.serving.Collection("theirs").InsertOne(t.Context(), bson.D{{Key: "kept", Value: true}}); err != nil {
		t.Fatal(err)
	}
	if st := state(t, s, "shop"); len(st.Taken) != 1 || !slices.Equal(st.Foreign, []string{"theirs"}) {
		t.Errorf("taken are %v, expected the view, and %v are of others, expected theirs", st.Taken, st.Foreign)
	}
	stock := acquire(t, s, "stock")
	if names, err := s.Models(t.Context()); err != nil || !slices.Equal(names, []string{"shop"}) {
		t.Errorf("the models with a release are %v (%v), expected shop", names, err)
	}
	for _, collection := range []string{"shop_sales", "a_view", "gold_release"} {
		tb := sales(2, 10)
		tb.Model, tb.Collection, tb.id = "stock", collection, sales(len(collection), 0).id
		r := publish(t, s, stock, "2011-11-01", load(t, s, stock, tb))
		_, err := s.Refresh(t.Context(), gold.Refresh{Lease: stock, Release: r})
		wantError(t, "refresh of "+collection, err, gold.Invalid, gold.CodeBITargetTaken)
	}
}

func TestRefreshIsGivenMoreTimeUntilItSuffices(t *testing.T) {
	s := failing(t, "off", bson.D{})
	var log bytes.Buffer
	s.refreshTTL, s.log = 10*time.Second, slog.New(slog.NewTextHandler(&log, nil))
	l := acquire(t, s, "shop")
	v := load(t, s, l, sales(1, 30))
	r := publish(t, s, l, "2011-11-01", v)
	arm(t, s, times(2), bson.D{
		{Key: "failCommands", Value: bson.A{"aggregate"}},
		{Key: "namespace", Value: s.releases.Name() + "." + v.Location},
		{Key: "errorCode", Value: codeMaxTimeMSExpired},
	})
	refresh(t, s, l, r)
	for _, allowed := range []string{"allowed=20s", "allowed=40s"} {
		if !strings.Contains(log.String(), allowed) {
			t.Errorf("no try with %s:\n%s", allowed, &log)
		}
	}
	if n, err := s.serving.Collection("shop_sales").CountDocuments(t.Context(), bson.D{}); n != 30 || err != nil {
		t.Errorf("%d rows are shown (%v), expected 30", n, err)
	}
}

func TestRefreshGoesOnThroughFailures(t *testing.T) {
	for what, data := range map[string]bson.E{
		"an election":       {Key: "errorCode", Value: 11602},
		"a lost connection": {Key: "closeConnection", Value: true},
	} {
		t.Run(what, func(t *testing.T) {
			s := failing(t, "off", bson.D{})
			s.refreshTTL = 300 * time.Millisecond
			l := acquire(t, s, "shop")
			r := publish(t, s, l, "2011-11-01", load(t, s, l, sales(1, 10)))
			entered := arm(t, s, bson.D{{Key: "skip", Value: 1}}, bson.D{{Key: "failCommands", Value: bson.A{"aggregate", "update"}}, data})
			var wg sync.WaitGroup
			wg.Go(func() {
				entered(4)
				arm(t, s, "off", bson.D{})
			})
			refresh(t, s, l, r)
			wg.Wait()
			if stale := state(t, s, "shop").Stale; len(stale) > 0 {
				t.Errorf("%v are stale", stale)
			}
		})
	}
}

func TestOutThatNeverStartsInTimeIsATimeout(t *testing.T) {
	s := failing(t, "off", bson.D{})
	l := acquire(t, s, "shop")
	v := load(t, s, l, sales(1, 10))
	r := publish(t, s, l, "2011-11-01", v)
	arm(t, s, "alwaysOn", bson.D{
		{Key: "failCommands", Value: bson.A{"aggregate"}}, {Key: "errorCode", Value: codeBadValue}, {Key: "namespace", Value: s.releases.Name() + "." + v.Location},
	})
	_, err := s.Refresh(t.Context(), gold.Refresh{Lease: l, Release: r})
	wantError(t, "a refresh at a busy server", err, gold.Timeout, gold.CodeQueryTimeout)
}

// TestABICollectionOfRowsWithoutAKeyHasTheirPositionAsIDAlone, an integer.
func TestABICollectionOfRowsWithoutAKeyHasTheirPositionAsIDAlone(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	tb := sales(1, 10)
	tb.Key = []string{}
	for i, row := range tb.rows {
		tb.rows[i] = slices.Insert(row, len(tb.Fields), gold.NewInt(int64(9-i)))
	}
	r := publish(t, s, l, "2011-12-09", load(t, s, l, tb))
	if _, err := s.Refresh(t.Context(), gold.Refresh{Lease: l, Release: r}); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"_id": {"long"}, "id": {"long"}, "amount": {"double", "null"}, "month": {"string"}, "month_date": {"date"}}
	if diff := cmp.Diff(want, types(t, s, "shop_sales")); diff != "" {
		t.Errorf("types of fields (-want +got):\n%s", diff)
	}
}
