//go:build e2e

package mongostore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

func TestLoadGoesOnThroughFailures(t *testing.T) {
	for what, data := range map[string]bson.D{
		"an election before the insert":      {{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "errorCode", Value: 10107}},
		"a shutdown before the insert":       {{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "errorCode", Value: 91}},
		"a lost connection":                  {{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "closeConnection", Value: true}},
		"an election between write and ack":  {{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "writeConcernError", Value: bson.D{{Key: "code", Value: 91}, {Key: "errmsg", Value: "shutting down"}}}},
		"an election while indexes are made": {{Key: "failCommands", Value: bson.A{"createIndexes"}}, {Key: "errorCode", Value: 11602}},
		"an election while rows are counted": {{Key: "failCommands", Value: bson.A{"aggregate"}}, {Key: "errorCode", Value: 189}},
		"an election at the seal":            {{Key: "failCommands", Value: bson.A{"findAndModify"}}, {Key: "errorCode", Value: 10107}},
	} {
		t.Run(what, func(t *testing.T) {
			s := failing(t, "off", bson.D{})
			l := acquire(t, s, "shop")
			tb := sales(1, 2_000)
			loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id})
			if err != nil {
				t.Fatal(err)
			}
			arm(t, s, times(3), data)
			if err := loader.Append(t.Context(), tb.batch()); err != nil {
				t.Fatal(err)
			}
			v, err := loader.Seal(t.Context(), gold.Version{Rows: 2_000})
			if err != nil {
				t.Fatal(err)
			}
			if n := rowsOf(t, s, gold.Query{Version: v}); n != 2_000 {
				t.Errorf("%d rows, expected 2000", n)
			}
		})
	}
}

// TestEqualRowsSurviveLostAcknowledgements: rows without a key are inserted again under the same position, so that each
// is there once, and equal ones as often as they were written.
func TestEqualRowsSurviveLostAcknowledgements(t *testing.T) {
	const batches, rows, lost = 200, 20, 100
	s := failing(t, "off", bson.D{})
	l := acquire(t, s, "shop")
	tb := sales(1, rows)
	tb.Key = []string{}
	opened, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id})
	if err != nil {
		t.Fatal(err)
	}
	// Every second one, so that few commands lose theirs again and again with growing pauses, and by an error after which
	// the driver does not look for another primary.
	arm(t, s, bson.D{{Key: "activationProbability", Value: 0.5}}, bson.D{{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "writeConcernError", Value: bson.D{{Key: "code", Value: 89}, {Key: "errmsg", Value: "no answer in time"}}}})
	var wg sync.WaitGroup
	for n := range batches {
		wg.Go(func() {
			b := gold.NewBatch(tb.Stored(), rows)
			for i := range rows {
				own, bi := tb.rows[0][:len(tb.Fields)], tb.rows[0][len(tb.Fields):]
				b.AppendRow(slices.Concat(own, []gold.Value{gold.NewInt(int64(n*rows + i))}, bi)...)
			}
			if err := opened.Append(t.Context(), b); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := opened.(*loader).repeated.Load(); n < lost*rows {
		t.Fatalf("%d rows were inserted again, expected at least %d", n, lost*rows)
	}
	v, err := opened.Seal(t.Context(), gold.Version{Rows: batches * rows})
	if err != nil {
		t.Fatal(err)
	}
	if n := rowsOf(t, s, gold.Query{Version: v}); n != batches*rows {
		t.Errorf("%d rows, expected %d", n, batches*rows)
	}
}

func TestDuplicateKeyBehindAFailureIsFoundByTheCount(t *testing.T) {
	s := failing(t, "off", bson.D{})
	l := acquire(t, s, "shop")
	tb := sales(1, 100)
	tb.rows[99][0] = gold.NewInt(7)
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id})
	if err != nil {
		t.Fatal(err)
	}
	arm(t, s, times(1), bson.D{{Key: "failCommands", Value: bson.A{"insert"}}, {Key: "closeConnection", Value: true}})
	if err := loader.Append(t.Context(), tb.batch()); err != nil {
		t.Fatal(err)
	}
	_, err = loader.Seal(t.Context(), gold.Version{Rows: 100})
	wantError(t, "seal", err, gold.Invalid, gold.CodeDuplicateKey)
}

func TestDuplicateKeyIsNamed(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	tb := sales(1, 100)
	tb.Key = []string{"month", "id"}
	tb.rows[99] = tb.rows[7]
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id})
	if err != nil {
		t.Fatal(err)
	}
	err = loader.Append(t.Context(), tb.batch())
	wantError(t, "append", err, gold.Invalid, gold.CodeDuplicateKey)
	var e *gold.Error
	var d gold.DuplicateKey
	if !errors.As(err, &e) || !errors.As(err, &d) {
		t.Fatalf("error is %v, without a DuplicateKey", err)
	}
	if p := e.Problems[0]; p.Field != "month, id" || !strings.Contains(p.Detail, "2011-08, 7") {
		t.Errorf("problem is %+v", p)
	}
	if len(d.Key) != 2 || d.Key[0] != gold.NewText("2011-08") || d.Key[1] != gold.NewInt(7) {
		t.Errorf("key is %v", d.Key)
	}
}

func TestLoadSplitsLargeBatches(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	tb := sales(1, 0)
	long := strings.Repeat("x", 100_000)
	for i := range 200 {
		tb.rows = append(tb.rows, []gold.Value{gold.NewInt(int64(i)), gold.NewDouble(1), gold.NewText(long), {}})
	}
	for i := range 2*commandRows + 17 {
		tb.rows = append(tb.rows, []gold.Value{gold.NewInt(int64(200 + i)), gold.NewDouble(1), gold.NewText(""), {}})
	}
	v := load(t, s, l, tb)
	if n := rowsOf(t, s, gold.Query{Version: &v}); n != len(tb.rows) {
		t.Errorf("%d rows, expected %d", n, len(tb.rows))
	}
}

func TestRowTooLargeForADocumentIsRefused(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	tb := sales(1, 1)
	tb.rows[0][2] = gold.NewText(strings.Repeat("x", rowBytes))
	loader, err := s.Load(t.Context(), gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "append", loader.Append(t.Context(), tb.batch()), gold.Invalid, gold.CodeValueRange)
}

func TestAppendDoesNotAllocatePerRow(t *testing.T) {
	tb := sales(1, 4_000)
	l := &loader{collection: "shop__sales__000000000000__f1", enc: newEncoder(&tb.Dataset), load: gold.Load{Dataset: tb.Dataset}}
	b := tb.batch()
	buf := make([]byte, 0, 1<<20)
	if n := testing.AllocsPerRun(10, func() {
		var err error
		if buf, _, err = l.command(buf[:0], b, 0); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for 4000 rows, expected none", n)
	}
}

func TestSwitchHappensOnceWhateverGetsLost(t *testing.T) {
	for what, data := range map[string]bson.E{
		"a lost connection":           {Key: "closeConnection", Value: true},
		"an election before it":       {Key: "errorCode", Value: 10107},
		"an election before its acks": {Key: "writeConcernError", Value: bson.D{{Key: "code", Value: 91}, {Key: "errmsg", Value: "shutting down"}}},
	} {
		t.Run(what, func(t *testing.T) {
			s := failing(t, "off", bson.D{})
			l := acquire(t, s, "shop")
			one := publish(t, s, l, "2011-11-01", load(t, s, l, sales(1, 10)))
			v := load(t, s, l, sales(2, 20))
			arm(t, s, times(4), bson.D{{Key: "failCommands", Value: bson.A{"findAndModify"}}, data})
			two := publish(t, s, l, "2011-12-01", v)
			if one.Number != 1 || two.Number != 2 {
				t.Errorf("releases %d and %d, expected 1 and 2", one.Number, two.Number)
			}
			if st := state(t, s, "shop"); st.Current.Number != 2 || st.Last != 2 {
				t.Errorf("release %d of %d is current, expected 2 of 2", st.Current.Number, st.Last)
			}
		})
	}
}

// The driver repeats a write once, and the server then knows it again. The loss of both acknowledgements leaves the token.
func TestSwitchKnowsItselfWhenItsAcknowledgementIsLost(t *testing.T) {
	s := failing(t, "off", bson.D{})
	l := acquire(t, s, "shop")
	v := load(t, s, l, sales(1, 10))
	arm(t, s, times(2), bson.D{
		{Key: "failCommands", Value: bson.A{"findAndModify"}},
		{Key: "namespace", Value: s.pointers().Database().Name() + ".pointers"},
		{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: 91}, {Key: "errmsg", Value: "shutting down"}}},
	})
	r := publish(t, s, l, "2011-11-01", v)
	p, err := s.pointer(t.Context(), "shop")
	if err != nil || r.Number != 1 || p.Current != 1 || p.Last != 1 {
		t.Errorf("release %d was published, %d of %d is current, %v; expected 1 of 1", r.Number, p.Current, p.Last, err)
	}
}

func TestNumberNeverNamesTwoContents(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	versions := []gold.Version{load(t, s, l, sales(1, 1)), load(t, s, l, sales(2, 2)), load(t, s, l, sales(3, 3))}
	var wg sync.WaitGroup
	published := make([]*gold.Release, len(versions))
	for i := range versions {
		wg.Go(func() {
			r, err := s.Publish(t.Context(), gold.Publication{Lease: l, Release: &gold.Release{Model: "shop", Versions: versions[i : i+1]}})
			if err == nil {
				published[i] = r
			} else if gold.KindOf(err) != gold.Conflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	current := state(t, s, "shop").Current
	for i, r := range published {
		if r != nil && (r.Number != current.Number || r.Versions[0].Location != current.Versions[0].Location) {
			t.Errorf("switch %d published %s as %d, and %s is current as %d", i, r.Versions[0].Location, r.Number, current.Versions[0].Location, current.Number)
		}
	}
	if n := fmt.Sprint(current.Number); n != "1" {
		t.Errorf("release %s is current, expected 1", n)
	}
}
