//go:build e2e

package e2e

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	_ "modernc.org/sqlite" // the driver, for looking behind the store

	"goldserve/gold"
)

// knob reads a number that make torture sets, or whoever replays a run.
func knob(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// seeded returns the test's seed, which the log shows and GOLDSERVE_TEST_SEED sets.
func seeded(t *testing.T) uint64 {
	seed := knob(t, "GOLDSERVE_TEST_SEED", uint64(time.Now().UnixNano()))
	t.Logf("GOLDSERVE_TEST_SEED=%d", seed)
	return seed
}

// The kinds of runs that are killed.
const (
	fresh     = "fresh"     // the first publish into an empty store
	republish = "republish" // with changed files
	rollback  = "rollback"
	prune     = "prune"
	refresh   = "refresh" // MongoDB: a publish that finds the BI database behind; SQLite: one whose switch makes or drops an index
)

func TestAKilledRunNeverShowsHalfARelease(t *testing.T) {
	t.Parallel()
	kills := int(knob(t, "GOLDSERVE_TEST_KILLS", 20))
	all := makeLakes(t, 5)
	eachStore(t, func(t *testing.T, p place) {
		c := startCampaign(t, p, all, rand.New(rand.NewPCG(seeded(t), 1)), 1)
		c.whole(0, "the first publish")
		c.whole(1, "the second publish")
		c.measure()
		for i := range kills {
			c.readers.advance()
			switch kind := []string{republish, rollback, republish, prune, refresh, fresh, republish}[i%7]; kind {
			case fresh:
				c.killFresh(i)
			default:
				c.kill(c.draw(kind))
			}
			if c.random.IntN(3) == 0 {
				c.readers.advance()
				c.heal()
			}
			if t.Failed() {
				t.Fatalf("at kill %d of %d", i+1, kills)
			}
		}
		c.readers.advance()
		c.heal()
		if p.db != "" {
			checkBI(t, p)
		}
		c.readers.stop()
		t.Logf("%d kills, %d answers to readers of the store that outlives them\n%s", kills, c.readers.answers, c.table())
	})
}

// campaign kills runs on one store.
type campaign struct {
	t       *testing.T
	p       place
	lakes   *knownLakes
	random  *rand.Rand
	eye     *eye
	readers *readers // nil: nobody else has the store open
	took    map[string]time.Duration
	hits    map[[2]string]int // kills by kind and phase
}

// patient makes a machine that stands still for seconds answer late rather than 504.
var patient = []string{"--request-timeout", "60s"}

// startCampaign starts servers on a store, and readers of each.
func startCampaign(t *testing.T, p place, l *knownLakes, random *rand.Rand, servers int) *campaign {
	c := &campaign{t: t, p: p, lakes: l, random: random, took: map[string]time.Duration{}, hits: map[[2]string]int{}}
	var urls []string
	for range servers {
		_, url := launchServe(t, p, patient...)
		urls = append(urls, url)
	}
	if servers > 0 {
		c.eye = openEye(t, p)
		c.readers = startReaders(t, l, random.Uint64(), urls...)
	}
	return c
}

// brief keeps what a killed run leaves behind from holding up the next one.
var brief = []string{"--lease-ttl", "500ms", "--refresh-ttl", "500ms"}

// publishing returns the arguments of a publish. Some prune at their end.
func (c *campaign) publishing(lake int, more ...string) []string {
	args := append([]string{"publish", "--again", "--allow-shrink", "--json", "--lake", c.lakes.folders[lake], "--store", c.p.store}, brief...)
	return append(args, more...)
}

// retention is a short one, with a grace that is longer than readers need to follow a switch and to be answered.
var retention = []string{"--keep", "3", "--keep-months", "1", "--grace", "2s"}

// whole runs a publish that nobody kills, and checks that it mended and shows everything.
func (c *campaign) whole(lake int, why string, more ...string) time.Duration {
	c.t.Helper()
	began := time.Now()
	args := append(c.publishing(lake, retention...), "--lease-ttl", "30s", "--refresh-ttl", "10s")
	run := launch(c.t, append(args, more...)...)
	for range 2 {
		if run.code() != exitUnavailable || strings.Contains(run.stderr.String(), "is being published by") {
			break
		}
		c.t.Logf("%s, on a machine that stands still: %s", why, &run.stderr) // exit 4 says: try again
		began, run = time.Now(), launch(c.t, append(args, more...)...)
	}
	if code := run.code(); code != exitDone {
		c.t.Fatalf("%s: exit %d\n%s", why, code, &run.stderr)
	}
	took := time.Since(began)
	now := c.look()
	if c.lakes.of(now.state.Current) != lake || len(now.state.Orphans) > 0 || len(now.state.Stale) > 0 {
		c.t.Fatalf("%s: release %d of lake %d is current, want lake %d; orphans %v, stale %v", why, now.state.Current.Number,
			c.lakes.of(now.state.Current), lake, now.state.Orphans, now.state.Stale)
	}
	c.eye.shows(c.t, now.state.Current)
	return took
}

// heal publishes another lake than the current one, so that there is something to switch and to refresh.
func (c *campaign) heal() {
	c.t.Helper()
	c.took[republish] = c.whole(c.other(), "the run after a kill") // the machine may be slower or faster by now
}

// other returns a lake that is not the current release's.
func (c *campaign) other() int {
	current := c.lakes.of(c.look().state.Current)
	return (current + 1 + c.random.IntN(len(c.lakes.folders)-1)) % len(c.lakes.folders)
}

// measure measures a whole run of each kind, so that kills are spread over all of it.
func (c *campaign) measure() {
	c.t.Helper()
	c.took[republish] = c.whole(4, "publish")
	for _, kind := range []string{rollback, prune, refresh} {
		c.readers.advance()
		m := c.draw(kind)
		began := time.Now()
		if code := launch(c.t, m.args...).code(); code != exitDone {
			c.t.Fatalf("%s: exit %d", kind, code)
		}
		c.took[kind] = time.Since(began)
		c.look()
	}
	c.took[fresh] = c.took[republish]
	c.t.Logf("whole runs take %v", c.took)
}

// murder is a run and the moment at which it is killed.
type murder struct {
	kind  string
	args  []string
	lake  int // of a publish
	to    int64
	until func(before, now glimpse) bool // the moment, nil: its start
	word  string                         // of the moment
	after time.Duration                  // after it
}

// draw prepares the store for a run of a kind, and draws the run and the moment.
func (c *campaign) draw(kind string) *murder {
	m := &murder{kind: kind, lake: -1}
	switch kind {
	case fresh:
		m.lake = c.random.IntN(len(c.lakes.folders))
		m.args = c.publishing(m.lake)
	case republish:
		m.lake = c.other()
		if m.args = c.publishing(m.lake); c.random.IntN(2) == 0 {
			m.args = c.publishing(m.lake, retention...)
		}
	case rollback:
		now := c.look()
		if len(now.kept) == 1 { // the rest was pruned
			c.heal()
			c.readers.advance()
			now = c.look()
		}
		earlier := slices.DeleteFunc(now.kept, func(n int64) bool { return n == now.number() })
		m.to = earlier[c.random.IntN(len(earlier))]
		m.args = append([]string{"rollback", strconv.FormatInt(m.to, 10), "--store", c.p.store}, brief...)
		c.readers.rollBack(m.to)
	case prune:
		m.args = append([]string{"prune", "--store", c.p.store, "--keep", "1", "--lease-ttl", "500ms"}, retention[2:]...)
	case refresh:
		current := c.look().state.Current
		m.lake = c.lakes.of(current)
		m.args = c.publishing(m.lake)
		if c.p.db == "" {
			if len(current.Version("fact_achats").Dataset.Indexes) == 1 {
				m.args = c.publishing(m.lake, "--models", indexedModels(c.t))
			}
			break
		}
		for _, name := range []string{"gold_fact_achats", "gold_daily", "gold_by_country"} {
			if err := c.eye.mongo.Database(c.p.db).Collection(name).Drop(c.t.Context()); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	c.moment(m)
	return m
}

// indexedModels returns a folder with the retail model whose facts have one more index.
func indexedModels(t *testing.T) string {
	folder := t.TempDir()
	if err := os.CopyFS(folder+"/retail", os.DirFS("../../models/retail")); err != nil {
		t.Fatal(err)
	}
	file := folder + "/retail/contracts/fact_achats.odcs.yaml"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const indexes = "indexes: [[date_achat, id_achat]]"
	changed := strings.Replace(string(text), indexes, "indexes: [[date_achat, id_achat], [pays, montant]]", 1)
	if changed == string(text) {
		t.Fatalf("%s has no %s", file, indexes)
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// moment draws when the run is killed: at any time of it, or a little after the store shows that a phase began.
func (c *campaign) moment(m *murder) {
	whole := c.took[m.kind]
	share := func(most float64) time.Duration { return time.Duration(c.random.Float64() * most * float64(whole)) }
	m.word, m.after = "its start", share(1.2)
	if c.random.IntN(2) == 0 || c.readers == nil {
		return
	}
	missing := 0
	if m.lake >= 0 && c.eye != nil {
		missing = c.look().missing(c.lakes.versions[m.lake])
	}
	leased := func(before, now glimpse) bool { return now.fence > before.fence }
	loading := func(before, now glimpse) bool { return leased(before, now) && now.versions != before.versions }
	sealed := func(before, now glimpse) bool { return leased(before, now) && now.sealed >= before.sealed+missing }
	switched := func(before, now glimpse) bool { return now.current != before.current }
	shown := func(before, now glimpse) bool { return leased(before, now) && now.shown != before.shown }
	marked := func(before, now glimpse) bool { return now.pruned != before.pruned || now.versions != before.versions }
	pick := func(words string, moments ...func(before, now glimpse) bool) {
		i := c.random.IntN(len(moments))
		m.word, m.until = "the "+strings.Fields(words)[i], moments[i]
		m.after = share([]float64{0, 0.02, 0.2}[c.random.IntN(3)])
	}
	switch m.kind {
	case fresh, republish:
		pick("lease load seals switch", leased, loading, sealed, switched)
	case rollback:
		pick("lease switch", leased, switched)
	case refresh:
		pick("lease refresh", leased, shown)
	case prune:
		pick("lease mark", leased, marked)
	}
}

// kill starts the run, kills it at its moment, and checks what is left.
func (c *campaign) kill(m *murder) {
	c.t.Helper()
	before := &sight{state: &gold.State{}} // nothing
	if c.eye != nil {
		before = c.look()
	}
	run := launch(c.t, m.args...)
	for m.until != nil && !run.over(2*time.Millisecond) && !m.until(before.glimpse, c.eye.glimpse(c.t)) {
	}
	run.over(m.after)
	run.kill()
	if c.eye == nil {
		c.eye = openEye(c.t, c.p)
	}
	now := c.look()
	phase := c.phase(m, before, now)
	switch code := run.code(); {
	case code == exitDone:
		phase = "ended before"
	case code == exitUnavailable && strings.Contains(run.stderr.String(), "lease"):
		phase = "lost its lease before" // a machine that stands still for a second
	case code != -1:
		c.t.Fatalf("%s of %s: exit %d\n%s", m.kind, c.p.store, code, &run.stderr)
	}
	c.hits[[2]string{m.kind, phase}]++
	c.t.Logf("%s, killed %v after %s, %s; release %d, then %d", m.kind, m.after.Round(time.Millisecond), m.word, phase, before.number(), now.number())
	c.holds(m, before, now)
	c.eye.sound(c.t)
}

// holds checks that a run left its whole work or none of it.
func (c *campaign) holds(m *murder, before, now *sight) {
	c.t.Helper()
	numbered := now.state.Last == before.state.Last || m.lake >= 0 && now.state.Last == before.state.Last+1
	moved := now.number() == before.number() ||
		m.lake >= 0 && now.number() == now.state.Last && now.state.Last == before.state.Last+1 && c.lakes.of(now.state.Current) == m.lake ||
		m.to > 0 && now.number() == m.to
	if !numbered || !moved {
		c.t.Errorf("%s: release %d (last %d) became release %d (last %d) of lake %d", m.kind, before.number(), before.state.Last,
			now.number(), now.state.Last, c.lakes.of(now.state.Current))
	}
	if c.readers != nil {
		c.readers.checkGone(now)
	}
}

// phase says what a killed run was at, from what it left.
func (c *campaign) phase(m *murder, before, now *sight) string {
	switch {
	case now.fence == before.fence:
		return "planning"
	case len(now.state.Stale) > 0 && (m.kind == refresh || now.number() != before.number()):
		return "refreshing"
	case now.number() != before.number(), m.kind == refresh && c.p.db != "":
		return "ending" // all is shown; retention and giving back the lease are left
	case m.kind == prune && now.loaded(before):
		return "pruning"
	case m.lake >= 0 && now.missing(c.lakes.versions[m.lake]) == 0:
		return "switching"
	case m.lake >= 0 && now.loaded(before):
		return "loading"
	default:
		return "leased"
	}
}

// killFresh kills the first publish into a store, then lets the next one mend it. Where the moment is any time, nobody
// else has the store open, so that the next one to come finds it as the kill left it.
func (c *campaign) killFresh(i int) {
	c.t.Run("fresh"+strconv.Itoa(i), func(t *testing.T) {
		p := sqlitePlace(t)
		if c.p.db != "" {
			p = mongoPlace(t)
		}
		f := startCampaign(t, p, c.lakes, c.random, c.random.IntN(2))
		f.took, f.hits = c.took, c.hits
		m := f.draw(fresh)
		f.kill(m)
		f.whole(m.lake, "the run after a kill", "--as-of", "2026-03-01")
		if p.db != "" {
			checkBI(t, p)
		}
		if f.readers != nil {
			f.readers.stop()
		}
	})
}

// look looks at the store, and tells the readers which releases there are.
func (c *campaign) look() *sight {
	c.t.Helper()
	now := c.eye.look(c.t)
	if c.readers != nil {
		c.readers.know(now.kept)
	}
	return now
}

// table tells how many kills hit each phase.
func (c *campaign) table() string {
	var b strings.Builder
	for _, key := range slices.SortedFunc(maps.Keys(c.hits), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		fmt.Fprintf(&b, "%-10s %-22s %d\n", key[0], key[1], c.hits[key])
	}
	return b.String()
}

// eye looks at a store from behind.
type eye struct {
	p     place
	store gold.Store
	mongo *mongo.Client
	file  *sql.DB
}

func openEye(t *testing.T, p place) *eye {
	e := &eye{p: p, store: openPlace(t, p)}
	if p.db != "" {
		e.mongo = mongoClient(t)
		return e
	}
	var err error
	if e.file, err = sql.Open("sqlite", "file:"+strings.TrimPrefix(p.store, "sqlite:")+"?mode=rw&_pragma=busy_timeout(10000)"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.file.Close() })
	return e
}

// sight is all there is to see at one moment.
type sight struct {
	glimpse

	state *gold.State
	kept  []int64 // releases that are not pruned, newest first
}

// glimpse is what can be seen as often as every millisecond.
type glimpse struct {
	fence, current           int64
	versions, sealed, pruned int    // versions that are there, those that are sealed, releases that are marked
	shown                    string // what the BI database shows
}

func (s *sight) number() int64 {
	if s.state.Current == nil {
		return 0
	}
	return s.state.Current.Number
}

// loaded reports whether versions came or went since an earlier look.
func (s *sight) loaded(before *sight) bool {
	return len(s.state.Sealed) != len(before.state.Sealed) || len(s.state.Orphans) > 0 || len(s.kept) < len(before.kept)
}

// missing returns how many of a lake's versions are not sealed yet.
func (s *sight) missing(ids map[string]string) int {
	n := len(ids)
	for _, v := range s.state.Sealed {
		if ids[v.Dataset.Name] == v.ID {
			n--
		}
	}
	return n
}

func (e *eye) look(t *testing.T) *sight {
	t.Helper()
	s := &sight{}
	var err error
	if s.state, err = e.store.State(t.Context(), defaultModel); err != nil {
		t.Fatal(err)
	}
	releases, err := e.store.Releases(t.Context(), gold.ReleaseQuery{Model: defaultModel})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range releases {
		if !r.Pruned {
			s.kept = append(s.kept, r.Number)
		}
	}
	s.glimpse = e.glimpse(t)
	return s
}

func (e *eye) glimpse(t *testing.T) glimpse {
	t.Helper()
	see := e.glimpseMongoDB
	if e.file != nil {
		see = e.glimpseSQLite
	}
	g, err := see(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (e *eye) glimpseSQLite(ctx context.Context) (g glimpse, err error) {
	if _, err := os.Stat(strings.TrimPrefix(e.p.store, "sqlite:")); err != nil {
		return g, nil //nolint:nilerr // there is no file yet
	}
	var tables int
	if err = e.file.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = '_goldserve_pointers'`).Scan(&tables); err != nil || tables == 0 {
		return g, err
	}
	err = e.file.QueryRowContext(ctx, `SELECT coalesce(max(fence), 0), coalesce(max(current), 0),
		(SELECT count(*) FROM _goldserve_versions WHERE dropped_at IS NULL),
		(SELECT count(*) FROM _goldserve_versions WHERE dropped_at IS NULL AND sealed_at IS NOT NULL),
		(SELECT count(*) FROM _goldserve_releases WHERE pruned_at IS NOT NULL),
		(SELECT group_concat(name) FROM sqlite_schema WHERE type = 'index')
		FROM _goldserve_pointers`).Scan(&g.fence, &g.current, &g.versions, &g.sealed, &g.pruned, &g.shown)
	return g, err
}

func (e *eye) glimpseMongoDB(ctx context.Context) (g glimpse, err error) {
	db := e.mongo.Database(e.p.db + "_releases")
	var p struct {
		Fence, Current int64
		Marks          bson.Raw
	}
	err = db.Collection("pointers").FindOne(ctx, bson.D{{Key: "_id", Value: defaultModel}}).Decode(&p)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return g, err
	}
	g.fence, g.current, g.shown = p.Fence, p.Current, string(p.Marks)
	names, err := db.ListCollectionNames(ctx, bson.D{{Key: "name", Value: bson.D{{Key: "$regex", Value: "__f"}}}})
	if err != nil {
		return g, err
	}
	g.versions = len(names)
	for collection, pruned := range map[string]bool{"seals": false, "releases": true} {
		n, err := db.Collection(collection).CountDocuments(ctx, bson.D{{Key: "pruned", Value: pruned}})
		if err != nil {
			return g, err
		}
		if pruned {
			g.pruned = int(n)
		} else {
			g.sealed = int(n)
		}
	}
	return g, nil
}

// sound checks that SQLite finds nothing wrong with its file.
func (e *eye) sound(t *testing.T) {
	t.Helper()
	if e.file == nil {
		return
	}
	if _, err := os.Stat(strings.TrimPrefix(e.p.store, "sqlite:")); err != nil {
		return
	}
	var verdict string
	if err := e.file.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check: %s, %v", verdict, err)
	}
}

// shows checks that the collections or views that people see have the rows of a release.
func (e *eye) shows(t *testing.T, r *gold.Release) {
	t.Helper()
	for _, v := range r.Versions {
		var rows int64
		var err error
		if v.Dataset.Collection == "" {
			continue
		}
		if e.mongo != nil {
			rows, err = e.mongo.Database(e.p.db).Collection(v.Dataset.Collection).CountDocuments(t.Context(), bson.D{})
		} else {
			err = e.file.QueryRowContext(t.Context(), `SELECT count(*) FROM "`+v.Dataset.Collection+`"`).Scan(&rows)
		}
		if err != nil || rows != v.Rows {
			t.Errorf("%s shows %d rows of release %d, which has %d, %v", v.Dataset.Collection, rows, r.Number, v.Rows, err)
		}
	}
}
