package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/format"
)

// newFileServer serves the shop over TCP with a folder for files.
func newFileServer(t *testing.T, reader gold.Reader, dir string) *httptest.Server {
	t.Helper()
	s, err := api.New(api.Config{Reader: reader, Models: []gold.Model{shop()}, CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return server
}

// remote reads a URL by ranges, and counts what it gets.
type remote struct {
	t      *testing.T
	url    string
	header http.Header // of the last answer
	bytes  atomic.Int64
}

func (r *remote) ask(method string, headers ...string) (status int, body []byte) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.url, http.NoBody)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if body, err = io.ReadAll(answer.Body); err != nil {
		r.t.Fatal(err)
	}
	r.header = answer.Header
	r.bytes.Add(int64(len(body)))
	return answer.StatusCode, body
}

// ReadAt implements io.ReaderAt.
func (r *remote) ReadAt(p []byte, at int64) (int, error) {
	status, body := r.ask(http.MethodGet, "Range", fmt.Sprintf("bytes=%d-%d", at, at+int64(len(p))-1))
	if status != http.StatusPartialContent {
		return 0, fmt.Errorf("a range is answered with %d", status)
	}
	return copy(p, body), nil
}

func TestAWholeDatasetIsAFileWithRanges(t *testing.T) {
	reader, dir := newMemory(2), t.TempDir()
	server := newFileServer(t, reader, dir)
	r := &remote{t: t, url: server.URL + "/datasets/achats/rows.parquet"}
	status, whole := r.ask(http.MethodGet)
	if status != http.StatusOK || countRows(t, format.Parquet, whole) != 12 || r.header.Get("Accept-Ranges") != "bytes" || r.header.Get("Content-Length") != fmt.Sprint(len(whole)) {
		t.Fatalf("%d, %d bytes, %v", status, len(whole), r.header)
	}
	tag := r.header.Get("Etag")
	if status, body := r.ask(http.MethodHead); status != http.StatusOK || len(body) != 0 || r.header.Get("Content-Length") != fmt.Sprint(len(whole)) || r.header.Get("Goldserve-Release") != "shop/2" {
		t.Errorf("HEAD: %d, %v", status, r.header)
	}
	for headers, want := range map[[4]string]int{
		{"Range", "bytes=4-7"}: http.StatusPartialContent, {"Range", "bytes=-8"}: http.StatusPartialContent,
		{"Range", fmt.Sprintf("bytes=%d-", len(whole))}: http.StatusRequestedRangeNotSatisfiable,
		{"Range", "bytes=4-7", "If-Range", tag}:         http.StatusPartialContent,
		{"Range", "bytes=4-7", "If-Range", `"another"`}: http.StatusOK,
		{"If-Match", tag}:                                     http.StatusOK,
		{"If-Match", `"another"`}:                             http.StatusPreconditionFailed,
		{"If-None-Match", tag}:                                http.StatusNotModified,
		{"If-None-Match", tag, "Accept-Encoding", "gzip"}:     http.StatusNotModified,
		{"If-None-Match", `"x"`, "Accept-Encoding", "gzip"}:   http.StatusOK,
		{"Accept", "application/vnd.apache.parquet, */*;q=0"}: http.StatusOK,
	} {
		var sent []string
		for _, h := range headers {
			if h != "" {
				sent = append(sent, h)
			}
		}
		status, body := r.ask(http.MethodGet, sent...)
		if status != want || status == http.StatusPartialContent && !bytes.Contains(whole, body) || status == http.StatusOK && !bytes.Equal(body, whole) {
			t.Errorf("%v: %d with %d bytes, want %d", sent, status, len(body), want)
		}
		if status >= 400 && (r.header.Get("Content-Type") != "application/problem+json" || r.header.Get("Content-Disposition") != "") {
			t.Errorf("%v: %v\n%s", sent, r.header, body)
		}
	}
	for _, query := range []string{"?limit=0", "?release=2", "?sort=le", "?format=parquet"} {
		same := &remote{t: t, url: server.URL + "/datasets/achats/rows.parquet" + query}
		if status, body := same.ask(http.MethodGet); status != http.StatusOK || !bytes.Equal(body, whole) || same.header.Get("Etag") != tag {
			t.Errorf("%s: %d with %d bytes and %s", query, status, len(body), same.header.Get("Etag"))
		}
	}
	if n := reader.asked.Load(); n != 1 {
		t.Errorf("the store was asked %d times, want once", n)
	}
	for query, want := range map[string]int{"?limit=3": 3, "?pays=France": 4, "?sort=-id": 12, "?fields=id&limit=0": 12} {
		part := &remote{t: t, url: server.URL + "/datasets/achats/rows.parquet" + query}
		if status, body := part.ask(http.MethodGet); status != http.StatusOK || countRows(t, format.Parquet, body) != want || part.header.Get("Accept-Ranges") == "bytes" {
			t.Errorf("%s: %d, %v", query, status, part.header)
		}
	}
}

// manyPurchases is a reader whose dataset achats has 50,000 rows, with texts that compress badly.
func manyPurchases() *memory {
	memory := newMemory(2)
	rows := make([][]gold.Value, 50_000)
	for i := range memory.tables {
		if v := memory.tables[i].Version; v.Dataset.Name == "achats" {
			for k := range rows {
				row := append([]gold.Value(nil), memory.tables[i].Rows[k%12]...)
				row[0], row[4] = gold.NewInt(int64(k)), gold.NewText(fmt.Sprintf("product %x", k*7919))
				rows[k] = row
			}
			memory.tables[i].Rows = rows
		}
	}
	for r := range memory.releases {
		for i := range memory.releases[r].Versions {
			if v := &memory.releases[r].Versions[i]; v.Dataset.Name == "achats" {
				v.Rows = int64(len(rows))
			}
		}
	}
	return memory
}

func TestAProjectionReadsLessThanTheFile(t *testing.T) {
	r := &remote{t: t, url: newFileServer(t, manyPurchases(), t.TempDir()).URL + "/datasets/achats/rows.parquet"}
	r.ask(http.MethodHead)
	var size int64
	if _, err := fmt.Sscan(r.header.Get("Content-Length"), &size); err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(r, size)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, group := range file.RowGroups() {
		pages := group.ColumnChunks()[1].Pages() // client
		for {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			seen += int(page.NumValues())
		}
		_ = pages.Close()
	}
	if read := r.bytes.Load(); seen != 50_000 || read > size/2 {
		t.Errorf("one column of %d values took %d of %d bytes", seen, read, size)
	}
}

func TestAFileIsMadeOnceAndGoesWithItsVersion(t *testing.T) {
	reader, dir := newMemory(1), t.TempDir()
	reader.wait = func(context.Context) { time.Sleep(20 * time.Millisecond) }
	server := newFileServer(t, reader, dir)
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			r := &remote{t: t, url: server.URL + "/datasets/ca_pays/rows.parquet"}
			if status, _ := r.ask(http.MethodGet); status != http.StatusOK {
				t.Errorf("answered %d", status)
			}
		})
	}
	clients.Wait()
	if n := reader.asked.Load(); n != 1 {
		t.Errorf("the store was asked %d times, want once", n)
	}
	if names := filesIn(t, dir); len(names) != 1 || !strings.HasPrefix(names[0], "shop-ca_pays-") {
		t.Errorf("the folder holds %v", names)
	}
	old := filepath.Join(dir, "shop-ca_pays-0.parquet.1.making")
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	first := filesIn(t, dir)[0]
	reader.publish(2)
	reader.releases[0].Pruned = true
	server = newFileServer(t, reader, dir)
	r := &remote{t: t, url: server.URL + "/datasets/ca_pays/rows.parquet"}
	if status, body := r.ask(http.MethodGet); status != http.StatusOK || countRows(t, format.Parquet, body) != 4 {
		t.Errorf("release 2: %d", status)
	}
	if names := filesIn(t, dir); len(names) != 1 || names[0] == first {
		t.Errorf("the folder holds %v, want the file of release 2 alone", names)
	}
}

func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWithoutAFolderTheDatasetStreams(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", taken} {
		r := &remote{t: t, url: newFileServer(t, newMemory(2), dir).URL + "/datasets/achats/rows.parquet"}
		if status, body := r.ask(http.MethodGet); status != http.StatusOK || countRows(t, format.Parquet, body) != 12 {
			t.Errorf("with the folder %q: %d", dir, status)
		}
	}
	reader := newMemory(2)
	reader.fail = func(method string) error {
		if method == "Next" {
			return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "down")
		}
		return nil
	}
	dir := t.TempDir()
	r := &remote{t: t, url: newFileServer(t, reader, dir).URL + "/datasets/achats/rows.parquet"}
	if status, _ := r.ask(http.MethodGet); status != http.StatusServiceUnavailable || len(filesIn(t, dir)) != 0 {
		t.Errorf("while the store is down: %d, and the folder holds %v", status, filesIn(t, dir))
	}
}
