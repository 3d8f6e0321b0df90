package mirror_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/mirror"
)

// cutting is a way to a server that ends, as the process that uses it would, with the n-th packet that is sent.
type cutting struct {
	net.Listener
	to   string
	left atomic.Int64
	cut  atomic.Bool
}

func newCutting(t *testing.T, to string) *cutting {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutting{Listener: l, to: to}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.pass(client)
		}
	}()
	return c
}

func (c *cutting) pass(client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", c.to)
	if err != nil {
		_ = client.Close()
		return
	}
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	defer func() {
		_ = server.Close()
		_ = client.Close()
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if c.left.Add(-1) < 0 {
			c.cut.Store(true)
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// TestAKilledRunLeavesTheOldTablesWhole whenever it is cut off, and the next one completes what is missing and cleans up.
func TestAKilledRunLeavesTheOldTablesWhole(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		u, err := url.Parse(s.address)
		if err != nil {
			t.Fatal(err)
		}
		way := newCutting(t, u.Host)
		u.Host = way.Addr().String()
		l := newLake()
		old := l.release(1, countries("France", "Spain"), orders("France", "Spain"))
		fresh := l.release(2, countries("France", "Spain", "Italy"), orders("France", "Spain", "Italy"))
		const oldTables, newTables = "2 2 1,1", "3 3 2,2"
		shown := func() string {
			release := "release"
			if s.kind == "mysql" {
				release = "`release`"
			}
			return s.text(t, "SELECT count(*) FROM {s}.countries") + " " + s.text(t, "SELECT count(*) FROM {s}.shop_orders") + " " +
				strings.ReplaceAll(s.text(t, "SELECT "+release+" FROM {s}.gold_release ORDER BY dataset"), "\n", ",")
		}
		s.mirrored(t, l, old)
		kills, after, busy := 0, 0, 0
		for n := int64(1); ; n++ {
			way.left.Store(n)
			way.cut.Store(false)
			target, err := s.openAt(t.Context(), u.String())
			if err == nil {
				_, err = mirror.Run(t.Context(), mirror.Request{Reader: l, Release: fresh, Target: target})
				_ = target.Close()
			}
			if !way.cut.Load() {
				if gold.KindOf(err) == gold.Conflict && busy < 200 { // the server has not noticed yet that the one before is gone
					busy++
					n--
					time.Sleep(20 * time.Millisecond)
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			kills++
			switch got := shown(); {
			case got == newTables:
				after++
			case got != oldTables:
				t.Fatalf("cut off at packet %d: %s", n, got)
			}
			if s.kind == "mysql" { // the server may still be at work for the one that is gone
				time.Sleep(5 * time.Millisecond)
			}
			s.settled(t, l, old)
			if got := shown(); got != oldTables {
				t.Fatalf("after the run that follows: %s", got)
			}
			wantText(t, s.foreignKeys(t), "1")
			if got := s.text(t, "SELECT count(*) FROM information_schema.tables WHERE table_schema = '{s}'"); got != "3" {
				t.Fatalf("cut off at packet %d: %s tables, of which some are leftovers", n, got)
			}
		}
		if kills < 20 || shown() != newTables {
			t.Errorf("%d kills, %s", kills, shown())
		}
		t.Logf("%d kills, of which %d came after the swap", kills, after)
	})
}

// settled mirrors a release, once the server has noticed that a run before is gone.
func (s *server) settled(t *testing.T, l *lake, r *gold.Release) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err := mirror.Run(t.Context(), mirror.Request{Reader: l, Release: r, Target: s.open(t)})
		if err == nil {
			return
		}
		if gold.KindOf(err) != gold.Conflict || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestTwoRunsAtOnce(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		l := newLake()
		r := l.release(1, countries("France"), orders("France"))
		first, second := s.open(t), s.open(t)
		var once sync.Once
		l.slow = func() {
			once.Do(func() {
				_, err := mirror.Run(t.Context(), mirror.Request{Reader: l, Release: r, Target: second})
				if gold.CodeOf(err) != gold.CodeMirrorConflict || gold.KindOf(err) != gold.Conflict {
					t.Errorf("%v", err)
				}
			})
		}
		if _, err := mirror.Run(t.Context(), mirror.Request{Reader: l, Release: r, Target: first}); err != nil {
			t.Fatal(err)
		}
		report, err := mirror.Run(t.Context(), mirror.Request{Reader: l, Release: r, Target: second})
		if err != nil || report.Outcome != mirror.Unchanged {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

// TestReadersSeeOneRelease while releases come and go: each statement reads tables of one release.
func TestReadersSeeOneRelease(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		l := newLake()
		var releases []*gold.Release
		names := []string{"a", "b", "c", "d", "e", "f"}
		for i := range 6 {
			releases = append(releases, l.release(int64(i+1), countries(names[:i+1]...), orders(names[:i+1]...)))
		}
		s.mirrored(t, l, releases[0])
		stop := make(chan struct{})
		var reads, wrong atomic.Int64
		var last atomic.Value
		var done sync.WaitGroup
		release := "release"
		if s.kind == "mysql" {
			release = "`release`"
		}
		query := fmt.Sprintf("SELECT (SELECT count(*) FROM {s}.countries), (SELECT max(%s) FROM {s}.gold_release), (SELECT count(*) FROM {s}.shop_orders)", release)
		done.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				got, err := s.tryText(context.Background(), query)
				parts := strings.Split(got, "|")
				if err != nil || parts[0] != parts[1] || parts[1] != parts[2] {
					last.Store(fmt.Sprint(got, err))
					wrong.Add(1)
				}
				reads.Add(1)
			}
		})
		for i := range 30 {
			s.mirrored(t, l, releases[(i*7+1)%6])
		}
		close(stop)
		done.Wait()
		if wrong.Load() > 0 || reads.Load() < 20 {
			t.Errorf("%d of %d reads are wrong: %v", wrong.Load(), reads.Load(), last.Load())
		}
	})
}

// TestViewsAndRightsOfOthersStay in PostgreSQL, where they are bound to a table rather than its name.
func TestViewsAndRightsOfOthersStay(t *testing.T) {
	s := newServer(t, "postgres")
	l := newLake()
	s.mirrored(t, l, l.release(1, countries("France"), orders("France")))
	role := "reader_" + s.schema
	s.exec(t, "CREATE ROLE "+role)
	t.Cleanup(func() { _, _ = s.db.ExecContext(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role) })
	s.exec(t, "GRANT SELECT ON {s}.shop_orders, {s}.countries TO "+role)
	s.exec(t, "CREATE VIEW {s}.named AS SELECT upper(name) AS name FROM {s}.countries")
	s.mirrored(t, l, l.release(2, countries("France", "Spain"), orders("France", "Spain")))
	wantText(t, s.text(t, "SELECT string_agg(name, ',' ORDER BY name) FROM {s}.named"), "FRANCE,SPAIN")
	wantText(t, s.text(t, "SELECT has_table_privilege('"+role+"', '{s}.shop_orders', 'select'), has_table_privilege('"+role+"', '{s}.countries', 'select'), has_table_privilege('"+role+"', '{s}.countries', 'insert')"), "true|true|false")
	wantText(t, s.foreignKeys(t), "1")
	if report := s.mirrored(t, l, l.release(2, countries("France", "Spain"), orders("France", "Spain"))); report.Outcome != mirror.Unchanged {
		t.Errorf("%+v", report)
	}

	wider := countries("France", "Spain")
	wider.Fields = append(wider.Fields, gold.Field{Name: "more", Kind: gold.Int, Nullable: true})
	for i := range wider.rows {
		wider.rows[i] = append(wider.rows[i], num(1))
	}
	_, err := mirror.Run(t.Context(), mirror.Request{Reader: l, Release: l.release(3, wider, orders("France")), Target: s.open(t)})
	if gold.CodeOf(err) != gold.CodeMirrorRefused || !strings.Contains(err.Error(), "view "+s.schema+".named depends on it") {
		t.Errorf("%v", err)
	}
	wantText(t, s.lines(t), "shop|countries|countries|2|2|\nshop|orders|shop_orders|2|2|")
}

func TestForeignKeysOfOthersRefuseTheRun(t *testing.T) {
	eachServer(t, func(t *testing.T, s *server) {
		l := newLake()
		s.mirrored(t, l, l.release(1, countries("France")))
		kind := "varchar(255)"
		if s.kind == "mysql" {
			kind = "varchar(255) character set utf8mb4 collate utf8mb4_nopad_bin"
		}
		s.exec(t, "CREATE TABLE {s}.mine (name "+kind+", FOREIGN KEY (name) REFERENCES {s}.countries (name))")
		_, err := mirror.Run(t.Context(), mirror.Request{Reader: l, Release: l.release(2, countries("Spain")), Target: s.open(t)})
		if gold.CodeOf(err) != gold.CodeMirrorRefused || !strings.Contains(err.Error(), "drop the foreign key") {
			t.Errorf("%v", err)
		}
		wantText(t, s.lines(t), "shop|countries|countries|1|1|")
	})
}

// TestAServerThatIsNotThere is Unavailable, and no error has the password.
func TestAServerThatIsNotThere(t *testing.T) {
	for _, address := range []string{"postgres://u:canary@127.0.0.1:1/x", "mysql://u:canary@127.0.0.1:1/x", "postgres://u:canary@127.0.0.1:port/x", "mysql://u:canary@127.0.0.1:po rt/x", "mysql://u:can%ary@h/x"} {
		s := &server{kind: strings.Split(address, ":")[0]}
		_, err := s.openAt(t.Context(), address)
		if err != nil && (strings.Contains(err.Error(), "\n") || strings.Count(err.Error(), "refused") > 2) {
			t.Errorf("%s: it says things twice: %v", address, err)
		}
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(errors.Join(err, errors.Unwrap(err)).Error(), "canary") {
			t.Errorf("%s: %v", address, err)
		}
		if strings.Contains(address, ":1/") != (gold.CodeOf(err) == gold.CodeMirrorUnavailable) {
			t.Errorf("%s: %v", address, err)
		}
	}
}
