package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"goldserve/gold"
)

const strictMembers = `    members:
      files: ["month_*/members.csv"]
      slice: {name: "month_{n}", firstMonth: first_month, frozen: true}
      columns: {id: whole, visits: whole, mail: {kind: text, mask: hmac}, phone: {kind: text, mask: drop}}
      expect:
        - {rule: columns}
        - {rule: notNull, columns: [id]}
        - {rule: unique, columns: [id]}
        - {rule: min, columns: [visits], min: 0, severity: warning}
    visits:
      files: ["month_*/visits.csv"]
      slice: {name: "month_{n}", firstMonth: first_month, frozen: true}
      columns: {id: whole}
      expect:
        - {rule: reference, column: id, to: members.id}
    leavers:
      files: ["month_*/leavers.csv"]
      slice: {name: "month_{n}", firstMonth: first_month, frozen: true, optional: true}
      columns: {id: whole}
`

// strictLake has two good months.
func strictLake(t *testing.T) *monthLake {
	t.Helper()
	l := newMonthLake(t, strictMembers)
	l.write("key", "0123456789abcdef0123456789abcdef")
	l.with = append(l.with, "--hmac-key-file", filepath.Join(l.folder, "key"))
	l.write("models/gym/sql/gold/leavers.sql", "SELECT l.id, m.mail FROM bronze.leavers l JOIN bronze.members m ON m.id = l.id ORDER BY l.id, m._number")
	l.write("models/gym/sql/gold/visits.sql", "SELECT v.id, v._number AS number FROM bronze.visits v ORDER BY v.id, v._number")
	l.good(0)
	l.good(1)
	return l
}

func (l *monthLake) good(number int) {
	l.Helper()
	l.month(number, "members", "visits,id,mail,phone", "7,1,a@example.com,1", ",2,b@example.com,2")
	l.month(number, "visits", "id", "1", "")
}

func (l *monthLake) remove(name string) {
	l.Helper()
	if err := os.Remove(filepath.Join(l.folder, name)); err != nil {
		l.Fatal(err)
	}
}

// TestAMonthThatIsNotAsExpectedIsLeftOut: the one before is the newest that the gold has, until the file is corrected.
func TestAMonthThatIsNotAsExpectedIsLeftOut(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(l *monthLake)
		want []string
	}{
		"a null": {
			func(l *monthLake) { l.month(2, "members", "visits,id,mail,phone", "7,1,a,1", "7,x9,a,1", "7") },
			[]string{`month_002/members.csv:3, column id: "x9" is null`, "month_002/members.csv:4, column id: is null, as the record can't be read (field_count)"},
		},
		"a member twice": {
			func(l *monthLake) { l.month(2, "members", "visits,id,mail,phone", "7,1,a,1", "7,01,b,1") },
			[]string{`month_002/members.csv:3, column id: "01" is repeated: it is in line 2 of month_002/members.csv already`},
		},
		"other columns": {
			func(l *monthLake) { l.month(2, "members", "visits,id,mail", "7,1,a") },
			[]string{"month_002/members.csv: it lacks the columns phone"},
		},
		"a visitor who is no member": {
			func(l *monthLake) { l.month(2, "visits", "id", "1", "3") },
			[]string{`month_002/visits.csv:3, column id: "3" is not in members.id of this slice or an earlier one`},
		},
		"a missing file": {
			func(l *monthLake) { l.remove("bronze/month_002/visits.csv") },
			[]string{"month_002: there is no file of the source visits"},
		},
		"no text": {
			func(l *monthLake) { l.write("bronze/month_002/visits.csv", "") },
			[]string{"month_002/visits.csv: the file can't be read: "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := strictLake(t)
			l.good(2)
			l.good(3)
			c.harm(l)
			code, out, errs := l.build()
			if code != exitRefused || !strings.Contains(errs, "month_002 and later are left out of the gold, which holds what came before") {
				t.Fatalf("exit %d: %s%s", code, out, errs)
			}
			for _, want := range c.want {
				if !strings.Contains(errs, want) {
					t.Errorf("got %s, want %s", errs, want)
				}
			}
			if got := l.members(); !strings.Contains(got, ",1,2024-02-29") || strings.Contains(got, ",2,2024-03-31") {
				t.Errorf("the gold has %s", got)
			}
			if code, out, errs := l.build(); code != exitRefused || !strings.Contains(out, "up to date") || !strings.Contains(errs, c.want[0]) {
				t.Errorf("again: exit %d: %s%s", code, out, errs)
			}
			var record gold.BuildRecord
			text, err := os.ReadFile(filepath.Join(l.folder, "gold", gold.BuiltFile))
			if err != nil || json.Unmarshal(text, &record) != nil || len(record.Findings) != 1 || record.Findings[0].Slice != "month_002" {
				t.Errorf("the record has %+v, %v", record.Findings, err)
			}
			l.good(2)
			if code, _, errs := l.build(); code != exitDone {
				t.Errorf("corrected: exit %d: %s", code, errs)
			}
			if got := l.members(); !strings.Contains(got, ",3,2024-04-30") {
				t.Errorf("corrected: %s", got)
			}
		})
	}
}

func TestWarningsAndTheFirstMonth(t *testing.T) {
	l := strictLake(t)
	l.month(1, "members", "visits,id,mail,phone", "-7,1,a,1")
	if code, out, errs := l.build(); code != exitDone || !strings.Contains(out, `warning: month_001/members.csv:2, column visits: "-7" is below 0`) {
		t.Errorf("a warning: exit %d: %s%s", code, out, errs)
	}
	l = strictLake(t)
	l.month(0, "members", "visits,id,mail,phone", "-7,,secret@example.com,1")
	code, out, errs := l.build()
	if code != exitRefused || !strings.Contains(errs, "month_000/members.csv:2, column id: is null") || strings.Contains(errs, "secret") {
		t.Errorf("the first month: exit %d: %s%s", code, out, errs)
	}
	if _, err := os.Stat(filepath.Join(l.folder, "gold", "members.parquet")); err == nil {
		t.Error("something was built")
	}
}

func TestHistoryIsFrozen(t *testing.T) {
	l := strictLake(t)
	if code, _, errs := l.build(); code != exitDone {
		t.Fatal(errs)
	}
	refused := func(what, want string) {
		t.Helper()
		if code, _, errs := l.build(); code != exitRefused || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d: %s", what, code, errs)
		}
	}
	l.month(0, "leavers", "id", "2")
	if code, _, errs := l.build(); code != exitDone {
		t.Errorf("a late file of a source that may lack it: %s", errs)
	}
	l.month(0, "members", "visits,id,mail,phone", "8,1,a,1")
	refused("changed", "month_000/members.csv: it was changed after it was built, and the history of members is frozen")
	l.good(0)
	l.remove("bronze/month_001/visits.csv")
	refused("removed", "month_001/visits.csv: it was removed after it was built")
	l.good(1)
	l.good(3)
	refused("a gap", "month_002: there is no file of the source members")
	l.good(2)
	if code, _, errs := l.build(); code != exitDone {
		t.Errorf("the gap is filled: %s", errs)
	}
	l.month(0, "members", "visits,id,mail,phone", "8,1,a,1")
	if code, _, errs := l.build("--restate"); code != exitDone {
		t.Errorf("restated: %s", errs)
	}
	if got := l.members(); !strings.Contains(got, "1,8,0,2024-01-31") {
		t.Errorf("restated: %s", got)
	}
	if code, _, errs := l.build(); code != exitDone {
		t.Errorf("after that: %s", errs)
	}
}
