//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// withName returns a store's URI for a program of a name that fail points know. A driver that was told of an election
// looks again at its next heartbeat, so those are frequent.
func withName(store, program string) string {
	sep := "&"
	if !strings.Contains(store, "?") {
		sep = "?"
	}
	return store + sep + "heartbeatFrequencyMS=500&appName=" + program
}

// failing is a command that fails on the tests' server, for one program.
type failing struct {
	command   string
	namespace string // "": any
	fault     bson.D
	mode      any
}

var always = any("alwaysOn")

func firstTimes(n int) any { return bson.D{{Key: "times", Value: n}} }

func errorCode(n int) bson.D { return bson.D{{Key: "errorCode", Value: n}} }

// arm makes it fail; off ends that and returns how many commands failed.
func (f failing) arm(t *testing.T, program string) (off func() int64) {
	t.Helper()
	data := append(bson.D{{Key: "failCommands", Value: bson.A{f.command}}, {Key: "appName", Value: program}}, f.fault...)
	if f.namespace != "" {
		data = append(data, bson.E{Key: "namespace", Value: f.namespace})
	}
	m := &member{set: &replicaSet{t: t}, address: "the tests' server", client: mongoClient(t)}
	return m.arm("failCommand", f.mode, data).off
}

// documented wants a row of a table of docs/failures.md.
func documented(t *testing.T, cells ...any) {
	t.Helper()
	text, err := os.ReadFile("../../docs/failures.md")
	if err != nil {
		t.Fatal(err)
	}
	row := "|"
	for _, cell := range cells {
		row += fmt.Sprintf(" %v |", cell)
	}
	if !strings.Contains(string(text), row+"\n") {
		t.Errorf("docs/failures.md lacks the row\n%s", row)
	}
}

// TestWhatTheAPIAnswersWhenMongoDBFails keeps the first table of docs/failures.md.
func TestWhatTheAPIAnswersWhenMongoDBFails(t *testing.T) {
	p := mongoPlace(t)
	publishLake(t, p, filepath.Join(sample, "gold"))
	release, err := openPlace(t, p).Resolve(t.Context(), gold.Selector{Model: defaultModel})
	if err != nil {
		t.Fatal(err)
	}
	const deadline = 3 * time.Second
	program := "api of " + p.db
	url := serveProgram(t, withName(p.store, program), "--cache-size", "0", "--accelerate-memory", "0", "--request-timeout", deadline.String())
	rows := p.db + "_releases." + release.Version("fact_achats").Location
	const path = "/datasets/fact_achats/rows?limit=1"

	closed := bson.D{{Key: "closeConnection", Value: true}}
	slow := bson.D{{Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 4000}}
	for _, c := range []struct {
		name  string
		fault bson.D
		mode  any
		want  string
		tries int64
	}{
		{"a new primary (10107), once", errorCode(10107), firstTimes(1), "200", 1},
		{"a lost connection, once", closed, firstTimes(1), "200", 1},
		{"a step-down (189), once", errorCode(189), firstTimes(1), "200", 1},
		{"a new primary (10107), for longer", errorCode(10107), always, "503 store_unavailable 5", 2},
		{"a shutdown (91), for longer", errorCode(91), always, "503 store_unavailable 5", 2},
		{"an interruption (11600), for longer", errorCode(11600), always, "503 store_unavailable 5", 2},
		{"no primary (13436), for longer", errorCode(13436), always, "503 store_unavailable 5", 2},
		{"lost connections", closed, always, "503 store_unavailable 5", 2},
		{"no rights (13)", errorCode(13), always, "503 store_unavailable 5", 1},
		{"over its time at the server (50)", errorCode(50), always, "504 query_timeout", 1},
		{"over its time at the server (262)", errorCode(262), always, "504 query_timeout", 2},
		{"no answer in time", slow, always, "504 query_timeout", 1},
		{"anything else (8)", errorCode(8), always, "500 store_failed", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			documented(t, c.name, c.want, c.tries)
			waitFor(t, "an answer before the fault", func() bool { a, err := retrieve(t.Context(), url+path); return err == nil && a.status == 200 })
			off := failing{"find", rows, c.fault, c.mode}.arm(t, program)
			got, err := retrieve(t.Context(), url+path)
			if tries := off(); tries != c.tries {
				t.Errorf("the rows were asked for %d times, expected %d", tries, c.tries)
			}
			if err != nil || got.problem() != c.want {
				t.Errorf("%s, expected %s, %v\n%s", got.problem(), c.want, err, got.body)
			}
			// 250 ms are ours; the rest is for a machine that does other things too.
			if limit := deadline + 250*time.Millisecond + time.Second; got.took > limit {
				t.Errorf("answered after %s, expected %s at most", got.took, limit)
			}
			if live, err := retrieve(t.Context(), url+"/livez"); err != nil || live.status != 200 {
				t.Errorf("/livez: %d, %v", live.status, err)
			}
		})
	}
	t.Run("rows that somebody dropped", func(t *testing.T) {
		client := mongoClient(t).Database(p.db + "_releases")
		if err := client.Collection(release.Version("ca_monthly").Location).Drop(t.Context()); err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{"/monthly": "500 release_inconsistent", "/by_country": "200"} {
			if got, err := retrieve(t.Context(), url+path); err != nil || got.problem() != want {
				t.Errorf("%s: %s, expected %s, %v", path, got.problem(), want, err)
			}
		}
	})
	t.Run("nothing published", func(t *testing.T) {
		url := serveProgram(t, mongoPlace(t).store)
		for path, want := range map[string]string{"/monthly": "503 dataset_empty 30", "/readyz": "503", "/livez": "200", "/datasets/none": "404 unknown_dataset"} {
			if got, err := retrieve(t.Context(), url+path); err != nil || got.problem() != want {
				t.Errorf("%s: %s, expected %s, %v", path, got.problem(), want, err)
			}
		}
	})
}

// TestHowAPublishEndsWhenMongoDBFails keeps the second table of docs/failures.md.
func TestHowAPublishEndsWhenMongoDBFails(t *testing.T) {
	p := mongoPlace(t)
	lake := copyLake(t)
	publishLake(t, p, lake)
	program := "publisher of " + p.db
	pointers, records := p.db+"_releases.pointers", p.db+"_releases.releases"
	lost := func(n int) bson.D {
		return bson.D{{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: n}, {Key: "errmsg", Value: "made up"}}}}
	}
	closed := bson.D{{Key: "closeConnection", Value: true}}
	for _, c := range []struct {
		name string
		failing
		exit int
	}{
		{"lost connections at the load", failing{"insert", "", closed, firstTimes(3)}, exitDone},
		{"a load that no majority acknowledged in time (64)", failing{"insert", "", lost(64), firstTimes(2)}, exitDone},
		{"a load over its time (262)", failing{"insert", "", errorCode(262), firstTimes(2)}, exitDone},
		{"an election at the index build (11600)", failing{"createIndexes", "", errorCode(11600), firstTimes(2)}, exitDone},
		{"a lost acknowledgement of the release's record (91)", failing{"findAndModify", records, lost(91), firstTimes(2)}, exitDone},
		{"lost acknowledgements of lease and switch (64)", failing{"findAndModify", pointers, lost(64), firstTimes(2)}, exitDone},
		{"no rights to load (13)", failing{"insert", "", errorCode(13), always}, exitUnavailable},
		{"a load that fails otherwise (8)", failing{"insert", "", errorCode(8), always}, exitFailed},
		{"a switch that fails otherwise (8)", failing{"findAndModify", records, errorCode(8), always}, exitFailed},
	} {
		t.Run(c.name, func(t *testing.T) {
			documented(t, c.name, c.exit)
			changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
			off := c.arm(t, program)
			exit, _, stderr := cli(t, "publish", "--lake", lake, "--store", withName(p.store, program))
			if failed := off(); failed == 0 {
				t.Error("nothing failed")
			}
			if exit != c.exit {
				t.Errorf("exit %d, expected %d\n%s", exit, c.exit, stderr)
			}
			if c.exit != exitDone {
				publishLake(t, p, lake)
			}
			checkBI(t, p)
		})
	}
	t.Run("BI rewrites", func(t *testing.T) {
		release, err := openPlace(t, p).Resolve(t.Context(), gold.Selector{Model: defaultModel})
		if err != nil {
			t.Fatal(err)
		}
		daily := p.db + "_releases." + release.Version("daily").Location
		for name, fault := range map[string]bson.D{"an election (11602)": errorCode(11602), "a lost acknowledgement (64)": lost(64), "a lost connection": closed} {
			t.Run(name, func(t *testing.T) {
				if err := mongoClient(t).Database(p.db).Collection("gold_daily").Drop(t.Context()); err != nil {
					t.Fatal(err)
				}
				off := failing{"aggregate", daily, fault, firstTimes(1)}.arm(t, program)
				exit, _, stderr := cli(t, "publish", "--refresh-ttl", "500ms", "--lake", lake, "--store", withName(p.store, program))
				if failed := off(); failed != 1 || exit != exitDone {
					t.Errorf("%d failed, exit %d\n%s", failed, exit, stderr)
				}
				checkBI(t, p)
			})
		}
	})
	t.Run("a wrong password", func(t *testing.T) {
		uri := strings.Replace(storetest.MongoDB(t), "://", "://somebody:wrong@", 1)
		for _, command := range [][]string{{"publish", "--lake", lake}, {"status"}} {
			if exit, _, stderr := cli(t, append(command, "--store", uri)...); exit != exitUnavailable || strings.Contains(stderr, "wrong@") {
				t.Errorf("%s: exit %d %s", command[0], exit, stderr)
			}
		}
		if exit, _, _ := cli(t, "status", "--store", "mongodb://127.0.0.1:x"); exit != exitUsage {
			t.Errorf("a bad URI: exit %d", exit)
		}
	})
}

// TestAPublisherThatStopsBeforeARewriteShowsNothingOlder stops a publisher between a mark and its $out, lets another
// publish, and lets the first go on.
func TestAPublisherThatStopsBeforeARewriteShowsNothingOlder(t *testing.T) {
	p := mongoPlace(t)
	lake := copyLake(t)
	publishLake(t, p, lake)
	fewer := func() {
		changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
	}
	fewer()
	t.Setenv("GOLDSERVE_LEASE_TTL", "5s") // a busy disk holds a renewal up for seconds
	program := "stopped " + p.db
	held := failing{"update", p.db + ".gold_release", bson.D{{Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: 3000}}, firstTimes(1)}
	off := held.arm(t, program)
	stopped := launch(t, "publish", "--refresh-ttl", "30s", "--lake", lake, "--store", withName(p.store, program))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the publisher that was stopped:\n%s", &stopped.stderr)
		}
	})
	var deadline time.Time
	waitFor(t, "a mark of the rewrite", func() bool {
		var pointer struct {
			Marks map[string]struct {
				Done     bool
				Deadline time.Time
			}
		}
		if err := mongoClient(t).Database(p.db+"_releases").Collection("pointers").FindOne(t.Context(), bson.D{{Key: "_id", Value: defaultModel}}).Decode(&pointer); err != nil {
			t.Fatal(err)
		}
		for _, m := range pointer.Marks {
			if !m.Done {
				deadline = m.Deadline
			}
		}
		return !deadline.IsZero()
	})
	stopped.signal(syscall.SIGSTOP)
	off()

	fewer()
	publishLake(t, p, lake)
	if !time.Now().Before(deadline) {
		t.Error("the next publish waited for the deadline of a rewrite that could no longer start")
	}
	stopped.signal(syscall.SIGCONT)
	if code := stopped.code(); code != exitUnavailable {
		t.Errorf("the publisher that was stopped: exit %d\n%s", code, &stopped.stderr)
	}
	mustCLI(t, "status", "--store", p.store)
	release, err := openPlace(t, p).Resolve(t.Context(), gold.Selector{Model: defaultModel})
	if err != nil || release.Number != 3 {
		t.Errorf("release %d is current, %v", release.Number, err)
	}
	checkBI(t, p)
}
