//go:build e2e

package e2e

import (
	"context"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// stand is a replica set with a first release, a server on it, and a reader who asks that server all the time.
type stand struct {
	*replicaSet
	place     place
	lake      string
	reader    *reader
	purchases int64 // in the lake
}

const (
	publisherName = "the publisher" // to fail points
	serverName    = "the server"
)

func newStand(t *testing.T) *stand {
	s := &stand{replicaSet: startReplicaSet(t), lake: copyLake(t)}
	s.place = place{store: s.uri("gold", "a colleague"), db: "gold"}
	s.change()
	publishLake(t, s.place, s.lake)
	s.reader = startReader(t, serveProgram(t, s.uri("gold", serverName), "--cache-size", "0", "--accelerate-memory", "0", "--poll", "100ms", "--request-timeout", "5s"))
	s.reader.shows(s.t, s.purchases)
	return s
}

// change takes some purchases out of the lake: what is published next is another release.
func (s *stand) change() {
	s.t.Helper()
	changeFacts(s.t, s.lake, func(rows []purchase) []purchase {
		rows = rows[100:]
		s.purchases = int64(len(rows))
		return rows
	})
}

// publish starts a publisher whose commands fail points can stop.
func (s *stand) publish(args ...string) *running {
	s.t.Helper()
	return launch(s.t, append([]string{"publish", "--lake", s.lake, "--store", s.uri("gold", publisherName), "--refresh-ttl", "2s"}, args...)...)
}

// converges checks that the lake is served and shown after one more run, whatever became of those before.
func (s *stand) converges() {
	t := s.t
	t.Helper()
	s.whole()
	again := s.publish()
	if code := again.exit(t, 2*patience); code != exitDone {
		t.Fatalf("the publish after the fault: exit %d\n%s", code, &again.stderr)
	}
	s.reader.shows(s.t, s.purchases)
	checkBI(t, s.place)
	state, err := openPlace(t, s.place).State(t.Context(), defaultModel)
	if err != nil || len(state.Orphans) != 0 || len(state.Stale) != 0 || state.Lease != nil {
		t.Errorf("orphans %v, stale %v, lease %v, %v", state.Orphans, state.Stale, state.Lease, err)
	}
}

// halt is a place in a publish where it can be stopped.
type halt struct {
	point string
	data  bson.D
}

// hold is long enough for a fault to be made meanwhile, or at least begun.
const hold = 1500 * time.Millisecond

// commandOn holds up a command of the publisher on a collection for a while, before the server runs it.
func commandOn(command, collection string, held time.Duration) halt {
	data := bson.D{
		{Key: "failCommands", Value: bson.A{command}},
		{Key: "appName", Value: publisherName},
		{Key: "blockConnection", Value: true},
		{Key: "blockTimeMS", Value: held.Milliseconds()},
	}
	if collection != "" {
		data = append(data, bson.E{Key: "namespace", Value: "gold_releases." + collection})
	}
	return halt{"failCommand", data}
}

// phases are the steps of a publish, each with the halts on the way to its middle.
var phases = []struct {
	name  string
	halts []halt
}{
	{"lease", []halt{commandOn("findAndModify", "pointers", hold)}},
	{"load", []halt{commandOn("insert", "", hold)}},
	{"index build", []halt{{"hangAfterStartingIndexBuild", bson.D{}}}},
	// The first write to a pointer after the release's record is the switch: no renewal is due by then.
	{"switch", []halt{commandOn("findAndModify", "releases", hold), commandOn("findAndModify", "pointers", hold)}},
	{"BI refresh", []halt{{"hangWhileBuildingDocumentSourceOutBatch", bson.D{}}}},
}

func TestReplicaSet(t *testing.T) {
	s := newStand(t)
	part := func(name string, test func()) {
		if t.Failed() {
			return // with a set in an unknown state
		}
		t.Run(name, func(t *testing.T) {
			s.during(t)
			test()
			s.converges()
		})
	}
	for i, phase := range phases {
		if i > 0 { // an election at the lease is an election at the switch
			part("the primary is killed: "+phase.name, func() { s.faultInPublish(phase.halts, s.crash) })
		}
		if i%3 == 0 { // the same repeated commands go on, however the primary went: lease and switch alone
			part("the primary steps down: "+phase.name, func() { s.faultInPublish(phase.halts, s.stepDown) })
		}
	}
	part("the primary is killed: read", func() { s.faultInRead(s.crash) })
	part("the primary steps down: read", func() { s.faultInRead(s.stepDown) })
	part("the primary freezes", s.frozenPrimary)
	part("a secondary freezes", s.frozenSecondary)
	part("a secondary lags, and the primary steps down", s.lagging)
	part("both secondaries lag", s.noMajority)
	part("a switch that no majority has is rolled back", s.rolledBack)
	part("the publisher freezes before the switch", s.frozenPublisher)
	t.Run("all members are gone", func(t *testing.T) {
		s.during(t)
		s.gone()
	})
}

// gone leaves no server at all, and the last release in the memory of ours.
func (s *stand) gone() {
	for _, m := range s.members {
		s.reader.hit()
		m.kill()
	}
	for path, want := range map[string]string{
		"/monthly": "503 store_unavailable 5", "/kpis?release=1": "503 store_unavailable 5", "/datasets/none/rows": "404 unknown_dataset",
		"/livez": "200", "/health": "503", "/readyz": "503",
	} {
		waitFor(s.t, "the answer of an outage", func() bool { // the look at the current release comes to its end
			a, err := retrieve(s.t.Context(), s.reader.url+path)
			return err == nil && a.problem() == want
		})
	}
	for _, command := range [][]string{{"publish", "--lake", s.lake}, {"status"}} {
		p := launch(s.t, append(command, "--store", s.place.store)...)
		s.ends(p, exitUnavailable)
	}
}

// halted starts a publisher of a changed lake and returns when it has come to the last of some halts of the primary.
func (s *stand) halted(halts []halt, args ...string) (publisher *running, pass func()) {
	s.t.Helper()
	s.change()
	primary := s.primary()
	points := make([]*failPoint, len(halts))
	for i, h := range halts {
		points[i] = primary.arm(h.point, h.mode(), h.data)
		if i == 0 {
			publisher = s.publish(args...)
		}
		points[i].wait()
	}
	return publisher, func() {
		for _, p := range points {
			p.off()
		}
	}
}

// ends checks that a publisher succeeds, or gives up as the documentation says.
func (s *stand) ends(publisher *running, codes ...int) {
	s.t.Helper()
	code := publisher.exit(s.t, 2*patience)
	s.t.Logf("exit %d; answers failed for %s", code, s.reader.outage())
	if !slices.Contains(codes, code) {
		s.t.Errorf("exit %d, expected one of %v\n%s", code, codes, &publisher.stderr)
	}
}

func (s *stand) faultInPublish(halts []halt, fault func()) {
	publisher, pass := s.halted(halts, "--lease-ttl", "30s")
	s.reader.hit()
	fault()
	s.whole()
	pass()
	s.ends(publisher, exitDone)
}

// faultInRead makes a fault between two batches of an answer; what it looks like the reader checks.
func (s *stand) faultInRead(fault func()) {
	reads := s.primary().arm("failCommand", bson.D{{Key: "times", Value: 1}}, bson.D{
		{Key: "failCommands", Value: bson.A{"getMore"}},
		{Key: "appName", Value: serverName},
		{Key: "blockConnection", Value: true},
		{Key: "blockTimeMS", Value: 1500},
	})
	reads.wait()
	s.reader.hit()
	fault()
}

// frozenPrimary stops the primary while it holds an insert: its connections live and say nothing, and when it wakes
// it still thinks that it is the primary.
func (s *stand) frozenPrimary() {
	publisher, pass := s.halted(phases[1].halts, "--lease-ttl", "30s")
	old := s.primary()
	s.reader.hit()
	old.signal(syscall.SIGSTOP)
	s.elect(old)
	s.ends(publisher, exitDone)
	s.reader.shows(s.t, s.purchases)
	old.signal(syscall.SIGCONT)
	pass()
}

func (s *stand) frozenSecondary() {
	secondary := s.others(s.primary())[0]
	secondary.signal(syscall.SIGSTOP)
	s.change()
	s.ends(s.publish(), exitDone)
	s.reader.shows(s.t, s.purchases)
	secondary.signal(syscall.SIGCONT)
}

// lagging leaves one secondary a whole release behind: it must neither answer nor become primary.
func (s *stand) lagging() {
	behind := s.others(s.primary())[0]
	replication := behind.arm("stopReplProducer", "alwaysOn", bson.D{})
	s.change()
	s.ends(s.publish(), exitDone)
	s.reader.shows(s.t, s.purchases)
	s.reader.hit()
	s.stepDown()
	if s.primary() == behind {
		s.t.Error("the member that is behind became primary")
	}
	replication.off()
}

// noMajority leaves both secondaries behind: the primary stays, and acknowledges nothing.
func (s *stand) noMajority() {
	publisher, pass := s.halted(phases[1].halts, "--lease-ttl", "5s")
	var behind []*failPoint
	for _, m := range s.others(s.primary()) {
		behind = append(behind, m.arm("stopReplProducer", "alwaysOn", bson.D{}))
	}
	pass()
	s.ends(publisher, exitUnavailable)
	if !strings.Contains(publisher.stderr.String(), "majority") {
		s.t.Errorf("the publisher does not say what is missing: %s", &publisher.stderr)
	}
	s.ends(s.publish("--lease-ttl", "5s"), exitUnavailable)
	for _, p := range behind {
		p.off()
	}
}

// rolledBack lets the primary switch alone, and die before anybody else has the switch: nobody may have seen it.
func (s *stand) rolledBack() {
	before := s.reader.release()
	// The publisher stands still while the secondaries are cut off, however long that takes.
	publisher, _ := s.halted([]halt{commandOn("findAndModify", "releases", 2*hold)}, "--lease-ttl", "5m")
	publisher.signal(syscall.SIGSTOP)
	for _, m := range s.members {
		waitFor(s.t, "the release's record on each member", func() bool { return m.recorded(before + 1) })
	}
	primary := s.primary()
	if now := primary.current(); now != before {
		s.t.Fatalf("the publisher switched to release %d before it was stopped", now)
	}
	var behind []*failPoint
	for _, m := range s.others(primary) {
		behind = append(behind, m.arm("stopReplProducer", "alwaysOn", bson.D{}))
	}
	primary.mustAdmin(bson.D{{Key: "appendOplogNote", Value: 1}, {Key: "data", Value: bson.D{}}, {Key: "writeConcern", Value: bson.D{{Key: "w", Value: 1}}}})
	for _, p := range behind {
		p.wait() // it holds once something was left out
	}
	publisher.signal(syscall.SIGCONT)
	waitFor(s.t, "the switch on the primary", func() bool { return primary.current() == before+1 })
	time.Sleep(500 * time.Millisecond) // five polls of the server
	if now := s.reader.release(); now != before {
		s.t.Errorf("release %d is served, and no majority has it", now)
	}
	for _, m := range s.others(primary) {
		if now := m.current(); now != before {
			s.t.Fatalf("%s has release %d", m.address, now)
		}
	}
	rollbacks := primary.rollbacks()
	s.reader.hit()
	primary.kill()
	for _, p := range behind {
		p.off()
	}
	s.elect(primary)
	primary.start()
	s.ends(publisher, exitDone)
	s.reader.shows(s.t, s.purchases)
	if now := s.reader.release(); now != before+1 {
		s.t.Errorf("release %d is served, expected %d", now, before+1)
	}
	s.whole()
	if primary.rollbacks() == rollbacks {
		s.t.Error("the switch of the first primary was not rolled back")
	}
}

// frozenPublisher stops the holder of the lease for longer than it lasts. Others go on; woken, it must notice.
func (s *stand) frozenPublisher() {
	publisher, _ := s.halted(phases[3].halts[:1], "--lease-ttl", "5s")
	publisher.signal(syscall.SIGSTOP)
	s.change()
	s.ends(s.publish("--lease-ttl", "10s"), exitDone)
	s.reader.shows(s.t, s.purchases)
	served := s.reader.release()
	store := openPlace(s.t, s.place)
	lease, err := store.Acquire(s.t.Context(), defaultModel, "a colleague", time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	publisher.signal(syscall.SIGCONT)
	s.ends(publisher, exitUnavailable)
	if !strings.Contains(publisher.stderr.String(), "held by a colleague") {
		s.t.Errorf("the publisher does not say who holds the lease: %s", &publisher.stderr)
	}
	if err := store.Release(s.t.Context(), *lease, nil); err != nil {
		s.t.Error(err)
	}
	if now := s.reader.release(); now != served {
		s.t.Errorf("release %d is served, expected %d", now, served)
	}
}

// current is the number of the release that this member's own copy of the pointer names.
func (m *member) current() int64 {
	var pointer struct {
		Current int64 `bson:"current"`
	}
	m.find("pointers", defaultModel, &pointer)
	return pointer.Current
}

// recorded reports whether this member's own copy has the record of a release.
func (m *member) recorded(release int64) bool {
	return m.find("releases", bson.D{{Key: "model", Value: defaultModel}, {Key: "number", Value: release}}, &bson.Raw{})
}

// find reads a document of this member's own copy, and reports whether it is there.
func (m *member) find(collection string, id, document any) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return m.client.Database("gold_releases").Collection(collection).FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(document) == nil
}

// rollbacks counts how often this member has undone what the others don't have.
func (m *member) rollbacks() int64 {
	m.set.t.Helper()
	return m.mustAdmin(bson.D{{Key: "replSetGetRBID", Value: 1}}).Lookup("rbid").AsInt64()
}

// mode lets one command be held up, and a fail point stand until it is turned off.
func (h halt) mode() any {
	if h.point == "failCommand" {
		return bson.D{{Key: "times", Value: 1}}
	}
	return "alwaysOn"
}
