package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// leakyLake is a lake of the shipped model, and a copy of the model that a test plants leaks in.
func leakyLake(t *testing.T) (l *monthLake, store string) {
	t.Helper()
	shipped, err := filepath.Abs(filepath.Join(sample, "..", "..", "churn"))
	if err != nil {
		t.Fatal(err)
	}
	l = churnLake(t, "--months", "4")
	if err := os.CopyFS(filepath.Join(l.folder, "models", "churn"), os.DirFS(shipped)); err != nil {
		t.Fatal(err)
	}
	l.with = append(l.with, "--models", filepath.Join(l.folder, "models"))
	return l, sqlitePlace(t).store
}

// change replaces a text of a file of the model.
func (l *monthLake) change(name, old, by string) {
	l.Helper()
	at := filepath.Join(l.folder, "models", "churn", name)
	text, err := os.ReadFile(at)
	if err != nil || !bytes.Contains(text, []byte(old)) {
		l.Fatalf("%s has no %q: %v", name, old, err)
	}
	if err := os.WriteFile(at, bytes.Replace(text, []byte(old), []byte(by), 1), 0o600); err != nil {
		l.Fatal(err)
	}
}

func TestExportOfATrainingSet(t *testing.T) {
	l, store := leakyLake(t)
	with := []string{"--models", filepath.Join(l.folder, "models"), "--model", "churn", "--store", store}
	publish := func() { mustCLI(t, append([]string{"run", "--store", store}, l.with...)...) }
	export := func(more ...string) (int, string, string) {
		return cli(t, append(append([]string{"export", "--training", "--as-of", "2023-05-31", "--label", "churn"}, with...), more...)...)
	}
	publish()
	code, out, errs := export("--horizon", "1")
	if code != exitDone || !strings.Contains(errs, "features as of 2023-05-31, churn of 2023-06-30, from release 1") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], " "); !strings.HasPrefix(got, "user_id as_of signup_date gender ") || !strings.HasSuffix(got, " ticket_avg_resolution_hrs_90d churn churn_as_of") {
		t.Errorf("columns %s", got)
	}
	// The labels of the file of the month that is a horizon later, of those who were there before.
	labels, err := os.ReadFile(filepath.Join(l.folder, "bronze", "month_002", "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if line := row[0] + "," + row[len(row)-2] + "\n"; !strings.Contains(string(labels), line) || row[1] != "2023-05-31" || row[2] > row[1] || row[len(row)-1] != "2023-06-30" {
			t.Errorf("row %v", row)
		}
	}
	file := filepath.Join(l.folder, "set.parquet")
	if code, _, errs := export("-o", file); code != exitDone {
		t.Fatal(errs)
	}
	if got := duckdbCSV(t, "SELECT count(*) AS n, count(churn) AS labels FROM '"+file+"'"); got != "n,labels\n"+strconv.Itoa(len(rows)-1)+","+strconv.Itoa(len(rows)-1)+"\n" {
		t.Errorf("as Parquet: %s", got)
	}

	before, err := os.ReadFile(file)
	if code, _, errs := export("-o", file, "--horizon", "2"); err != nil || code != exitUsage {
		t.Errorf("exit %d: %s, %v", code, errs, err)
	}
	after, err := os.ReadFile(file)
	if left, _ := filepath.Glob(file + ".*"); err != nil || !bytes.Equal(before, after) || len(left) > 0 {
		t.Errorf("a set that has no rows replaced the file, or left %v: %v", left, err)
	}
	for want, args := range map[string][]string{
		"--horizon is 0: expected 1 to 1200":                     {"--horizon", "0"},
		"--label is \"left\": expected one of churn":             {"--label", "left"},
		"2023-05-30 is not the last day of its month":            {"--as-of", "2023-05-30"},
		"no row of users_snapshots as of 2023-05-31 has a label": {"--horizon", "2"},
		"no row of users_snapshots as of 2024-05-31 has a label": {"--as-of", "2024-05-31"},
		"the format is \"doc\": expected csv or parquet":         {"-o", "x.doc"},
	} {
		if code, _, errs := export(args...); code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
}

// TestLeaksAreRefused plants what would tell the label.
func TestLeaksAreRefused(t *testing.T) {
	l, store := leakyLake(t)
	with := []string{"--models", filepath.Join(l.folder, "models"), "--model", "churn", "--store", store}
	refused := func(what string, want string) {
		t.Helper()
		code, out, errs := cli(t, append([]string{"export", "--training", "--as-of", "2023-05-31", "--label", "churn"}, with...)...)
		if code == exitDone || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d: %s%s", what, code, out, errs)
		}
	}
	// A column that is made of the labels.
	l.change("sql/gold/payments_agg_90d_snapshots.sql", "v.failed_payments_90d", "v.failed_payments_90d + (SELECT count(*) FROM silver.labels b WHERE b.user_id = v.user_id AND b.churn_label) AS failed_payments_90d")
	mustCLI(t, append([]string{"run", "--store", store}, l.with...)...)
	refused("made of the labels", "payments_agg_90d_snapshots: it can't be a feature of churn: it is made of bronze.labels, which says the label")
	// A time that was not known yet.
	l.change("sql/gold/payments_agg_90d_snapshots.sql", "v.failed_payments_90d + (SELECT count(*) FROM silver.labels b WHERE b.user_id = v.user_id AND b.churn_label) AS failed_payments_90d", "v.failed_payments_90d")
	l.change("sql/gold/users_snapshots.sql", "v.signup_date", "DATE '2023-06-15' AS signup_date")
	mustCLI(t, append([]string{"run", "--store", store}, l.with...)...)
	refused("a later date", "users_snapshots, column signup_date: ")
	refused("a later date", "have a time after 2023-05-31, such as 2023-06-15: the features were not known then")
	l.change("model.yaml", "features: [users_snapshots,", "features: [churn_months, users_snapshots,")
	refused("the label's table", "churn_months is among the features, which would tell the label")
	l.change("model.yaml", "features: [churn_months, users_snapshots,", "features: [users,")
	refused("a live table", "the key of users is [user_id]: expected user_id and as_of, since a table without dates holds what was known last")
}
