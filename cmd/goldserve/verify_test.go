package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	_ "modernc.org/sqlite" // for what happens behind goldserve's back

	"goldserve/gold"
)

// tamper changes the rows of a dataset of the current release behind goldserve's back: by an SQL statement on the table
// ROWS, or by a MongoDB command on the collection that is appended to its name.
func tamper(t *testing.T, p place, dataset, statement, command string, arguments ...bson.E) {
	t.Helper()
	release, err := openPlace(t, p).Resolve(t.Context(), gold.Selector{Model: defaultModel})
	if err != nil {
		t.Fatal(err)
	}
	location := release.Version(dataset).Location
	if p.db != "" {
		run := append(bson.D{{Key: command, Value: location}}, arguments...)
		if err := mongoClient(t).Database(p.db+"_releases").RunCommand(t.Context(), run).Err(); err != nil {
			t.Fatal(err)
		}
		return
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(p.store, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), strings.ReplaceAll(statement, "ROWS", `"`+location+`"`))
	if closed := db.Close(); err != nil || closed != nil {
		t.Fatal(err, closed)
	}
}

// update is the argument of MongoDB's update command that changes all documents that a filter finds.
func update(filter, change bson.D) bson.E {
	return bson.E{Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: filter}, {Key: "u", Value: change}, {Key: "multi", Value: true}}}}
}

func TestVerifyNamesWhatIsNotAsPublished(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		if code, _, stderr := cli(t, "verify", "--store", p.store); code != exitRefused || !strings.Contains(stderr, "publish") {
			t.Errorf("before the first publish: exit %d %s", code, stderr)
		}
		lake := copyLake(t)
		publishSample(t, p)
		changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
		publishLake(t, p, lake)
		out := mustCLI(t, "verify", "--all", "--store", p.store)
		if !strings.Contains(out, "segment_summary        2 and 1 more") || strings.Count(out, "\nfact_achats ") != 2 || strings.Contains(out, "differ") {
			t.Errorf("all is well, but verify says\n%s", out)
		}

		tamper(t, p, "fact_achats", `UPDATE ROWS SET montant = montant + 1 WHERE id_achat = 100`, "update",
			update(bson.D{{Key: "_id", Value: int64(100)}}, bson.D{{Key: "$inc", Value: bson.D{{Key: "montant", Value: 1.0}}}}))
		tamper(t, p, "segment_summary", `DELETE FROM ROWS WHERE segment_label = 'VIP'`, "delete",
			bson.E{Key: "deletes", Value: bson.A{bson.D{{Key: "q", Value: bson.D{{Key: "_id", Value: "VIP"}}}, {Key: "limit", Value: 1}}}})
		tamper(t, p, "ca_product", `DROP TABLE ROWS`, "drop")
		// A value of another type, which no query can make sense of.
		tamper(t, p, "ca_country", `UPDATE ROWS SET ca = 'much'`, "update", update(bson.D{}, bson.D{{Key: "$set", Value: bson.D{{Key: "ca", Value: "much"}}}}))

		code, stdout, stderr := cli(t, "verify", "--all", "--json", "--store", p.store)
		if code != exitFailed || !strings.Contains(stderr, "rollback") || !strings.Contains(stderr, "--reload") {
			t.Errorf("exit %d, want %d and what to do:\n%s", code, exitFailed, stderr)
		}
		var r verified
		if err := json.Unmarshal([]byte(stdout), &r); err != nil {
			t.Fatalf("%v in %s", err, stdout)
		}
		damaged := map[string]string{"fact_achats": "sum(montant) is", "segment_summary": "3 rows instead of 4", "ca_product": "missing", "ca_country": ""}
		for _, v := range r.Versions {
			says, is := damaged[v.Dataset]
			is = is && v.Releases[0] == 2 // release 1 has its own facts, which nobody touched
			if got := v.Damage(); (got != "") != is || is && (!strings.Contains(got, says) || !strings.Contains(stderr, "dataset "+v.Dataset)) {
				t.Errorf("%s of %v: %q", v.Dataset, v.Releases, got)
			}
		}
		if r.OK || len(r.Versions) < 14 {
			t.Errorf("ok %v of %d versions", r.OK, len(r.Versions))
		}
		code, _, stderr = cli(t, "verify", "1", "--store", p.store)
		if code != exitFailed || strings.Contains(stderr, "fact_achats") || !strings.Contains(stderr, "segment_summary") {
			t.Errorf("release 1 shares all but the facts: exit %d\n%s", code, stderr)
		}

		if code, _, stderr := cli(t, "publish", "--lake", lake, "--reload", "fact", "--store", p.store); code != exitUsage || !strings.Contains(stderr, "--reload") {
			t.Errorf("a dataset that is none: exit %d\n%s", code, stderr)
		}
		again := publishLake(t, p, lake, "--reload", "fact_achats,segment_summary,ca_product,ca_country")
		if len(again.Loaded) != 4 {
			t.Errorf("reload: %+v", again)
		}
		mustCLI(t, "verify", "--store", p.store)
		if status, body := get(t, served(t, p).URL, "/kpis?release=1"); status != http.StatusOK {
			t.Errorf("the facts of release 1 were not loaded again: %d %s", status, body)
		}
		// The damaged versions went with the reload.
		if status, body := get(t, served(t, p).URL, "/segments?release=2"); status != http.StatusGone {
			t.Errorf("a damaged version: %d %s", status, body)
		}
		if code, _, stderr := cli(t, "rollback", "2", "--store", p.store); code == exitDone {
			t.Errorf("rollback to a release without some of its rows: %s", stderr)
		}
		if r := publishLake(t, p, lake); r.Outcome != "unchanged" || r.Release != again.Release {
			t.Errorf("the same files after a reload: %+v", r)
		}
	})
}

// TestAReloadThatDiedBeforeItsSwitchIsCompleted replaces a version as a publisher does that ends before the switch.
func TestAReloadThatDiedBeforeItsSwitchIsCompleted(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := copyLake(t)
		publishSample(t, p)
		store := openPlace(t, p)
		release, err := store.Resolve(t.Context(), gold.Selector{Model: defaultModel})
		if err != nil {
			t.Fatal(err)
		}
		v := release.Version("segment_summary")
		lease, err := store.Acquire(t.Context(), defaultModel, "who dies", 0)
		if err != nil {
			t.Fatal(err)
		}
		loader, err := store.Load(t.Context(), gold.Load{Lease: *lease, Dataset: v.Dataset, ID: v.ID, Rows: v.Rows, Replace: true})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := store.Rows(t.Context(), gold.Query{Version: v})
		if err != nil {
			t.Fatal(err)
		}
		b, err := rows.Next(t.Context())
		if err == nil {
			err = loader.Append(t.Context(), b)
		}
		if err := errors.Join(err, rows.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := loader.Seal(t.Context(), *v); err != nil {
			t.Fatal(err)
		}
		if err := store.Release(t.Context(), *lease, nil); err != nil {
			t.Fatal(err)
		}
		if r := publishLake(t, p, lake); r.Outcome != "published" || r.Release != 2 || len(r.Loaded) != 0 {
			t.Errorf("the next publish: %+v", r)
		}
		mustCLI(t, "verify", "--store", p.store)
	})
}
