package infer

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// released makes the release that an inference would be published as.
func released(n *Next, m *Model) *gold.Release {
	r := &gold.Release{Model: m.Name, Number: 1, Inferred: n.Inferred}
	for _, d := range m.Datasets {
		r.Versions = append(r.Versions, gold.Version{Dataset: gold.Dataset{Name: d.Name}, Rows: d.Rows})
	}
	return r
}

// inferNext infers a lake, beginning with a release, which may be nil.
func inferNext(t *testing.T, folder string, r *gold.Release) (*Next, *gold.Release) {
	t.Helper()
	l, err := lake.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	var earlier *Earlier
	if r != nil {
		if earlier, err = NewEarlier(r); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Infer(t.Context(), l, Options{Name: "shop", NoSuccessFile: true, Earlier: earlier})
	if err != nil {
		t.Fatal(err)
	}
	n, err := m.Next(earlier)
	if err != nil {
		t.Fatal(err)
	}
	return n, released(n, m)
}

func TestInferringAgainWritesTheSame(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join("..", "..", "test", "lakes", "testdata", "*"))
	if err != nil || len(folders) < 6 {
		t.Fatal(folders, err)
	}
	for _, folder := range append(folders, sample, filepath.Join("..", "lake", "testdata", "durations"), filepath.Join("..", "lake", "testdata", "names")) {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			continue
		}
		first, r := inferNext(t, folder, nil)
		again, _ := inferNext(t, folder, r)
		for _, name := range slices.Sorted(maps.Keys(first.Inferred.Files)) {
			if a, b := first.Inferred.Files[name], again.Inferred.Files[name]; a != b {
				t.Errorf("%s: %s is another one: %s", folder, name, cmp.Diff(strings.Split(a, "\n"), strings.Split(b, "\n")))
			}
		}
		if len(again.Inferred.Changes) > 0 || len(again.Inferred.Gone) > 0 || len(again.Inferred.Files) != len(first.Inferred.Files) {
			t.Errorf("%s: changes %q, gone %v, %d files", folder, again.Inferred.Changes, again.Inferred.Gone, len(again.Inferred.Files))
		}
	}
}

// order and its likes are rows of one dataset as it changes.
type order struct {
	ID     int64   `parquet:"order_id"`
	Client int64   `parquet:"client_id"`
	Day    string  `parquet:"day"`
	Status string  `parquet:"status"`
	Amount float64 `parquet:"amount"`
	Pieces int64   `parquet:"pieces"`
	Note   string  `parquet:"note"`
}

type client struct {
	ID   int64  `parquet:"client_id"`
	City string `parquet:"city"`
	Mail string `parquet:"mail"`
}

func orders(n int) (rows []order) {
	for i := range n {
		rows = append(rows, order{
			int64(i + 1), int64(i%10 + 1), gold.NewDate(int64(15000 + i/4)).String(), []string{"open", "paid", "sent"}[i%3],
			float64(i)*1.5 + 0.25, int64(i % 7), strings.Repeat("x", i%30) + " of it",
		})
	}
	return rows
}

func clients(n int) (rows []client) {
	for i := range n {
		rows = append(rows, client{int64(i + 1), []string{"Rome", "Oslo"}[i%2], "c" + strings.Repeat("d", i) + "@example.org"})
	}
	return rows
}

func TestWhatNoLongerHoldsIsTold(t *testing.T) {
	type wider struct {
		ID     int64   `parquet:"order_id"`
		Client int64   `parquet:"client_id"`
		Day    string  `parquet:"day"`
		Status string  `parquet:"status"`
		Amount float64 `parquet:"amount"`
		Pieces string  `parquet:"pieces"`
		Note   string  `parquet:"note"`
	}
	for about, test := range map[string]struct {
		change func(t *testing.T, folder string)
		want   []string // parts of the changes, in order
		holds  func(t *testing.T, n *Next)
	}{
		"nothing, with more rows": {func(t *testing.T, folder string) { writeRows(t, folder, "orders", orders(300)) }, nil, nil},
		"a key with two rows": {
			func(t *testing.T, folder string) { writeRows(t, folder, "orders", append(orders(200), orders(1)...)) },
			[]string{"orders: order_id is no longer unique"},
			func(t *testing.T, n *Next) {
				if d := n.Model.Dataset("orders"); !d.Keyless() {
					t.Errorf("key %v", d.Key)
				}
			},
		},
		"a value beyond a list": {func(t *testing.T, folder string) {
			rows := orders(200)
			rows[5].Status = "lost"
			writeRows(t, folder, "orders", rows)
		}, []string{"orders.status has other values than the 3 of its list, which has 4 now"}, nil},
		"texts among integers": {func(t *testing.T, folder string) {
			var rows []wider
			for _, o := range orders(200) {
				rows = append(rows, wider{o.ID, o.Client, o.Day, o.Status, o.Amount, "n/a", o.Note})
			}
			writeRows(t, folder, "orders", rows)
		}, []string{"orders.pieces is a text now, and was an int", "orders: the metric total_pieces is gone"}, nil},
		"a client that is not there": {
			func(t *testing.T, folder string) { writeRows(t, folder, "clients", clients(9)) },
			[]string{"orders: client_id no longer leads to a row of clients from all rows: city can't"},
			nil,
		},
		"a column that became personal": {func(t *testing.T, folder string) {
			rows := orders(200)
			for i := range rows {
				rows[i].Note = "x" + rows[i].Status + "@example.org"
			}
			writeRows(t, folder, "orders", rows)
		}, []string{"orders.note looks like personal data now"}, func(t *testing.T, n *Next) {
			if n.Model.Dataset("orders").Field("note") != nil {
				t.Error("it is stored")
			}
		}},
		"a file that is gone": {func(t *testing.T, folder string) {
			if err := os.Remove(filepath.Join(folder, "clients.parquet")); err != nil {
				t.Fatal(err)
			}
		}, []string{"clients: its files are gone", "orders: client_id no longer leads to a row of clients from all rows: city can't"}, nil},
	} {
		t.Run(about, func(t *testing.T) {
			folder := t.TempDir()
			writeRows(t, folder, "orders", orders(200))
			writeRows(t, folder, "clients", clients(10))
			_, r := inferNext(t, folder, nil)
			test.change(t, folder)
			n, r := inferNext(t, folder, r)
			got := n.Inferred.Changes
			if len(got) != len(test.want) {
				t.Fatalf("told %q, want %q", got, test.want)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("told %q, want %q", got[i], want)
				}
			}
			if test.holds != nil {
				test.holds(t, n)
			}
			if again, _ := inferNext(t, folder, r); len(again.Inferred.Changes) > 0 {
				t.Errorf("told again: %q", again.Inferred.Changes)
			}
		})
	}
}

// TestPersonalDataNeverLoosensByItself: whatever a column that was taken for personal data holds later, and wherever it was.
func TestPersonalDataNeverLoosensByItself(t *testing.T) {
	type without struct {
		ID   int64  `parquet:"client_id"`
		City string `parquet:"city"`
	}
	folder := t.TempDir()
	writeRows(t, folder, "clients", clients(30))
	writeRows(t, folder, "orders", orders(60))
	_, r := inferNext(t, folder, nil)
	harmless := clients(30)
	for i := range harmless {
		harmless[i].Mail = []string{"yes", "no"}[i%2]
	}
	for _, step := range []struct {
		about string
		do    func()
	}{
		{"it holds other texts", func() { writeRows(t, folder, "clients", harmless) }},
		{"the column is gone", func() { writeRows(t, folder, "clients", []without{{1, "Rome"}, {2, "Oslo"}}) }},
		{"it is back", func() { writeRows(t, folder, "clients", harmless) }},
		{"the file is gone", func() { _ = os.Remove(filepath.Join(folder, "clients.parquet")) }},
		{"it stays gone", func() { writeRows(t, folder, "orders", orders(70)) }},
		{"the file is back", func() { writeRows(t, folder, "clients", harmless) }},
	} {
		step.do()
		var n *Next
		n, r = inferNext(t, folder, r)
		d := n.Model.Dataset("clients")
		if text := n.Inferred.Files["contracts/clients.odcs.yaml"]; d != nil && (d.Field("mail") != nil || !strings.Contains(text, "name: mail, logicalType: string")) {
			t.Errorf("once %s, mail is stored, or forgotten:\n%s", step.about, text)
		}
		if gone := n.Inferred.Gone["contracts/clients.odcs.yaml"]; (d == nil) != strings.Contains(gone, "classification: pii") {
			t.Errorf("once %s, what is remembered of clients is\n%s", step.about, gone)
		}
	}
}

// TestKindsStayOrWiden: a column keeps its kind while the kind holds its values, and gets that of the files otherwise.
func TestKindsStayOrWiden(t *testing.T) {
	type ints struct {
		ID int64 `parquet:"id"`
		N  int64 `parquet:"n"`
	}
	type decimals struct {
		ID int64 `parquet:"id"`
		N  int64 `parquet:"n,decimal(2:12)"`
	}
	type doubles struct {
		ID int64    `parquet:"id"`
		N  *float64 `parquet:"n,optional"`
	}
	type texts struct {
		ID int64  `parquet:"id"`
		N  string `parquet:"n"`
	}
	whole, half := 4.0, 4.5
	folder := t.TempDir()
	write := map[string]func(){
		"ints":              func() { writeRows(t, folder, "list", []ints{{1, 4}, {2, 5}}) },
		"whole decimals":    func() { writeRows(t, folder, "list", []decimals{{1, 400}, {2, 500}}) },
		"decimals":          func() { writeRows(t, folder, "list", []decimals{{1, 425}, {2, 500}}) },
		"whole doubles":     func() { writeRows(t, folder, "list", []doubles{{1, &whole}, {2, nil}}) },
		"doubles":           func() { writeRows(t, folder, "list", []doubles{{1, &half}, {2, nil}}) },
		"texts":             func() { writeRows(t, folder, "list", []texts{{1, "a"}, {2, "b"}}) },
		"doubles once more": func() { writeRows(t, folder, "list", []doubles{{1, &half}, {2, &whole}}) },
	}
	write["ints"]()
	_, r := inferNext(t, folder, nil)
	for _, step := range []struct {
		files string
		want  gold.Kind
		told  int
	}{
		{"whole decimals", gold.Int, 0},
		{"decimals", gold.Decimal, 1},
		{"ints", gold.Decimal, 0},
		{"doubles", gold.Double, 2}, // and it is no longer required
		{"ints", gold.Double, 0},
		{"whole doubles", gold.Double, 0},
		{"texts", gold.Text, 1},
		{"doubles once more", gold.Double, 1},
	} {
		write[step.files]()
		var n *Next
		n, r = inferNext(t, folder, r)
		if got := n.Model.Dataset("list").Field("n").Kind; got != step.want || len(n.Inferred.Changes) != step.told {
			t.Errorf("with %s it is %s, want %s; told %q", step.files, got, step.want, n.Inferred.Changes)
		}
		if f := n.Model.Dataset("list"); !slices.Equal(f.Key, []string{"id"}) {
			t.Errorf("with %s the key is %v", step.files, f.Key)
		}
	}
}
