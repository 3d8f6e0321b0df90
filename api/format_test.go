package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/format"
)

// tableRoutes are answers that every format can hold, with and without parameters.
var tableRoutes = []string{
	"/par_pays", "/scores", "/m/shop/par_pays", "/datasets/achats/rows?limit=7", "/datasets/achats/values/pays",
	"/datasets/achats/aggregate?group_by=pays&measures=ca:sum(montant),median(montant),count()",
	"/datasets/achats/aggregate?measures=total_ca,panier_moyen",
	"/datasets/achats/aggregate?group_by=le.day&compare=previous&measures=count()&le=2011-07-01",
	"/datasets/achats/rows?fields=id,ville,produit&limit=5", "/scores?segment=VIP", "/datasets/achats/values/pays?q=fr",
	"/datasets/achats/rows?limit=0", "/datasets/achats/rows?pays=France&limit=0",
}

// countRows returns the number of rows of a body.
func countRows(t *testing.T, f format.Format, body []byte) int {
	t.Helper()
	switch f {
	case format.JSON:
		var answer struct {
			Data []json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatal(err)
		}
		return len(answer.Data)
	case format.NDJSON:
		return bytes.Count(body, []byte("\n"))
	case format.CSV:
		records, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return len(records) - 1
	case format.Arrow:
		r, err := ipc.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for r.Next() {
			n += int(r.RecordBatch().NumRows())
		}
		return n
	case format.Parquet:
		file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		return int(file.NumRows())
	default:
		book, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		sheet, err := fs.ReadFile(book, "xl/worksheets/sheet1.xml")
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(sheet, []byte("<row ")) - 1
	}
}

func withParameter(route, parameter string) string {
	if strings.Contains(route, "?") {
		return route + "&" + parameter
	}
	return route + "?" + parameter
}

func withSuffix(route string, f format.Format) string {
	path, query, has := strings.Cut(route, "?")
	if has {
		query = "?" + query
	}
	return path + f.Suffix() + query
}

func TestEveryTableInEveryFormat(t *testing.T) {
	h := newServer(t, newMemory(2))
	for _, route := range tableRoutes {
		whole := ask(h, "GET "+withSuffix(route, format.NDJSON))
		for _, f := range format.All() {
			if f == format.JSON {
				continue
			}
			named := ask(h, "GET "+withParameter(route, "format="+f.String()))
			suffixed := ask(h, "GET "+withSuffix(route, f))
			accepted := ask(h, "GET "+route+"\nAccept: text/html;q=0.1, application/json;q=0.5, "+f.MediaTypes()[0])
			for _, w := range []*httptest.ResponseRecorder{named, suffixed, accepted} {
				if w.Code != http.StatusOK || w.Header().Get("Content-Type") != f.ContentType() {
					t.Fatalf("%s as %s: %d %s %s", route, f, w.Code, w.Header(), w.Body)
				}
				// Their URLs are in the files.
				if f == format.NDJSON && !bytes.Equal(w.Body.Bytes(), whole.Body.Bytes()) {
					t.Errorf("%s as %s: suffix, format= and Accept differ", route, f)
				}
				if got, want := countRows(t, f, w.Body.Bytes()), countRows(t, format.NDJSON, whole.Body.Bytes()); got != want {
					t.Errorf("%s as %s has %d rows, want %d", route, f, got, want)
				}
			}
			again := ask(h, "GET "+withSuffix(route, f))
			if !bytes.Equal(again.Body.Bytes(), suffixed.Body.Bytes()) {
				t.Errorf("%s as %s: the second answer has other bytes", route, f)
			}
			if !strings.Contains(route, "&") {
				checkFileHeaders(t, h, withSuffix(route, f), f, suffixed)
			}
		}
	}
}

var fileName = regexp.MustCompile(`^attachment; filename="[a-z_]+_r2_2026-02-28(_first-7)?\.[a-z]+"$`)

// checkFileHeaders looks at the headers of an answer, and asks for it again by HEAD and by its tag.
func checkFileHeaders(t *testing.T, h http.Handler, route string, f format.Format, w *httptest.ResponseRecorder) {
	t.Helper()
	tag := w.Header().Get("Etag")
	if !strings.HasPrefix(tag, `"`) || w.Header().Get("Goldserve-Release") != "shop/2" || w.Header().Get("Server-Timing") == "" {
		t.Errorf("%s: headers %v", route, w.Header())
	}
	got := w.Header().Get("Content-Disposition")
	if !fileName.MatchString(got) || !strings.HasSuffix(got, f.Suffix()+`"`) || strings.Contains(got, "_first-7") != strings.Contains(route, "limit=7") {
		t.Errorf("%s: Content-Disposition %s", route, got)
	}
	if !strings.Contains(w.Header().Get("Content-Location"), "release=2") {
		t.Errorf("%s: Content-Location %s", route, w.Header().Get("Content-Location"))
	}
	head := ask(h, "HEAD "+route)
	if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Etag") != tag || head.Header().Get("Content-Type") != f.ContentType() {
		t.Errorf("HEAD %s: %d %v", route, head.Code, head.Header())
	}
	if not := ask(h, "GET "+route+"\nIf-None-Match: "+tag); not.Code != http.StatusNotModified || not.Body.Len() != 0 {
		t.Errorf("%s with its tag: %d", route, not.Code)
	}
	if encoded := ask(h, "GET "+route+"\nAccept-Encoding: gzip"); !f.Compressible() && encoded.Header().Get("Content-Encoding") != "" {
		t.Errorf("%s is compressed twice", route)
	}
}

func TestPagesOfATableFollowTheirLinks(t *testing.T) {
	h := newServer(t, newMemory(2))
	all := ask(h, "GET /datasets/achats/rows.csv?limit=0&dialect=exact").Body.String()
	_, rest, _ := strings.Cut(all, "\n")
	var got strings.Builder
	next, pages := "/datasets/achats/rows.csv?limit=5&dialect=exact", 0
	for ; next != "" && pages < 9; pages++ {
		w := ask(h, "GET "+next)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", next, w.Code, w.Body)
		}
		_, rows, _ := strings.Cut(w.Body.String(), "\n")
		got.WriteString(rows)
		next = ""
		if link, more := strings.CutSuffix(w.Header().Get("Link"), `>; rel="next"`); more {
			next = strings.TrimPrefix(link, "<")
		}
	}
	if got.String() != rest || pages != 3 {
		t.Errorf("%d pages hold\n%s\nwant\n%s", pages, got.String(), rest)
	}
	if w := ask(h, "GET /scores?limit=2&format=ndjson"); !strings.Contains(w.Header().Get("Link"), "format=ndjson") {
		t.Errorf("the next page of ndjson is %s", w.Header().Get("Link"))
	}
}

func TestLimitsOfFormats(t *testing.T) {
	h := newServer(t, newMemory(2))
	for route, want := range map[string]int{
		"/datasets/achats/rows.ndjson": 12, "/datasets/achats/rows.ndjson?limit=0": 12, "/datasets/achats/rows.ndjson?limit=11": 11,
		"/datasets/achats/rows.ndjson?limit=1000000000": 12, "/scores.ndjson": 7, "/scores.ndjson?limit=3": 3, "/datasets/achats/aggregate.ndjson?group_by=id&limit=0": 12,
		"/datasets/achats/aggregate.ndjson?group_by=id&limit=11": 11, "/datasets/achats/aggregate.ndjson?group_by=id": 12, "/datasets/achats/values/id.ndjson": 12, "/datasets/achats/values/id.ndjson?limit=0": 12,
		"/datasets/achats/values/id.ndjson?limit=9":    9,
		"/datasets/achats/rows.ndjson?pays=Nulle+part": 0,
	} {
		w := ask(h, "GET "+route)
		if got := countRows(t, format.NDJSON, w.Body.Bytes()); w.Code != http.StatusOK || got != want {
			t.Errorf("%s: %d with %d rows, want %d", route, w.Code, got, want)
		}
	}
	for _, route := range []string{
		"/datasets/achats/rows?limit=0", "/datasets/achats/rows.xlsx?limit=1048576", "/datasets/achats/rows?dialect=exact", "/par_pays.csv?dialect=french",
		"/par_pays.ndjson?dialect=exact", "/par_pays.csv?format=xlsx", "/datasets/achats/aggregate.csv?totals=true",
	} {
		checkProblem(t, ask(h, "GET "+route), http.StatusBadRequest, "invalid_parameter")
	}
	for _, route := range []string{"/par_pays?format=xml", "/kpis?format=csv", "/par_pays/France?format=csv", "/datasets?format=csv"} {
		checkProblem(t, ask(h, "GET "+route), http.StatusNotAcceptable, "not_acceptable")
	}
	checkProblem(t, ask(h, "GET /par_pays/France.csv"), http.StatusNotFound, "row_not_found")
	checkProblem(t, ask(h, "GET /par_pays.xml"), http.StatusNotFound, "unknown_dataset")
	if w := ask(h, "GET /par_pays.csv?dialect=excel-fr&fields=pays,ca&limit=1"); !strings.HasSuffix(w.Body.String(), "pays;ca\r\nFrance;2182610,89\r\n") {
		t.Errorf("excel-fr is %q", w.Body)
	}
}

// TestAFileIsWholeOrSaysThatItIsCut asks for files without a limit, and with one that cuts them or doesn't.
func TestAFileIsWholeOrSaysThatItIsCut(t *testing.T) {
	h := newServer(t, newMemory(2))
	for _, c := range []struct {
		route string
		rows  int
		part  string // of the file's name
		next  bool
	}{
		{"/scores.csv", 7, "", false},
		{"/scores.csv?limit=7", 7, "", false},
		{"/scores.csv?limit=3", 3, "_first-3", true},
		{"/datasets/achats/rows.csv", 12, "", false},
		{"/datasets/achats/rows.csv?pays=France", 4, "", false},
		{"/datasets/achats/rows.csv?pays=France&limit=4", 4, "", false},
		{"/datasets/achats/rows.csv?pays=France&limit=3", 3, "_first-3", true},
		{"/datasets/achats/rows.csv?limit=11", 11, "_first-11", true},
		{"/datasets/achats/aggregate.csv?group_by=id&limit=5", 5, "_first-5", true},
		{"/datasets/achats/aggregate.csv?group_by=id", 12, "", false},
		{"/datasets/achats/values/id.csv?limit=5", 5, "_first-5", false},
	} {
		for _, again := range []string{"", " again"} { // from what is kept
			w := ask(h, "GET "+c.route)
			want := c.part + ".csv\""
			if got := w.Header().Get("Content-Disposition"); countRows(t, format.CSV, w.Body.Bytes()) != c.rows || !strings.HasSuffix(got, "_2026-02-28"+want) {
				t.Errorf("%s%s: %d rows, want %d, as %s, want …%s", c.route, again, countRows(t, format.CSV, w.Body.Bytes()), c.rows, got, want)
			}
			if got := strings.Contains(w.Header().Get("Link"), `rel="next"`); got != c.next {
				t.Errorf("%s%s: Link is %s", c.route, again, w.Header().Get("Link"))
			}
		}
	}
	// The parts of a file that is read in parts bear other names.
	link, _, _ := strings.Cut(strings.TrimPrefix(ask(h, "GET /datasets/achats/rows.csv?limit=5").Header().Get("Link"), "<"), ">")
	second := ask(h, "GET "+link)
	link, _, _ = strings.Cut(strings.TrimPrefix(second.Header().Get("Link"), "<"), ">")
	for part, w := range map[string]*httptest.ResponseRecorder{"next-5": second, "rest": ask(h, "GET "+link)} {
		if got := w.Header().Get("Content-Disposition"); !strings.HasSuffix(got, "_2026-02-28_"+part+".csv\"") {
			t.Errorf("the part %s is called %s", part, got)
		}
	}
	// A page of JSON goes on as a file, whole from there.
	var page struct{ Meta struct{ Next string } }
	if err := json.Unmarshal(ask(h, "GET /datasets/achats/rows").Body.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	if got := countRows(t, format.CSV, ask(h, "GET "+page.Meta.Next+"&format=csv").Body.Bytes()); got != 4 {
		t.Errorf("behind a page of 8 of 12 rows the file has %d", got)
	}
}

func TestACutFileSaysSoInside(t *testing.T) {
	h := newServer(t, newMemory(2))
	for route, cut := range map[string]bool{"/scores": false, "/scores?limit=3": true} {
		book, err := excelize.OpenReader(ask(h, "GET "+withSuffix(route, format.XLSX)).Body)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := book.GetRows("about")
		if err != nil {
			t.Fatal(err)
		}
		notes := map[string]string{}
		for _, line := range lines {
			if len(line) == 2 {
				notes[line[0]] = line[1]
			}
		}
		body := ask(h, "GET "+withSuffix(route, format.Parquet)).Body.Bytes()
		file, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		said, next := file.Lookup("goldserve.truncated")
		if (notes["truncated"] == "limit ended this file after 3 rows") != cut || strings.Contains(notes["next"], "cursor=") != cut || notes["release"] != "shop/2" {
			t.Errorf("%s: the sheet about says %v", route, notes)
		}
		if next != cut || cut && said != notes["truncated"] {
			t.Errorf("%s: the metadata of Parquet say %q", route, said)
		}
	}
}

// TestAFileTheSizeOfWhichIsUnknownIsAnAnswerWhereItIsSmall fills the slots of exports and their queue first.
func TestAFileTheSizeOfWhichIsUnknownIsAnAnswerWhereItIsSmall(t *testing.T) {
	reader := newMemory(2)
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{shop()}})
	if err != nil {
		t.Fatal(err)
	}
	slots, queue := max(4, runtime.GOMAXPROCS(0)), runtime.GOMAXPROCS(0)
	let := make(chan struct{})
	var reading, refused atomic.Int64
	reader.wait = func(context.Context) {
		if reading.Add(1) <= int64(slots) {
			<-let
		}
	}
	var all sync.WaitGroup
	for range slots + queue + 1 {
		all.Go(func() {
			if ask(s.Handler(), "GET /datasets/achats/rows.csv").Code == http.StatusServiceUnavailable {
				refused.Add(1)
			}
		})
	}
	defer all.Wait()
	defer close(let)
	await(t, func() bool { return refused.Load() == 1 && reading.Load() == int64(slots) })
	const small = "/datasets/achats/rows.csv?pays=France"
	first, second := ask(s.Handler(), "GET "+small), ask(s.Handler(), "GET "+small+"\nAccept-Encoding: gzip")
	if first.Code != http.StatusOK || second.Code != http.StatusOK || !strings.HasPrefix(second.Header().Get("Server-Timing"), "cache;desc=hit") {
		t.Errorf("a small file: %d, then %d %s", first.Code, second.Code, second.Header())
	}
	for name, want := range map[string]string{"Content-Length": strconv.Itoa(first.Body.Len()), "Etag": first.Header().Get("Etag")} {
		if got := ask(s.Handler(), "GET "+small).Header().Get(name); got == "" || got != want {
			t.Errorf("%s is %q, then %q", name, want, got)
		}
	}
	checkProblem(t, ask(s.Handler(), "GET /datasets/achats/rows.csv"), http.StatusServiceUnavailable, "overloaded")
}

func TestASheetThatCantHoldEverythingIsRefused(t *testing.T) {
	memory := newMemory(2)
	for i := range memory.releases[1].Versions {
		memory.releases[1].Versions[i].Rows = 2_000_000
	}
	h := newServer(t, memory)
	for _, route := range []string{"/scores.xlsx", "/datasets/achats/rows.xlsx", "/datasets/achats/rows.xlsx?limit=0"} {
		w := ask(h, "GET "+route)
		checkProblem(t, w, http.StatusBadRequest, "invalid_parameter")
		if !strings.Contains(w.Body.String(), "1048575 rows of a sheet") || !strings.Contains(w.Body.String(), "parquet") {
			t.Errorf("%s: %s", route, w.Body)
		}
	}
	for route, want := range map[string]int{"/datasets/achats/rows.xlsx?pays=France": 4, "/datasets/achats/aggregate.xlsx?group_by=id": 12, "/datasets/achats/values/id.xlsx": 12} {
		w := ask(h, "GET "+route)
		if w.Code != http.StatusOK || countRows(t, format.XLSX, w.Body.Bytes()) != want {
			t.Errorf("%s: %d, want %d rows", route, w.Code, want)
		}
	}
}

// long gives batches of so many rows of a dataset, then fails or ends.
type long struct {
	*memory
	batches int
	rows    int
	failure error
	closed  atomic.Int64
}

func (l *long) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	rows, err := l.memory.Rows(ctx, q)
	if err != nil {
		return nil, err
	}
	first, err := rows.Next(ctx)
	if err != nil {
		return nil, err
	}
	b := gold.NewBatch(first.Fields, l.rows)
	for i := range l.rows {
		b.AppendRow(first.Row(i%first.Rows, nil)...)
	}
	return &longRows{long: l, Rows: rows, batch: b, left: l.batches}, nil
}

type longRows struct {
	gold.Rows
	long  *long
	batch *gold.Batch
	left  int
}

func (r *longRows) Next(ctx context.Context) (*gold.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.left--; r.left >= 0 {
		return r.batch, nil
	}
	if r.long.failure != nil {
		return nil, r.long.failure
	}
	return nil, io.EOF
}

func (r *longRows) Close() error {
	r.long.closed.Add(1)
	return r.Rows.Close()
}

func TestWhatFailsInTheMiddleIsNoWholeFile(t *testing.T) {
	down := gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "down")
	for _, c := range []struct {
		batches int
		rows    int
		failure error
		status  int // 0: the answer has begun, unless it is compressed to less than is held back
	}{
		{1, 20, down, http.StatusServiceUnavailable},
		{1, 10, nil, http.StatusInternalServerError}, // fewer rows than the release has
		{4, 1000, down, 0},
		{4, 1000, nil, 0}, // more rows than the release has
	} {
		reader := &long{memory: newMemory(2), batches: c.batches, rows: c.rows, failure: c.failure}
		s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{shop()}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(s.Handler())
		for _, f := range []format.Format{format.NDJSON, format.CSV, format.Arrow, format.Parquet, format.XLSX} {
			for _, encoding := range []string{"identity", "gzip", "zstd"} {
				checkTorn(t, server, f, encoding, c.status)
			}
		}
		server.Close()
		if reader.closed.Load() != reader.asked.Load() {
			t.Errorf("%d answers of the store were opened and %d closed", reader.asked.Load(), reader.closed.Load())
		}
	}
}

func checkTorn(t *testing.T, server *httptest.Server, f format.Format, encoding string, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/datasets/achats/rows"+f.Suffix()+"?limit=0", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", encoding)
	w, err := server.Client().Do(r)
	if status == 0 && errors.Is(err, io.EOF) {
		return // cut before the headers reached us
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	body, err := io.ReadAll(w.Body)
	switch {
	case status == 0 && (w.StatusCode == http.StatusOK) != (err != nil):
		t.Errorf("%s %s: %d, %d bytes and %v: want a body that is cut", f, encoding, w.StatusCode, len(body), err)
	case status != 0 && (w.StatusCode != status || err != nil || w.Header.Get("Etag") != "" || w.Header.Get("Content-Disposition") != ""):
		t.Errorf("%s %s: %d %v %v, want %d", f, encoding, w.StatusCode, err, w.Header, status)
	}
}

func TestALargeExportStreams(t *testing.T) {
	memory := newMemory(2)
	for i := range memory.releases[1].Versions {
		if v := &memory.releases[1].Versions[i]; v.Dataset.Name == "achats" {
			v.Rows = 40_000
		}
	}
	s, err := api.New(api.Config{Reader: &long{memory: memory, batches: 20, rows: 2000}, Models: []gold.Model{shop()}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	defer server.Close()
	for _, f := range []format.Format{format.NDJSON, format.CSV, format.Arrow, format.Parquet, format.XLSX} {
		w, err := server.Client().Get(server.URL + "/datasets/achats/rows" + f.Suffix() + "?limit=0")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(w.Body)
		_ = w.Body.Close()
		if err != nil || w.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", f, w.StatusCode, err)
		}
		if got := countRows(t, f, body); got != 40_000 {
			t.Errorf("%s has %d rows, want 40,000", f, got)
		}
		timing := w.Trailer
		if !slices.Contains(w.TransferEncoding, "chunked") {
			timing = w.Header // it is compressed to less than is held back
		}
		if !strings.Contains(timing.Get("Server-Timing"), "total;dur=") || f == format.NDJSON && w.Trailer == nil {
			t.Errorf("%s: trailer %v, header %v", f, w.Trailer, w.Header)
		}
	}
}
