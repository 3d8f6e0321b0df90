package lake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
)

// wantError checks an error's kind and code, and that its message has some words.
func wantError(t *testing.T, err error, kind gold.ErrorKind, code gold.Code, words ...string) {
	t.Helper()
	if err == nil || gold.KindOf(err) != kind || gold.CodeOf(err) != code {
		t.Fatalf("error %s %s: %v\nwant %s %s", gold.KindOf(err), gold.CodeOf(err), err, kind, code)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q lacks %q", err, w)
		}
	}
}

func openTable(t *testing.T, dir string, s Spec) error {
	t.Helper()
	table, err := mustOpen(t, dir).Table(t.Context(), s)
	if err == nil {
		_ = table.Close()
	}
	return err
}

// writeRows writes rows of a struct type to a file.
func writeRows[T any](tb testing.TB, path string, rows []T, options ...parquet.WriterOption) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		tb.Fatal(err)
	}
	if err := parquet.WriteFile(path, rows, options...); err != nil {
		tb.Fatal(err)
	}
}

func TestALakeThatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(t.Context(), filepath.Join(dir, "gold"))
	wantError(t, err, gold.Unavailable, gold.CodeLakeNotFound, filepath.Join(dir, "gold"), "does not exist", "expected the folder that holds the gold files")
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), filepath.Join(dir, "file"))
	wantError(t, err, gold.Unavailable, gold.CodeLakeNotFound, "is a file, not a folder")
}

func TestALakeIsNotOpenedOnceItsContextEnded(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ended, t.TempDir()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

func TestASourceThatIsNotThereNamesTheNearest(t *testing.T) {
	err := openTable(t, sampleGold(t), Spec{Dataset: known("client_scores"), Source: "client_score"})
	wantError(t, err, gold.Invalid, gold.CodeSourceMissing, "client_score.parquet", "did you mean client_scores.parquet?")
}

func TestASourceMayHaveAnotherName(t *testing.T) {
	d := known("ca_monthly")
	d.Name = "monthly"
	table := mustTable(t, sampleGold(t), Spec{Dataset: d, Source: "ca_monthly"})
	if table.File() != "ca_monthly.parquet" || table.Rows() != 25 || table.Bytes() == 0 {
		t.Errorf("file %s, %d rows, %d bytes", table.File(), table.Rows(), table.Bytes())
	}
}

func TestEveryProblemOfTheSchemaIsReportedAtOnce(t *testing.T) {
	d := dataset("ca_monthly", "moi:t CA:f ca:t mois:i annee:i")
	err := openTable(t, sampleGold(t), Spec{Dataset: d})
	wantError(t, err, gold.Invalid, gold.CodeSchemaMissing)
	var e *gold.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	var got []string
	for _, p := range e.Problems {
		got = append(got, p.File+" "+p.Field+" "+string(p.Code)+" "+p.DidYouMean)
	}
	want := []string{
		"ca_monthly.parquet moi schema_missing mois", "ca_monthly.parquet CA schema_missing ca", "ca_monthly.parquet ca schema_type ",
		"ca_monthly.parquet mois schema_type ", "ca_monthly.parquet annee schema_missing ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestOnlyRegularFilesOfTheLakeAreOpened(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	text, err := os.ReadFile(filepath.Join(sampleGold(t), "ca_monthly.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(outside, "secret.parquet"), filepath.Join(dir, "inside.parquet")} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"out": filepath.Join(outside, "secret.parquet"), "nothing": "nowhere.parquet", "fine": "inside.parquet", "device": "/dev/zero",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link+".parquet")); err != nil {
			t.Skip(err)
		}
	}
	spec := func(source string) Spec { return Spec{Dataset: known("ca_monthly"), Source: source} }
	wantError(t, openTable(t, dir, spec("out")), gold.Invalid, gold.CodeSourceUnreadable, "out.parquet", "leaves the lake")
	wantError(t, openTable(t, dir, spec("device")), gold.Invalid, gold.CodeSourceUnreadable, "device.parquet")
	wantError(t, openTable(t, dir, spec("nothing")), gold.Invalid, gold.CodeSourceUnreadable, "nothing.parquet")
	if err := openTable(t, dir, spec("../"+filepath.Base(outside)+"/secret")); err == nil {
		t.Error("a path out of the lake is opened")
	}
	if err := openTable(t, dir, spec("fine")); err != nil {
		t.Errorf("a link within the lake: %v", err)
	}
}

func TestAFileThatChangesIsNoticed(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	for name, change := range map[string]func(path string) error{
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), parquet.WriteFile(path, []row{{1}}))
		},
		"longer": func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("x")
			return errors.Join(err, f.Close())
		},
		"touched": func(path string) error { return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)) },
		"removed": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "x.parquet")
			writeRows(t, path, []row{{1}})
			table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i")})
			if err := table.Unchanged(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, "x.parquet")
		})
	}
}

func TestAFileCutWhileItIsReadIsAChange(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "facts.parquet")
	writePurchases(t, path, 5000, 1000)
	table := mustTable(t, dir, Spec{Dataset: dataset("facts", purchaseFields)})
	if err := os.Truncate(path, 1000); err != nil {
		t.Fatal(err)
	}
	_, _, err := readDigest(t.Context(), table, Read{})
	wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "facts.parquet")
	_, err = table.Fingerprint(t.Context())
	wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "facts.parquet")
}

// TestAFileOverwrittenWhileItIsDecodedIsAChange: bytes of two versions are no damage of either. A file that was damaged before
// it was opened is damaged.
func TestAFileOverwrittenWhileItIsDecodedIsAChange(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "facts.parquet")
	writePurchases(t, path, 50_000, 1000)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	damage := func() error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err == nil {
			_, err = f.WriteAt(bytes.Repeat([]byte{0xff}, int(info.Size()/4)), info.Size()/2)
		}
		return errors.Join(err, f.Close())
	}
	table := mustTable(t, dir, Spec{Dataset: dataset("facts", purchaseFields)})
	rows := 0
	_, err := table.Read(t.Context(), Read{Workers: 1}, func(_ int, b *gold.Batch, _ int64) error {
		if rows += b.Rows; rows == b.Rows {
			return damage()
		}
		return nil
	})
	wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "facts.parquet: it was replaced or written to")
	if rows == 0 || rows == 50_000 {
		t.Errorf("%d rows were read before", rows)
	}
	_, _, err = readDigest(t.Context(), mustTable(t, dir, Spec{Dataset: dataset("facts", purchaseFields)}), Read{})
	wantError(t, err, gold.Invalid, gold.CodeFileInvalid, "facts.parquet")
}

// TestPartsThatComeAndGoAreAChange: a folder is the parts that were listed.
func TestPartsThatComeAndGoAreAChange(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	for name, c := range map[string]struct {
		change func(folder string) error
		word   string
	}{
		"a part more": {func(folder string) error {
			return parquet.WriteFile(filepath.Join(folder, "a=1-x", "part-1.parquet"), []row{{3}})
		}, "a=1-x/part-1.parquet: it was added"},
		"a part less":            {func(folder string) error { return os.Remove(filepath.Join(folder, "a=1", "part-0.parquet")) }, "a=1/part-0.parquet: it was removed"},
		"its writer begins anew": {func(folder string) error { return os.Remove(filepath.Join(folder, "_SUCCESS")) }, "x.parquet: it was laid out anew"},
		"no folder":              {os.RemoveAll, "x.parquet: it was removed"},
	} {
		dir := t.TempDir()
		folder := filepath.Join(dir, "x.parquet")
		for i, partition := range []string{"a=1", "a=1-x"} {
			writeRows(t, filepath.Join(folder, partition, "part-0.parquet"), []row{{int64(i)}})
		}
		writeFile(t, filepath.Join(folder, "_SUCCESS"), nil)
		table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i a:t")})
		if err := table.Unchanged(t.Context()); err != nil {
			t.Errorf("%s: before: %v", name, err)
		}
		if err := c.change(folder); err != nil {
			t.Fatal(err)
		}
		wantError(t, table.Unchanged(t.Context()), gold.Unavailable, gold.CodeSourceChanged, c.word)
	}
}

func TestFingerprintIsOfContent(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	print := func(files map[string][]row) string {
		dir := t.TempDir()
		writeRows(t, filepath.Join(dir, "x.parquet", "_SUCCESS", "ignored"), []row{})
		for name, rows := range files {
			writeRows(t, filepath.Join(dir, "x.parquet", name), rows)
		}
		table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i")})
		text, err := table.Fingerprint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	one := print(map[string][]row{"p=1/a.parquet": {{1}}, "p=2/b.parquet": {{2}}})
	if again := print(map[string][]row{"p=2/a.parquet": {{2}}, "p=1/z.parquet": {{1}}}); again != one {
		t.Errorf("names of parts matter:\n%s\n%s", one, again)
	}
	for what, files := range map[string]map[string][]row{
		"values":     {"p=1/a.parquet": {{1}}, "p=2/b.parquet": {{3}}},
		"partitions": {"p=2/a.parquet": {{1}}, "p=1/b.parquet": {{2}}},
		"copies":     {"p=1/a.parquet": {{1}}, "p=2/b.parquet": {{2}}, "p=2/c.parquet": {{2}}},
		"null":       {"p=" + hiveNull + "/a.parquet": {{1}}, "p=2/b.parquet": {{2}}},
	} {
		if print(files) == one {
			t.Errorf("%s do not matter", what)
		}
	}
}

func TestFoldersOfParts(t *testing.T) {
	type row struct {
		ID   int64   `parquet:"id"`
		Note *string `parquet:"note,optional"`
	}
	dir := t.TempDir()
	folder := filepath.Join(dir, "x.parquet")
	for i, partition := range []string{"day=2011-12-08/label=a%2Fb%3D", "day=2011-12-09/label=" + hiveNull} {
		writeRows(t, filepath.Join(folder, partition, "part-0.parquet"), []row{{ID: int64(i)}})
	}
	for _, hidden := range []string{"_temporary/0/part-1.parquet", ".part-0.parquet.crc", "day=2011-12-08/label=a%2Fb%3D/_metadata"} {
		path := filepath.Join(folder, hidden)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("no Parquet"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	d := dataset("x", "id:i day:D label:t?")
	wantError(t, openTable(t, dir, Spec{Dataset: d}), gold.Invalid, gold.CodeSourceUnreadable, "x.parquet", "_SUCCESS")

	table := mustTable(t, dir, Spec{Dataset: d, NoSuccessFile: true})
	rows, _, err := readRows(table, Read{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rowText(rows[0])+"; "+rowText(rows[1]), "0 2011-12-08 a/b=; 1 2011-12-09 null"; got != want {
		t.Errorf("rows %q, want %q", got, want)
	}
	if file, row := table.Place(2); file != "x.parquet/day=2011-12-09/label="+hiveNull+"/part-0.parquet" || row != 1 {
		t.Errorf("row 2 lies in %s, row %d", file, row)
	}

	d = dataset("x", "id:i day:i label:t")
	err = openTable(t, dir, Spec{Dataset: d, NoSuccessFile: true})
	wantError(t, err, gold.Invalid, gold.CodeValueType, "column day", `"2011-12-08"`, "column label: the folder's name says null")

	writeRows(t, filepath.Join(folder, "day=2011-12-09", "part-0.parquet"), []row{{}})
	err = openTable(t, dir, Spec{Dataset: dataset("x", "id:i"), NoSuccessFile: true})
	wantError(t, err, gold.Invalid, gold.CodeSourceUnreadable, "part-0.parquet", "other partitions")
}

func TestVeryManyParts(t *testing.T) {
	type row struct {
		ID int64 `parquet:"id"`
	}
	dir := t.TempDir()
	const parts = maxOpen + 10
	for i := range parts {
		writeRows(t, filepath.Join(dir, "x.parquet", fmt.Sprintf("part-%05d.parquet", i)), []row{{int64(i)}})
	}
	table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i"), NoSuccessFile: true})
	rows, _, err := readRows(table, Read{})
	if err != nil || len(rows) != parts || rows[parts-1][0].Int() != parts-1 {
		t.Fatal(len(rows), err)
	}
	if err := os.Chtimes(filepath.Join(dir, "x.parquet", "part-00003.parquet"), time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	_, _, err = readRows(table, Read{})
	wantError(t, err, gold.Unavailable, gold.CodeSourceChanged, "part-00003.parquet")
}

// TestVeryManyPartsAreWhatFewAre: in partitions that overrule a column, and before a column was added. Of each part only a
// summary stays until it is read.
func TestVeryManyPartsAreWhatFewAre(t *testing.T) {
	type before struct {
		ID int64  `parquet:"id"`
		K  string `parquet:"k"`
	}
	type after struct {
		ID   int64  `parquet:"id"`
		K    string `parquet:"k"`
		Note string `parquet:"note"`
	}
	dir := t.TempDir()
	const parts = maxOpen + 10
	for i := range int64(parts) {
		file := filepath.Join(dir, "x.parquet", fmt.Sprintf("k=%d", i%2), fmt.Sprintf("part-%05d.parquet", i))
		if i < 100 {
			writeRows(t, file, []before{{2 * i, "0"}, {2*i + 1, "0"}})
		} else {
			writeRows(t, file, []after{{2 * i, "0", "n"}, {2*i + 1, "0", "n"}})
		}
	}
	table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i k:t note:t?"), NoSuccessFile: true})
	rows, report, err := readRows(table, Read{})
	if err != nil || len(rows) != 2*parts {
		t.Fatal(len(rows), err)
	}
	for _, row := range rows {
		id := row[0].Int()
		if want := fmt.Sprint(id / 2 % 2); row[1].Text() != want || row[2].IsNull() != (id < 200) {
			t.Fatalf("%v, want k %s", row, want)
		}
	}
	if len(report.Overruled) != parts/2 || !slices.Equal(table.Overruled(), []string{"k"}) {
		t.Errorf("overruled in %d files, %v", len(report.Overruled), table.Overruled())
	}
	d := dataset("x", "id:i note:t")
	wantError(t, openTable(t, dir, Spec{Dataset: d, NoSuccessFile: true}), gold.Invalid, gold.CodeSchemaMissing, "column note", "part-00000.parquet")
}

func TestNullsAndPersonalData(t *testing.T) {
	type row struct {
		ID    *int64  `parquet:"id,optional"`
		Email *string `parquet:"email,optional"`
	}
	number := func(n int64) *int64 { return &n }
	text := func(s string) *string { return &s }
	rows := make([]row, 5000)
	for i := range rows {
		rows[i] = row{number(int64(i)), text("a@example.com")}
	}
	rows[4321].Email = nil
	dir := t.TempDir()
	writeRows(t, filepath.Join(dir, "x.parquet"), rows, parquet.MaxRowsPerRowGroup(1000))
	d := dataset("x", "id:i email:t")
	_, _, err := readLake(dir, Spec{Dataset: d})
	wantError(t, err, gold.Invalid, gold.CodeValueNull, "x.parquet, column email, row 4322: found null (or NaN)")
	d.Fields[1].Nullable = true
	if _, _, err := readLake(dir, Spec{Dataset: d}); err != nil {
		t.Error(err)
	}

	rows[4321].Email = text("jane\xff@example.com")
	writeRows(t, filepath.Join(dir, "x.parquet"), rows, parquet.MaxRowsPerRowGroup(1000))
	d.Fields[1].PII = true
	_, _, err = readLake(dir, Spec{Dataset: d})
	wantError(t, err, gold.Invalid, gold.CodeValueType, "column email, row 4322", "not shown")
	if strings.Contains(err.Error(), "jane") {
		t.Errorf("personal data in %q", err)
	}

	rows[0].ID = nil
	writeRows(t, filepath.Join(dir, "x.parquet"), rows)
	d.Fields[0].Nullable = true
	_, _, err = readLake(dir, Spec{Dataset: dataset("x", "id:i?")})
	wantError(t, err, gold.Invalid, gold.CodeValueNull, "column id, row 1: found null in a key")
}

// TestBatchesOfLongTextsAreShort mixes long and short texts, so that columns run ahead of each other.
func TestBatchesOfLongTextsAreShort(t *testing.T) {
	type row struct {
		ID    int64   `parquet:"id"`
		Short *string `parquet:"short,optional"`
		Long  string  `parquet:"long,dict"`
		Other string  `parquet:"other"`
	}
	const n = 300
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{ID: int64(i), Long: strings.Repeat(string(rune('a'+i%3)), 200_000+i%3), Other: strings.Repeat("é", i%7*10_000)}
		if i%5 != 0 {
			short := fmt.Sprint(i)
			rows[i].Short = &short
		}
	}
	dir := t.TempDir()
	writeRows(t, filepath.Join(dir, "x.parquet"), rows)
	table := mustTable(t, dir, Spec{Dataset: dataset("x", "id:i short:t? other:t long:t")})
	at, batches := 0, 0
	_, err := table.Read(t.Context(), Read{Workers: 1}, func(_ int, b *gold.Batch, first int64) error {
		if batches++; first != int64(at)+1 || len(b.Columns[3].Bytes) > 9<<20 {
			t.Errorf("batch from %d after %d rows, %d bytes of text", first, at, len(b.Columns[3].Bytes))
		}
		for i := range b.Rows {
			want := rows[at]
			short := "null"
			if want.Short != nil {
				short = *want.Short
			}
			if b.Columns[0].Ints[i] != want.ID || b.Columns[1].Value(i).String() != short || string(b.Columns[2].Text(i)) != want.Other || string(b.Columns[3].Text(i)) != want.Long {
				t.Fatalf("row %d differs", at+1)
			}
			at++
		}
		for c := range b.Columns {
			if b.Columns[c].Len() != b.Rows {
				t.Errorf("column %d has %d of %d rows", c, b.Columns[c].Len(), b.Rows)
			}
		}
		return nil
	})
	if err != nil || at != n || batches < 5 {
		t.Errorf("%d rows in %d batches, %v", at, batches, err)
	}
}

func TestTheFirstErrorCancelsTheRest(t *testing.T) {
	dir := t.TempDir()
	writePurchases(t, filepath.Join(dir, "facts.parquet"), 20_000, 500)
	table := mustTable(t, dir, Spec{Dataset: dataset("facts", purchaseFields)})
	stop := errors.New("enough")
	var calls atomic.Int64
	_, err := table.Read(t.Context(), Read{Workers: 2}, func(int, *gold.Batch, int64) error {
		calls.Add(1)
		return stop
	})
	if !errors.Is(err, stop) || calls.Load() > 2 {
		t.Errorf("%v after %d calls", err, calls.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = table.Read(ctx, Read{Workers: 2}, func(int, *gold.Batch, int64) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that it was canceled", err)
	}
}

func TestWorkersAreToldApart(t *testing.T) {
	dir := t.TempDir()
	writePurchases(t, filepath.Join(dir, "facts.parquet"), 50_000, 500)
	table := mustTable(t, dir, Spec{Dataset: dataset("facts", purchaseFields)})
	var busy [3]atomic.Bool
	var rows atomic.Int64
	report, err := table.Read(t.Context(), Read{Workers: 3, Fields: []string{"id"}}, func(worker int, b *gold.Batch, first int64) error {
		if busy[worker].Swap(true) {
			t.Error("two calls of one worker at once")
		}
		defer busy[worker].Store(false)
		rows.Add(int64(b.Rows))
		if b.Columns[0].Ints[0] != first || len(b.Columns) != 1 {
			t.Errorf("row %d has the id %d", first, b.Columns[0].Ints[0])
		}
		return nil
	})
	if err != nil || rows.Load() != 50_000 || report.Rows != 50_000 {
		t.Errorf("%d rows, %v", rows.Load(), err)
	}
}

func TestMemoryIsFlat(t *testing.T) {
	peak := func(rows int) uint64 {
		dir := t.TempDir()
		writePurchases(t, filepath.Join(dir, "facts.parquet"), rows, 10_000)
		table := mustTable(t, dir, Spec{Dataset: dataset("facts", purchaseFields+" comment:t? quantity:i?")})
		before := allocated()
		if _, err := table.Read(t.Context(), Read{Workers: 1}, func(int, *gold.Batch, int64) error { return nil }); err != nil {
			t.Fatal(err)
		}
		return allocated() - before
	}
	// Even all that is ever allocated hardly grows: buffers are used again.
	if small, large := peak(20_000), peak(200_000); large > 2*small {
		t.Errorf("%d bytes for ten times the rows of %d bytes", large, small)
	}
}
