package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const gymMembers = `apiVersion: v3.1.0
kind: DataContract
id: gym.members
version: 1.0.0
status: active
schema:
  - name: members
    properties:
      - {name: id, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 1}
      - {name: visits, logicalType: integer}
      - {name: number, logicalType: integer, required: true, primaryKey: true, primaryKeyPosition: 2}
      - {name: as_of, logicalType: date, required: true}
`

// rebuilt removes what the lake knows of earlier builds.
func (l *monthLake) rebuilt() {
	l.Helper()
	for _, name := range []string{"gold", "silver", "_landed", "quarantine"} {
		if err := os.RemoveAll(filepath.Join(l.folder, name)); err != nil {
			l.Fatal(err)
		}
	}
}

// TestPublishedHistoryIsFrozen: a release knows the files of each of its months, so that a lake that was built anew can't rewrite them.
func TestPublishedHistoryIsFrozen(t *testing.T) {
	eachStore(t, func(t *testing.T, p place) {
		l := strictLake(t)
		l.write("models/gym/contracts/members.odcs.yaml", gymMembers)
		for _, unread := range []string{"leavers", "visits"} {
			l.remove("models/gym/sql/gold/" + unread + ".sql")
		}
		run := func(more ...string) (code int, out, errs string) {
			return cli(t, append(append([]string{"run", "--store", p.store}, l.with...), more...)...)
		}
		passes := func(what, want string, more ...string) {
			t.Helper()
			if code, out, errs := run(more...); code != exitDone || !strings.Contains(out, want) {
				t.Errorf("%s: exit %d: %s%s", what, code, out, errs)
			}
		}
		refused := func(what string, want ...string) {
			t.Helper()
			code, out, errs := run()
			for _, text := range want {
				if code != exitRefused || !strings.Contains(errs, text) {
					t.Errorf("%s: exit %d: %s%s, want %s", what, code, out, errs, text)
				}
			}
		}
		changed := func(month, visits string) {
			l.write("bronze/month_"+month+"/members.csv", "visits,id,mail,phone\n"+visits+",1,a@example.com,1\n,2,b@example.com,2\n")
		}
		passes("the first release", "gym release 1")
		l.rebuilt()
		passes("the same lake, built anew", "gym release 1: nothing to do")

		l.rebuilt()
		changed("000", "8")
		l.remove("bronze/month_001/members.csv")
		l.month(1, "members-2", "visits,id,mail,phone", "7,1,a@example.com,1", ",2,b@example.com,2")
		l.write("models/gym/model.yaml", strings.Replace(l.read("models/gym/model.yaml"), "month_*/members.csv", "month_*/members*.csv", 1))
		refused("another history", "month_000/members.csv: it was changed after it was published in release 1, and the history of members is frozen: put it back as it was",
			"month_001/members-2.csv: it is new, and of a slice that was published in release 1 without it", "month_001/members.csv: it was removed after it was published in release 1",
			"--restate rewrites history")
		refused("again", "month_000/members.csv: it was changed")
		if code, out, errs := cli(t, append([]string{"publish", "--dry-run", "--store", p.store, "--lake", filepath.Join(l.folder, "gold")}, l.with[2:6]...)...); code != exitRefused || !strings.Contains(errs, "month_000/members.csv") {
			t.Errorf("a dry run: exit %d: %s%s", code, out, errs)
		}
		passes("restated", "gym release 2", "--restate")
		passes("after that", "gym release 2: nothing to do")

		l.good(2)
		l.rebuilt()
		passes("a new month of a lake built anew", "gym release 3")

		// After a rollback the current release's files count, not those of the releases that it withdrew.
		mustCLI(t, "rollback", "1", "--model", "gym", "--store", p.store)
		refused("after a rollback", "month_000/members.csv: it was changed after it was published in release 1")
		changed("000", "7")
		l.good(1)
		l.remove("bronze/month_001/members-2.csv")
		l.rebuilt()
		passes("as it was, and the new month", "gym release 4")

		// What leaves the rows alone is a change of history too, and restated once.
		l.write("bronze/month_000/members.csv", l.read("bronze/month_000/members.csv")+"\n")
		l.rebuilt()
		refused("a blank line", "month_000/members.csv: it was changed after it was published in release 4")
		passes("a blank line, restated", "gym release 5", "--restate")
		passes("and once", "gym release 5: nothing to do")

		l.good(3)
		if code, out, errs := l.build(); code != exitDone {
			t.Fatalf("exit %d: %s%s", code, out, errs)
		}
		l.remove("gold/_build.json")
		publish := append([]string{"publish", "--store", p.store, "--lake", filepath.Join(l.folder, "gold")}, l.with[2:6]...)
		if code, out, errs := cli(t, publish...); code != exitRefused || !strings.Contains(errs, "_build.json: the lake lacks it, so that nothing says whether the raw files of members, whose history is frozen, are those that were published in release 5") {
			t.Errorf("without its record: exit %d: %s%s", code, out, errs)
		}
		if code, _, errs := cli(t, append(publish, "--restate", "--watch", "5s")...); code != exitUsage || !strings.Contains(errs, "--restate is for a single run") {
			t.Errorf("following: exit %d: %s", code, errs)
		}
	})
}

func (l *monthLake) read(name string) string {
	l.Helper()
	text, err := os.ReadFile(filepath.Join(l.folder, name))
	if err != nil {
		l.Fatal(err)
	}
	return string(text)
}
