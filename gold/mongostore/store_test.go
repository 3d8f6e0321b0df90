//go:build e2e

package mongostore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"goldserve/gold"
	"goldserve/gold/storetest"
	"goldserve/gold/storetest/periodtest"
)

var harness = storetest.Harness{
	Expires: true,
	Fresh: func(t *testing.T) func(t *testing.T) gold.Store {
		uri, name := database(t)
		return func(t *testing.T) gold.Store { return mustOpen(t, uri, Options{Database: name}) }
	},
}

func TestStore(t *testing.T) { storetest.Run(t, harness) }

func TestPeriods(t *testing.T) { periodtest.Run(t, harness, 120) }

var databases atomic.Int64

// database returns the name of a serving database of this test's own, which is dropped with its releases at the end.
func database(t testing.TB) (uri, name string) {
	t.Helper()
	uri = storetest.MongoDB(t)
	name = fmt.Sprintf("mongostore_%d_%d", time.Now().UnixNano(), databases.Add(1))
	t.Cleanup(func() {
		c := connect(t, uri)
		for _, db := range []string{name, name + "_releases"} {
			if err := c.Database(db).Drop(context.Background()); err != nil {
				t.Errorf("drop %s: %v", db, err)
			}
		}
	})
	return uri, name
}

// connect returns a client beside the store's.
func connect(t testing.TB, uri string) *mongo.Client {
	t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Disconnect(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

func mustOpen(t testing.TB, uri string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), uri, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newStore opens a store of the test's own.
func newStore(t testing.TB, o Options) *Store {
	t.Helper()
	uri, name := database(t)
	o.Database = name
	s := mustOpen(t, uri, o)
	t.Cleanup(func() { closes(t, s) })
	return s
}

func closes(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// table is a dataset and its rows, in the order of Stored.
type table struct {
	gold.Dataset
	id   string
	rows [][]gold.Value
}

// sales returns a dataset of the model shop whose rows are numbered from 0; v makes another version of it.
func sales(v, rows int) table {
	tb := table{
		Dataset: gold.Dataset{
			Model: "shop", Name: "sales", Collection: "shop_sales", Key: []string{"id"},
			Fields: []gold.Field{
				{Name: "id", Kind: gold.Int},
				{Name: "amount", Kind: gold.Double, Nullable: true},
				{Name: "month", Kind: gold.Text},
			},
			BI:      []gold.BIField{{Name: "month_date", From: "month"}},
			Indexes: []gold.Index{{{Field: "month"}, {Field: "id"}}},
		},
		id: fmt.Sprintf("%012x%052x", v, 0),
	}
	for i := range rows {
		amount := gold.NewDouble(float64(i) / 4)
		if i%7 == 3 {
			amount = gold.Value{}
		}
		tb.rows = append(tb.rows, []gold.Value{gold.NewInt(int64(i)), amount, gold.NewText(fmt.Sprintf("2011-%02d", i%12+1)), gold.NewTime(1_293_840_000_000)})
	}
	return tb
}

func (tb table) batch() *gold.Batch {
	b := gold.NewBatch(tb.Stored(), len(tb.rows))
	for _, row := range tb.rows {
		b.AppendRow(row...)
	}
	return b
}

func acquire(t testing.TB, s *Store, model string) gold.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), model, t.Name(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return *l
}

func giveBack(t testing.TB, s *Store, l gold.Lease) {
	t.Helper()
	if err := s.Release(t.Context(), l, nil); err != nil {
		t.Fatal(err)
	}
}

// load seals a version.
func load(t testing.TB, s *Store, l gold.Lease, tb table) gold.Version {
	t.Helper()
	return loadAs(t, s, gold.Load{Lease: l, Dataset: tb.Dataset, ID: tb.id}, tb)
}

// loadAs seals a version of a table's rows and those of the version that it extends.
func loadAs(t testing.TB, s *Store, l gold.Load, tb table) gold.Version {
	t.Helper()
	loader, err := s.Load(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.Append(t.Context(), tb.batch()); err != nil {
		t.Fatal(err)
	}
	rows := int64(len(tb.rows))
	if l.Extends != nil {
		rows += l.Extends.Rows
	}
	v, err := loader.Seal(t.Context(), gold.Version{Rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	return *v
}

// publish makes versions the current release and refreshes the BI database.
func publish(t testing.TB, s *Store, l gold.Lease, asOf string, versions ...gold.Version) *gold.Release {
	t.Helper()
	p, err := s.pointer(t.Context(), l.Model)
	if err != nil {
		t.Fatal(err)
	}
	at, err := gold.ParseValue(gold.Time, 0, asOf)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Publish(t.Context(), gold.Publication{Lease: l, From: p.Current, Release: &gold.Release{Model: l.Model, AsOf: at.Time(), Versions: versions}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func refresh(t testing.TB, s *Store, l gold.Lease, r *gold.Release) *gold.RefreshReport {
	t.Helper()
	report, err := s.Refresh(t.Context(), gold.Refresh{Lease: l, Release: r})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func state(t testing.TB, s *Store, model string) *gold.State {
	t.Helper()
	st, err := s.State(t.Context(), model)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// rowsOf counts the rows of an answer.
func rowsOf(t testing.TB, s *Store, q gold.Query) int {
	t.Helper()
	rows, err := s.Rows(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	if _, err := gold.EachBatch(t.Context(), rows, func(b *gold.Batch) error { n += b.Rows; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	const secret = "s3cr3t-c4n4ry"
	for _, c := range []struct {
		what, uri string
		code      gold.Code
		kind      gold.ErrorKind
		mentions  string
	}{
		{"no scheme", "127.0.0.1:27017/x?password=" + secret, gold.CodeInvalidParameter, gold.Invalid, "URI"},
		{"an unknown option value", "mongodb://u:" + secret + "@127.0.0.1:27017/x?readPreference=" + secret, gold.CodeInvalidParameter, gold.Invalid, "URI"},
		{"a password that is not escaped", "mongodb://u:a/b@" + secret + "@127.0.0.1:27017/x", gold.CodeInvalidParameter, gold.Invalid, "URI"},
		{"a bad port", "mongodb://u:" + secret + "@127.0.0.1:x/x", gold.CodeInvalidParameter, gold.Invalid, "URI"},
		{"nobody there", "mongodb://u:" + secret + "@127.0.0.1:1/x?serverSelectionTimeoutMS=300", gold.CodeStoreUnavailable, gold.Unavailable, "127.0.0.1:1"},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := Open(t.Context(), c.uri, Options{})
			wantError(t, "open", err, c.kind, c.code)
			if err != nil && (strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), c.mentions)) {
				t.Errorf("the error %q holds the secret, or does not mention %q", err, c.mentions)
			}
		})
	}
	t.Run("a user that does not exist", func(t *testing.T) {
		uri := strings.Replace(storetest.MongoDB(t), "://", "://nobody:"+secret+"@", 1)
		_, err := Open(t.Context(), uri, Options{})
		wantError(t, "open", err, gold.Unavailable, gold.CodeStoreUnavailable)
		if err != nil && (strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "password")) {
			t.Errorf("the error is %q", err)
		}
	})
}

// A server that is busy takes a connection and says nothing for longer than the driver waits for one.
func TestOpenWaitsForABusyServer(t *testing.T) {
	server, err := url.Parse(storetest.MongoDB(t))
	if err != nil {
		t.Fatal(err)
	}
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	address := server.Host
	go func() {
		time.Sleep(serverSelectionTimeout + time.Second)
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := (&net.Dialer{}).DialContext(context.WithoutCancel(t.Context()), "tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			go relay(to, from)
			go relay(from, to)
		}
	}()
	server.Host, server.RawQuery = l.Addr().String(), "directConnection=true"
	s, err := Open(t.Context(), server.String(), Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func relay(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
}

func TestDatabaseOfURI(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://127.0.0.1":                        "",
		"mongodb://127.0.0.1/?directConnection=true": "",
		"mongodb://127.0.0.1:27017/gold":             "gold",
		"mongodb://u:p%2F@a:1,b:2/gold?w=1":          "gold",
		"mongodb+srv://u:p@cluster.example.net/g%20": "g ",
	} {
		if got := uriDatabase(uri); got != want {
			t.Errorf("%s names %q, expected %q", uri, got, want)
		}
	}
}

func TestReadOnlyStoreReadsAndNeverWrites(t *testing.T) {
	uri, name := database(t)
	s := mustOpen(t, uri, Options{Database: name})
	defer closes(t, s)
	l := acquire(t, s, "shop")
	r := publish(t, s, l, "2011-12-01", load(t, s, l, sales(1, 10)))

	reader := mustOpen(t, uri, Options{Database: name, ReadOnly: true})
	defer closes(t, reader)
	if got := state(t, reader, "shop").Current; got == nil || got.Number != r.Number {
		t.Errorf("state shows release %v, expected %d", got, r.Number)
	}
	if n := rowsOf(t, reader, gold.Query{Version: r.Version("sales")}); n != 10 {
		t.Errorf("%d rows, expected 10", n)
	}
	for what, write := range map[string]func() error{
		"lease": func() error {
			_, err := reader.Acquire(t.Context(), "shop", "", 0)
			return err
		},
		"load":     func() error { _, err := reader.Load(t.Context(), gold.Load{Lease: l}); return err },
		"renew":    func() error { _, err := reader.Renew(t.Context(), l, 0); return err },
		"release":  func() error { return reader.Release(t.Context(), l, nil) },
		"publish":  func() error { _, err := reader.Publish(t.Context(), gold.Publication{Lease: l}); return err },
		"rollback": func() error { _, err := reader.RollBack(t.Context(), gold.Rollback{Lease: l}); return err },
		"refresh":  func() error { _, err := reader.Refresh(t.Context(), gold.Refresh{Lease: l, Release: r}); return err },
		"orphans":  func() error { _, err := reader.DropOrphans(t.Context(), l, false); return err },
		"prune":    func() error { _, err := reader.Prune(t.Context(), gold.Prune{Lease: l}); return err },
	} {
		wantError(t, what, write(), gold.Internal, gold.CodeStoreFailed)
	}
}

// withOptions adds options to a URI.
func withOptions(uri, more string) string {
	switch {
	case strings.Contains(uri, "?"):
		return uri + "&" + more
	case strings.Count(uri, "/") < 3:
		return uri + "/?" + more
	default:
		return uri + "?" + more
	}
}

// failing makes the server fail commands of one store for a while: the fail point is bound to its application name.
// After a made-up election the driver looks again at its next heartbeat, so those are frequent. It needs a server with enableTestCommands.
func failing(t testing.TB, mode any, data bson.D) *Store {
	t.Helper()
	uri, name := database(t)
	s := mustOpen(t, withOptions(uri, "heartbeatFrequencyMS=500&appName="+name), Options{Database: name})
	t.Cleanup(func() { closes(t, s) })
	admin := connect(t, uri).Database("admin")
	set := func(mode any) error {
		return admin.RunCommand(context.Background(), bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: mode}, {Key: "data", Value: append(slices.Clone(data), bson.E{Key: "appName", Value: name})}}).Err()
	}
	l := acquire(t, s, "shop")
	giveBack(t, s, l)
	if err := set(mode); err != nil {
		var ce mongo.CommandError
		if errors.As(err, &ce) && ce.Code == 59 {
			t.Skip("needs a MongoDB server started with --setParameter enableTestCommands=1")
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set("off"); err != nil {
			t.Error(err)
		}
	})
	return s
}

func times(n int) bson.D { return bson.D{{Key: "times", Value: n}} }

func TestFailuresHaveTheirKinds(t *testing.T) {
	for _, c := range []struct {
		what    string
		command string
		data    bson.E
		kind    gold.ErrorKind
		code    gold.Code
	}{
		{"time is over at the server", "find", bson.E{Key: "errorCode", Value: 50}, gold.Timeout, gold.CodeQueryTimeout},
		{"the other code for it", "find", bson.E{Key: "errorCode", Value: 262}, gold.Timeout, gold.CodeQueryTimeout},
		{"not the primary", "find", bson.E{Key: "errorCode", Value: 10107}, gold.Unavailable, gold.CodeStoreUnavailable},
		{"shutting down", "find", bson.E{Key: "errorCode", Value: 91}, gold.Unavailable, gold.CodeStoreUnavailable},
		{"a lost connection", "find", bson.E{Key: "closeConnection", Value: true}, gold.Unavailable, gold.CodeStoreUnavailable},
		{"no rights", "find", bson.E{Key: "errorCode", Value: 13}, gold.Unavailable, gold.CodeStoreUnavailable},
		{"a cursor that an election ended", "getMore", bson.E{Key: "errorCode", Value: 43}, gold.Unavailable, gold.CodeStoreUnavailable},
		{"anything else", "find", bson.E{Key: "errorCode", Value: 8}, gold.Internal, gold.CodeStoreFailed},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := failing(t, "off", bson.D{})
			l := acquire(t, s, "shop")
			v := load(t, s, l, sales(1, 3*batchRows))
			arm(t, s, "alwaysOn", bson.D{{Key: "failCommands", Value: bson.A{c.command}}, c.data})
			rows, err := s.Rows(t.Context(), gold.Query{Version: &v})
			if err == nil {
				_, err = gold.EachBatch(t.Context(), rows, func(*gold.Batch) error { return nil })
			}
			wantError(t, "read", err, c.kind, c.code)
		})
	}
	t.Run("a cancelled request is no failure of the store", func(t *testing.T) {
		s := newStore(t, Options{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Resolve(ctx, gold.Selector{Model: "shop"}); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v, expected context.Canceled", err)
		}
	})
}

// arm sets the fail point of a store made by failing, and returns what waits until commands have come to it.
func arm(t testing.TB, s *Store, mode any, data bson.D) (entered func(n int64)) {
	t.Helper()
	data = append(data, bson.E{Key: "appName", Value: s.serving.Name()})
	admin := connect(t, storetest.MongoDB(t)).Database("admin")
	reply, err := admin.RunCommand(t.Context(), bson.D{{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: mode}, {Key: "data", Value: data}}).Raw()
	if err != nil {
		t.Error(err)
		return func(int64) {}
	}
	before := reply.Lookup("count").AsInt64()
	return func(n int64) {
		t.Helper()
		wait := bson.D{{Key: "waitForFailPoint", Value: "failCommand"}, {Key: "timesEntered", Value: before + n}, {Key: "maxTimeMS", Value: 20_000}}
		if err := admin.RunCommand(t.Context(), wait).Err(); err != nil {
			t.Error(err)
		}
	}
}

func TestOneTransientFailureOfAReadIsNotSeen(t *testing.T) {
	s := failing(t, "off", bson.D{})
	l := acquire(t, s, "shop")
	v := load(t, s, l, sales(1, 10))
	arm(t, s, times(1), bson.D{{Key: "failCommands", Value: bson.A{"find"}}, {Key: "closeConnection", Value: true}})
	if n := rowsOf(t, s, gold.Query{Version: &v}); n != 10 {
		t.Errorf("%d rows, expected 10", n)
	}
}

func TestNoFreeConnectionIsAnOutage(t *testing.T) {
	s := failing(t, "off", bson.D{})
	l := acquire(t, s, "shop")
	v := load(t, s, l, sales(1, 10))
	small := mustOpen(t, withOptions(storetest.MongoDB(t), "maxPoolSize=1&serverSelectionTimeoutMS=300&appName="+s.serving.Name()), Options{Database: s.serving.Name(), ReadOnly: true})
	defer closes(t, small)
	entered := arm(t, s, times(1), bson.D{{Key: "failCommands", Value: bson.A{"find"}}, {Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 2000}})
	var slow sync.WaitGroup
	slow.Go(func() {
		if n := rowsOf(t, small, gold.Query{Version: &v}); n != 10 {
			t.Errorf("%d rows, expected 10", n)
		}
	})
	entered(1)
	_, err := small.Rows(t.Context(), gold.Query{Version: &v})
	wantError(t, "read while the one connection is busy", err, gold.Unavailable, gold.CodeStoreUnavailable)
	slow.Wait()
}

func TestRowsAfterTheLastAreEOF(t *testing.T) {
	s := newStore(t, Options{})
	l := acquire(t, s, "shop")
	v := load(t, s, l, sales(1, 3))
	rows, err := s.Rows(t.Context(), gold.Query{Version: &v})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, io.EOF, io.EOF} {
		if _, err := rows.Next(t.Context()); !errors.Is(err, want) {
			t.Errorf("call %d returns %v, expected %v", i, err, want)
		}
	}
	if err := errors.Join(rows.Close(), rows.Close()); err != nil {
		t.Error(err)
	}
}
