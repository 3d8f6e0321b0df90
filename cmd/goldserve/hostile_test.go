package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/test/fixture"
)

// counted counts the questions that reach a store.
type counted struct {
	gold.Reader
	asked atomic.Int64
}

func (c *counted) Resolve(ctx context.Context, s gold.Selector) (*gold.Release, error) {
	c.asked.Add(1)
	return c.Reader.Resolve(ctx, s)
}

func (c *counted) Releases(ctx context.Context, q gold.ReleaseQuery) ([]gold.Release, error) {
	c.asked.Add(1)
	return c.Reader.Releases(ctx, q)
}

func (c *counted) Rows(ctx context.Context, q gold.Query) (gold.Rows, error) {
	c.asked.Add(1)
	return c.Reader.Rows(ctx, q)
}

func (c *counted) Aggregate(ctx context.Context, a gold.Aggregation) (gold.Rows, error) {
	c.asked.Add(1)
	return c.Reader.Aggregate(ctx, a)
}

// wire is a server as `goldserve serve` runs it, with its limits, spoken to byte by byte.
type wire struct {
	addr  string
	store *counted
	log   *lines
}

// listen serves a store. It looks at the current release once: what reaches the store after that, requests sent.
func listen(t *testing.T, p place) *wire {
	t.Helper()
	w := &wire{log: &lines{}}
	// What is logged is checked too, as the program writes it.
	a := &app{stderr: w.log, config: config{
		logSettings: logSettings{Log: "json", LogLevel: "debug"}, storeSettings: storeSettings{Store: p.store}, listenSettings: listenSettings{Listen: "127.0.0.1:0"},
		serveSettings: serveSettings{DefaultModel: defaultModel, Poll: time.Hour}, cacheSettings: cacheSettings{CacheDir: t.TempDir()},
	}}
	log := a.logger()
	all := soundModels(t, &a.config)
	store, err := a.openStore(t.Context(), log, true)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := a.listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.addr, w.store = listener.Addr().String(), &counted{Reader: store}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.serveHTTP(ctx, log, listener, w.store, all) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, store.Close()); err != nil {
			t.Error(err)
		}
	})
	waitFor(t, "the look at the current release", func() bool { return w.store.asked.Load() > 0 })
	w.send(t, "GET /health", "") // which waits for that look
	return w
}

// reply is what came back.
type reply struct {
	*http.Response
	id string // X-Request-Id
}

// send sends one request on a connection of its own: a method and a target as they are, and further header lines, each
// with its end, which an empty line and a body may follow.
func (w *wire) send(t *testing.T, line, more string) (reply, []byte) {
	t.Helper()
	if !strings.Contains(more, "\r\n\r\n") {
		more += "\r\n"
	}
	return w.sendRaw(t, line+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"+more)
}

func (w *wire) sendRaw(t *testing.T, raw string) (reply, []byte) {
	t.Helper()
	response, body := fixture.Send(t, w.addr, raw)
	return reply{response.Response, response.Header.Get("X-Request-Id")}, body
}

// hostile is a request that means no good, and the answer that it gets.
type hostile struct {
	name   string // the number in the list of hostile requests, and words
	line   string // method and target
	more   string // further header lines
	status int
	code   string // of the problem; "": it is no problem of ours, but an answer or a refusal of net/http
	inner  string // code of one of its errors
	says   string // what its body holds
	asks   int64  // how many questions may reach the store; -1: any number
}

const (
	factRows = "GET /datasets/fact_achats/rows?"
	country  = "GET /by_country?"
	refused  = http.StatusBadRequest
)

// bad are targets that are refused because of their parameters, with one inner code.
func bad(name, inner, start string, queries ...string) []hostile {
	var list []hostile
	for _, q := range queries {
		list = append(list, hostile{name: name + " " + q, line: start + q, status: refused, code: "invalid_parameter", inner: inner})
	}
	return list
}

// harmless are targets that are answered.
func harmless(name, start string, queries ...string) []hostile {
	var list []hostile
	for _, q := range queries {
		list = append(list, hostile{name: name + " " + q, line: start + q, status: http.StatusOK, asks: -1})
	}
	return list
}

// matchless are filters that no row meets.
func matchless(name, start string, queries ...string) []hostile {
	list := harmless(name, start, queries...)
	for i := range list {
		list[i].says = `"count":0,`
	}
	return list
}

// nowhere are paths that nothing lies at.
func nowhere(name, code string, paths ...string) []hostile {
	var list []hostile
	for _, p := range paths {
		list = append(list, hostile{name: name + " " + p, line: "GET " + p, status: http.StatusNotFound, code: code})
	}
	return list
}

// hostileRequests are the rows of the list of hostile requests that one request and its answer show.
func hostileRequests() []hostile {
	return slices.Concat(
		bad("H01 operators in names", "unknown_parameter", country,
			"filter[$ne]=1", "filter[$gt]=", "pays[$ne]=x", "pays[]=x", "pays%5B%24ne%5D=x", "$where=sleep(1000)", "%24or=1", "pays.x=1", "PAYS=x", "pays%20=x"),
		bad("H01 operators in suffixes", "invalid_operator", country, "pays__$ne=x", "pays__regex=x", "pays__=x", "pays__EQ=x", "pays__eq__eq=x", "ca__contains=1"),
		harmless("H01 names that start with _ mean nothing", country, "__proto__=1", "_=1", "_id=1&_id=2"),
		matchless("H02 objects in values", factRows,
			`pays={"$ne":null}`, "pays=%7B%22$ne%22:null%7D", "pays=$where:sleep(1000)", "pays=$pays", "pays='%20OR%201=1%20--", "produit__contains={$gt:''}"),
		matchless("H02 objects in values", country, `pays={"$ne":null}`, "pays='%20OR%201=1%20--"),
		bad("H02 objects where a number is meant", "invalid_value", factRows,
			`montant={"$ne":null}`, "id_achat=$where:1", "id_client=1%20OR%201=1", "montant=NaN", "montant__gt=Infinity", "montant=0x10", "annee__in=2024,{}", "date_achat={$gt:0}"),
		bad("H03 sort", "invalid_value", factRows,
			"sort=$natural", "sort=__proto__", "sort=-$meta", "sort=_id", "sort=constructor", "sort=", "sort=-", "sort=--pays", "sort=pays,", "sort=pays,pays",
			"sort=pays,-pays", "sort=pays:up", "sort=pays:desc:asc", "sort=pays%20desc", "sort=pays%20COLLATE%20NOCASE", "sort=1", "sort=pays:$meta"),
		bad("H04 fields", "invalid_value", "GET /datasets/dim_clients/rows?",
			"fields=secret_col", "fields=_id,$slice", "fields=", "fields=*", "fields=pays,pays", "fields=$pays"),
		bad("H04 masked fields", "", "GET /datasets/dim_clients/rows?", "fields=email", "fields=nom,pays", "sort=email", "email=a@example.com", "email__startswith=a", "nom__isnull=true"),
		nowhere("H04 values of masked fields", "unknown_field", "/datasets/dim_clients/values/email", "/datasets/dim_clients/values/_id"),
		bad("H05 limit", "invalid_value", factRows,
			"limit=999999999", "limit=10001", "limit=-1", "limit=-0", "limit=1e9", "limit=1e3", "limit=0x10", "limit=010", "limit=%D9%A3", "limit=\u0663", "limit=9223372036854775808",
			"limit=18446744073709551616", "limit=", "limit", "limit=%2B5", "limit=+5", "limit=5%20", "limit=5.0", "limit=null", "limit={}", "limit=0"),
		harmless("H05 limit", factRows, "limit=1", "limit=10000"),
		harmless("H05 limit", country, "limit=0"),
		[]hostile{
			{name: "H06 offset", line: factRows + "offset=1000000000000", status: refused, code: "invalid_parameter", inner: "unknown_parameter", says: "meta.next"},
			{name: "H06 page", line: factRows + "page=1000000000000", status: refused, code: "invalid_parameter", inner: "unknown_parameter", says: "meta.next"},
		},
		bad("H07 cursor", "invalid_cursor", factRows, "cursor=", "cursor=AAAA", "cursor=!!", "cursor=eyJhIjoxfQ==", "cursor=../../etc/passwd", "cursor=-1"),
		bad("H08 repeated", "duplicate_parameter", factRows,
			"limit=1&limit=999", "limit=1&limit=1", "pays=France&pays=Italie", "pays=France&p%61ys=Italie", "cursor=a&cursor=b", "sort=pays&limit=1&sort=pays"),
		bad("H09 semicolons", "invalid_encoding", factRows, "limit=1;sort=pays", "pays=France;limit=1", "a=1;b=2", ";", "limit=1&;pays=France", "fields=pays;produit"),
		bad("H10 escapes", "invalid_encoding", factRows, "pays=%zz", "pays=%2", "pays=%", "pays=%u0041", "%zz=1", "limit=1&pays=100%"),
		[]hostile{{name: "H10 escapes in the path", line: "GET /by_country/%zz", status: refused}},
		bad("H11 NUL", "invalid_encoding", factRows, "pays=%00", "pays=France%00", "pays%00=France", "sort=pays%00"),
		bad("H11 NUL in the path", "invalid_encoding", "GET ", "/by_country%00", "/by_country/%00", "/%00", "/datasets/ca_country%00/rows", "/datasets/ca_country/rows/Fr%00ance"),
		[]hostile{
			{name: "H11 a NUL byte", line: "GET /by_country?pays=\x00", status: refused},
			{name: "H11 an escape byte", line: "GET /by_country/\x1b[31m", status: refused},
		},
		bad("H12 UTF-8", "invalid_encoding", factRows, "pays=%ff%fe", "pays=%c0%af", "pays=%ed%a0%80", "pays=%f4%90%80%80", "pays=%e2%82", "%ff=1", "pays=\xff\xfe"),
		bad("H12 UTF-8 in the path", "invalid_encoding", "GET ", "/%ff%fe", "/by_country/%c0%af", "/datasets/%ed%a0%80/rows", "/by_country/\xff"),
		nowhere("H13 confusables", "unknown_dataset",
			"/by_c%D0%BEuntry", "/by_c\u043euntry", "/by_country%E2%80%8D", "/%E2%80%AEyrtnuoc_yb", "/by_country%CC%81", "/BY_COUNTRY", "/by_country%20",
			"/datasets/ca_c%D0%BEuntry/rows", "/datasets/ca_country%E2%80%8B/rows", "/datasets/%EF%BD%83a_country", "/datasets/ca_country%C2%A0/schema"),
		bad("H14 patterns", "invalid_operator", factRows, "produit__regex=(a%2B)%2B$", "produit__iregex=a", "produit__like=%25", "jour__contains=1", "montant__startswith=1"),
		bad("H14 long texts", "invalid_value", factRows, "produit__contains="+strings.Repeat("a", 65), "produit__startswith="+strings.Repeat("a", 3000), "produit__contains=", "produit__contains="+strings.Repeat("%C3%A9", 65)),
		bad("H14 long texts", "invalid_value", "GET /datasets/fact_achats/values/produit?", "q="+strings.Repeat("a", 65), "q="),
		matchless("H14 patterns are texts", factRows, "produit__contains=(a%2B)%2B$", "produit__contains=(?<=a)b", "produit__contains="+strings.Repeat("%C3%A9", 64), "produit__startswith=[", "produit__contains=%5CE.*%5CQ"),
		harmless("H15 a list as long as a URL may have it", factRows, "id_achat__in=1"+strings.Repeat(",1", 2000), "pays__nin=a"+strings.Repeat(",b", 2000)),
		[]hostile{
			{name: "H14 10 KB of a pattern", line: factRows + "produit__contains=" + strings.Repeat("(a+)+", 2000), status: http.StatusRequestURITooLong, code: "uri_too_long"},
			{name: "H15 51 parameters", line: factRows + strings.Repeat("a=1&", 50) + "a=1", status: refused, code: "invalid_parameter", inner: "too_many_parameters"},
			{name: "H15 800 parameters", line: factRows + strings.Repeat("a=1&", 800), status: refused, code: "invalid_parameter", inner: "too_many_parameters"},
			{name: "H15 3,000 parameters", line: factRows + strings.Repeat("a=1&", 3000), status: http.StatusRequestURITooLong, code: "uri_too_long"},
			{name: "H15 1,500 headers", line: country, more: strings.Repeat("X-Header: value of it\r\n", 1500), status: http.StatusRequestHeaderFieldsTooLarge},
			{name: "H16 a URL of 4 KB is read", line: "GET " + padded(4096), status: refused, code: "invalid_parameter", inner: "unknown_parameter"},
			{name: "H16 a URL of a byte more", line: "GET " + padded(4097), status: http.StatusRequestURITooLong, code: "uri_too_long"},
			{name: "H16 a URL of 8 KB", line: "GET " + padded(8<<10), status: http.StatusRequestURITooLong, code: "uri_too_long"},
			{name: "H16 a path of 8 KB", line: "GET /" + strings.Repeat("a", 8<<10), status: http.StatusRequestURITooLong, code: "uri_too_long"},
			// net/http reads no more than its limit of headers, of which the URL is the first line.
			{name: "H16 a URL of 64 KB", line: "GET " + padded(64<<10), status: http.StatusRequestHeaderFieldsTooLarge},
			{name: "H17 a header of 64 KB", line: country, more: "X-Long: " + strings.Repeat("a", 64<<10) + "\r\n", status: http.StatusRequestHeaderFieldsTooLarge},
		},
		hostileMethods(),
		nowhere("H33 a slash in a name", "unknown_dataset", "/datasets/ca%2Fcountry/rows", "/datasets/ca_country%2Frows", "/by%2Fcountry", "/..%2f..%2fetc%2fpasswd", "/datasets/..%2f/schema"),
		nowhere("H33 slashes that are escaped make no path", "unknown_dataset", "/datasets%2Fca_country%2Frows", "/by_country%2FFrance"),
		[]hostile{
			{name: "H33 a slash in a key", line: "GET /by_country/no%2Fsuch", status: http.StatusNotFound, code: "row_not_found", says: "no/such", asks: 1},
			{name: "H33 a key is decoded once", line: "GET /by_country/no%252Fsuch", status: http.StatusNotFound, code: "row_not_found", says: "no%2Fsuch", asks: 1},
			{name: "H33 slashes alone", line: "GET /by_country/%2F%2F", status: http.StatusNotFound, code: "row_not_found", says: "key //", asks: 1},
		},
		harmless("H51 line ends in values", factRows,
			"limit=1&pays__ne=%0d%0aSet-Cookie:%20a=b", "pays=%0d%0aSet-Cookie:%20a=b", "limit=1&_=%0d%0aSet-Cookie:%20a=b", "limit=1&_%0d%0aSet-Cookie:%20a=b"),
		bad("H51 line ends", "", factRows, "limit=%0d%0aSet-Cookie:%20a=b", "%0d%0aSet-Cookie:%20a=b=1", "sort=%0d%0aSet-Cookie:%20a=b", "cursor=%0d%0aSet-Cookie:%20a=b", "as_of=%0d%0aSet-Cookie:a"),
		nowhere("H51 line ends in the path", "unknown_dataset", "/by_country%0d%0aSet-Cookie:%20a=b", "/datasets/%0d%0a%0d%0a%3Cscript%3E/rows"),
		[]hostile{
			{name: "H51 line ends in a key", line: "GET /by_country/%0d%0aSet-Cookie:%20a=b", status: http.StatusNotFound, code: "row_not_found", asks: 1},
			{name: "H51 markup", line: "GET /%3Cscript%3Ealert(1)%3C/script%3E", status: http.StatusNotFound, code: "unknown_dataset"},
			{name: "H51 markup in a key", line: "GET /by_country/%3Cimg%20onerror=x%3E", status: http.StatusNotFound, code: "row_not_found", asks: 1},
			{name: "H51 markup in a value", line: country + "limit=%3Cscript%3E&%3Cb%3E=1", status: refused, code: "invalid_parameter"},
		},
		bad("H54 JSONP", "unknown_parameter", country, "callback=alert", "jsonp=alert", "callback=%3Cscript%3E"),
		bad("H54 JSONP", "unknown_parameter", "GET /kpis?", "callback=alert"),
	)
}

// padded returns a target of n bytes.
func padded(n int) string {
	const start = "/by_country?nope="
	return start + strings.Repeat("a", n-len(start))
}

// hostileMethods are methods that nothing here answers, on each kind of URL.
func hostileMethods() []hostile {
	var list []hostile
	for _, path := range []string{"/", "/kpis", "/by_country", "/by_country/France", "/datasets/fact_achats/rows?limit=1", "/releases", "/health", "/nope"} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			list = append(list, hostile{name: "H18 " + method + " " + path, line: method + " " + path, more: "Content-Length: 4\r\n\r\na=b\n", status: http.StatusMethodNotAllowed, code: "method_not_allowed"})
		}
		for _, method := range []string{"TRACE", "CONNECT", "get", "BREW", "GET1", "$where"} {
			list = append(list, hostile{name: "H20 " + method + " " + path, line: method + " " + path, more: "X-Secret: <b>secret\r\n", status: http.StatusMethodNotAllowed, code: "method_not_allowed"})
		}
	}
	return append(list,
		hostile{name: "H20 CONNECT to a host", line: "CONNECT example.com:443", status: http.StatusMisdirectedRequest, code: "misdirected_request"},
		hostile{name: "H20 CONNECT to this host", line: "CONNECT localhost:443", status: http.StatusMethodNotAllowed, code: "method_not_allowed"},
		hostile{name: "H20 a method that is no word", line: "G<T /kpis", status: refused},
		hostile{name: "H20 no method", line: " /kpis", status: refused},
	)
}

func TestHostileRequestsAreRefusedBeforeTheyReachTheStore(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		publishSample(t, p)
		w := listen(t, p)
		for _, h := range hostileRequests() {
			before := w.store.asked.Load()
			response, body := w.send(t, h.line, h.more)
			if response.StatusCode != h.status {
				t.Errorf("%.80s: %d, want %d\n%.300s", h.name, response.StatusCode, h.status, body)
				continue
			}
			if asks := w.store.asked.Load() - before; h.asks >= 0 && asks > h.asks {
				t.Errorf("%.80s: %d questions reached the store, at most %d may", h.name, asks, h.asks)
			}
			checkHeader(t, h.name, response.Header)
			checkNoEcho(t, h.name, body)
			if h.code != "" {
				checkRefusal(t, &h, response, body)
			}
			if !strings.Contains(string(body), h.says) {
				t.Errorf("%.80s: says nothing of %q: %s", h.name, h.says, body)
			}
		}
		for _, record := range w.records(t) {
			if record["level"] == "ERROR" {
				t.Errorf("logged as an error: %v", record)
			}
		}
	})
}

var requestIDs = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// checkHeader checks that nothing that was sent became a header, or part of one as it was.
func checkHeader(t *testing.T, name string, header http.Header) {
	t.Helper()
	for key, values := range header {
		if strings.EqualFold(key, "Set-Cookie") || strings.ContainsFunc(strings.Join(values, ""), func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%.80s: header %s: %q", name, key, values)
		}
	}
}

// checkNoEcho checks that a body shows no input that a browser or a terminal would take for more than text.
func checkNoEcho(t *testing.T, name string, body []byte) {
	t.Helper()
	for text := range strings.SplitSeq(string(body), "\n") {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\r' || r == '<' || r == 0x7f }) || strings.Contains(text, "secret\r") {
			t.Errorf("%.80s: the body repeats what was sent: %.300q", name, body)
			return
		}
	}
}

// checkRefusal checks a problem's code, shape and headers.
func checkRefusal(t *testing.T, h *hostile, response reply, body []byte) {
	t.Helper()
	var p struct {
		Type, Title, Code, Detail, Error, Instance string
		Status                                     int
		RequestID                                  string `json:"request_id"`
		Errors                                     []struct{ Parameter, Code, Detail string }
	}
	if err := json.Unmarshal(body, &p); err != nil {
		t.Errorf("%.80s: %v in %.300q", h.name, err, body)
		return
	}
	if p.Code != h.code || p.Status != h.status || p.Type != "/problems/"+h.code || p.Title == "" || p.Detail == "" || p.Error == "" {
		t.Errorf("%.80s: want %d %s, got %.300s", h.name, h.status, h.code, body)
	}
	if !requestIDs.MatchString(response.id) || p.RequestID != response.id {
		t.Errorf("%.80s: request id %q in the header, %q in the body", h.name, response.id, p.RequestID)
	}
	if got := response.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("%.80s: Content-Type %q", h.name, got)
	}
	if got := response.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%.80s: Cache-Control %q", h.name, got)
	}
	if got := response.Header.Get("Allow"); (got == "GET, HEAD, OPTIONS") != (h.status == http.StatusMethodNotAllowed) {
		t.Errorf("%.80s: Allow %q", h.name, got)
	}
	codes := make([]string, 0, len(p.Errors))
	for _, e := range p.Errors {
		codes = append(codes, e.Code)
	}
	if h.inner != "" && !slices.Contains(codes, h.inner) || h.code == "invalid_parameter" && len(codes) == 0 {
		t.Errorf("%.80s: want %s among the errors, got %.300s", h.name, h.inner, body)
	}
}

// records returns the log, each line of which must be one JSON record.
func (w *wire) records(t *testing.T) []map[string]any {
	t.Helper()
	var records []map[string]any
	for line := range strings.Lines(w.log.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("a line of the log is no record: %v in %q", err, line)
			continue
		}
		records = append(records, record)
	}
	return records
}

// hostileTexts are values that a store or a pattern could take for more than a text.
var hostileTexts = []string{
	`{"$ne":null}`, "$pays", "$$ROOT", "$where:sleep(1000)", "' OR ''='", "'; DROP TABLE x; --", "%", "_", ".*", `\E.*\Q`, "[a-z]", "*", "?", `\`, `"`, `""`,
	"null", "true", "1", "a,b", "a/b", "a+b", "a&b=c", "#", "<script>", "\u202egnp", "\x1b[31m", "\r\nSet-Cookie: a=b", "ß", "\u0130",
}

func TestHostileTextsAreComparedLiterally(t *testing.T) { // H02, H14
	t.Parallel()
	lake := copyLake(t)
	var all []string
	changeFacts(t, lake, func(rows []purchase) []purchase {
		rows = rows[:500]
		for i, text := range hostileTexts {
			for k := range i%3 + 1 {
				rows[5*i+k].Country = text
			}
		}
		for _, row := range rows {
			all = append(all, row.Country)
		}
		return rows
	})
	having := func(holds func(string) bool) (n int64) {
		for _, country := range all {
			if holds(country) {
				n++
			}
		}
		return n
	}
	eachStore(t, func(t *testing.T, p place) {
		publishLake(t, p, lake)
		server := served(t, p)
		for _, text := range hostileTexts {
			for suffix, want := range map[string]int64{
				"":             having(func(c string) bool { return c == text }),
				"__ne":         having(func(c string) bool { return c != text }),
				"__contains":   having(func(c string) bool { return strings.Contains(c, text) }),
				"__startswith": having(func(c string) bool { return strings.HasPrefix(c, text) }),
			} {
				if strings.Contains("aßtruenull1iİ", strings.ToLower(text)) && suffix != "" && suffix != "__ne" {
					continue // letters also match their other case
				}
				checkTotal(t, server.URL, url.Values{"pays" + suffix: {text}}, want)
			}
			quoted := `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
			checkTotal(t, server.URL, url.Values{"pays__in": {quoted}}, having(func(c string) bool { return c == text }))
			checkTotal(t, server.URL, url.Values{"pays__nin": {"France," + quoted}}, having(func(c string) bool { return c != text && c != "France" }))
		}
		// As the place where a page starts they are texts too.
		checkPages(t, server.URL, "/datasets/fact_achats/rows?sort=pays&limit=7&fields=pays,id_achat", all)
	})
}

// checkTotal asks for facts under a filter and compares their exact number.
func checkTotal(t *testing.T, server string, filter url.Values, want int64) {
	t.Helper()
	status, body := get(t, server, "/datasets/fact_achats/rows?count=exact&limit=1&"+filter.Encode())
	var answer struct {
		Meta struct{ Total int64 }
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK || answer.Meta.Total != want {
		t.Errorf("%v: %d, %v, %d rows, want %d", filter, status, err, answer.Meta.Total, want)
	}
}

// checkPages follows the pages from a URL and compares their countries, whatever their order.
func checkPages(t *testing.T, server, path string, want []string) {
	t.Helper()
	var got []string
	for path != "" {
		status, body := get(t, server, path)
		var page struct {
			Data []struct{ Pays string }
			Meta struct{ Next string }
		}
		if bytes.ContainsAny(body, "<>") { // H53
			t.Errorf("%s: markup in JSON: %s", path, body)
		}
		if err := json.Unmarshal(body, &page); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %v\n%s", path, status, err, body)
		}
		for _, row := range page.Data {
			got = append(got, row.Pays)
		}
		path = page.Meta.Next
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("countries of all pages (-want +got):\n%s", diff)
	}
}

// cursorOf returns the cursor of the page after the first one.
func cursorOf(t *testing.T, w *wire, target string) string {
	t.Helper()
	response, body := w.send(t, "GET "+target, "")
	var page struct{ Meta struct{ Cursor string } }
	if err := json.Unmarshal(body, &page); err != nil || response.StatusCode != http.StatusOK || page.Meta.Cursor == "" {
		t.Fatalf("%s: %d %v\n%.300s", target, response.StatusCode, err, body)
	}
	return page.Meta.Cursor
}

func TestForgedCursorsAreRefused(t *testing.T) { // H07
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		publishSample(t, p)
		w := listen(t, p)
		const path = "/datasets/fact_achats/rows"
		token := cursorOf(t, w, path+"?limit=3&pays=France&sort=-montant")
		check := func(name, target, token string) {
			t.Helper()
			before := w.store.asked.Load()
			h := hostile{name: name, status: refused, code: "invalid_parameter", inner: "invalid_cursor"}
			response, body := w.send(t, "GET "+target+token, "")
			if response.StatusCode != h.status || w.store.asked.Load() != before {
				t.Errorf("%s: %d, %d questions\n%.300s", name, response.StatusCode, w.store.asked.Load()-before, body)
				return
			}
			checkRefusal(t, &h, response, body)
		}
		if response, body := w.send(t, "GET "+path+"?cursor="+token, ""); response.StatusCode != http.StatusOK {
			t.Fatalf("the cursor itself: %d %s", response.StatusCode, body)
		}
		for n := range len(token) {
			check("cut at "+strconv.Itoa(n), path+"?cursor=", token[:n])
			altered := []byte(token)
			if altered[n]++; altered[n] == '{' || altered[n] == '[' || altered[n] == ':' {
				altered[n] = 'a'
			}
			check("altered at "+strconv.Itoa(n), path+"?cursor=", url.QueryEscape(string(altered)))
		}
		check("longer", path+"?cursor=", token+"A")
		check("padded", path+"?cursor=", token+"==")
		check("with a line end", path+"?cursor=", token+"%0A")
		check("of another dataset", "/datasets/client_scores/rows?cursor=", token)
		check("of another endpoint", "/scores?cursor=", token)
		check("with another filter", path+"?pays=Italie&cursor=", token)
		check("with a further filter", path+"?produit=x&cursor=", token)
		check("with another sort", path+"?sort=pays&cursor=", token)
		check("with another limit", path+"?limit=4&cursor=", token)
		check("with other fields", path+"?fields=pays&cursor=", token)
		check("with another release", path+"?release=2&cursor=", token)
		check("with a date", path+"?as_of=2026-01-01&cursor=", token)
		if response, body := w.send(t, "GET "+path+"?limit=3&sort=-montant&release=1&cursor="+token, ""); response.StatusCode != http.StatusOK {
			t.Errorf("with parameters that agree: %d %s", response.StatusCode, body)
		}
		forgeCursors(t, w, path, token)
	})
}

// forgeCursors sends cursors whose checksum is right: nobody signs it. Whatever they say, the answer blames the client.
func forgeCursors(t *testing.T, w *wire, path, token string) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[int]int{}
	send := func(payload []byte) int {
		t.Helper()
		sealed := base64.RawURLEncoding.EncodeToString(binary.LittleEndian.AppendUint32(payload, crc32.ChecksumIEEE(payload)))
		response, body := w.send(t, "GET "+path+"?cursor="+sealed, "")
		statuses[response.StatusCode]++
		if !slices.Contains([]int{http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusGone}, response.StatusCode) {
			t.Errorf("forged cursor %.200q: %d\n%.300s", payload, response.StatusCode, body)
		}
		checkHeader(t, "forged cursor", response.Header)
		return response.StatusCode
	}
	payload := raw[:len(raw)-4]
	for i := range payload {
		for _, change := range []byte{0x01, 0x02, 0x08, 0x20, 0x80, 0xff} {
			forged := slices.Clone(payload)
			forged[i] ^= change
			send(forged)
		}
		send(slices.Delete(slices.Clone(payload), i, i+1))
	}
	// A filter many times over, which no list of parameters may have.
	for _, pairs := range []int{51, 400, 1000} {
		if status := send(manyFilters(payload[0], pairs)); status != http.StatusBadRequest {
			t.Errorf("a forged cursor of %d parameters: %d", pairs, status)
		}
	}
	t.Logf("forged cursors by status: %v", statuses)
}

// manyFilters is a cursor of facts, as the API's package writes it, whose query has one filter many times.
func manyFilters(form byte, pairs int) []byte {
	b := appendText(appendText([]byte{form}, "retail"), "fact_achats")
	b = append(b, 1) // the release
	b = binary.AppendUvarint(b, uint64(pairs))
	for range pairs {
		b = appendText(appendText(b, "pays"), "")
	}
	b = append(b, 2, byte(gold.Time)) // the place: date_achat, id_achat
	b = append(binary.AppendVarint(b, 1), byte(gold.Int))
	return binary.AppendVarint(b, 1)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func TestHEADAnswersAsGETWithoutABody(t *testing.T) { // H19
	t.Parallel()
	p := sqlitePlace(t)
	publishSample(t, p)
	w := listen(t, p)
	for _, target := range []string{
		"/", "/kpis", "/by_country", "/by_country/France", "/m/retail/monthly", "/datasets", "/datasets/fact_achats/rows?limit=2&pays=France", "/releases/current",
		"/health", "/livez", "/readyz", "/version", "/nope", "/by_country?nope=1", "/by_country/nope", padded(5000),
	} {
		got, gotBody := w.send(t, "HEAD "+target, "")
		want, wantBody := w.send(t, "GET "+target, "")
		if got.StatusCode != want.StatusCode || len(gotBody) > 0 || len(wantBody) == 0 {
			t.Errorf("HEAD %.80s: %d with %d bytes, GET: %d with %d", target, got.StatusCode, len(gotBody), want.StatusCode, len(wantBody))
		}
		for _, header := range []http.Header{got.Header, want.Header} {
			// They tell of this request alone, or of the length of its timings.
			for _, name := range []string{"Date", "X-Request-Id", "Server-Timing", "Content-Length"} {
				if header.Get(name) == "" && name != "Server-Timing" {
					t.Errorf("%.80s: no %s", target, name)
				}
				header.Del(name)
			}
		}
		if diff := cmp.Diff(want.Header, got.Header); diff != "" {
			t.Errorf("HEAD %.80s (-GET +HEAD):\n%s", target, diff)
		}
	}
}

func TestARequestIDIsTheClientsOnlyWhereItIsHarmless(t *testing.T) { // H67
	t.Parallel()
	p := sqlitePlace(t)
	publishSample(t, p)
	w := listen(t, p)
	for _, id := range []string{"a", "0b-C", strings.Repeat("a", 64)} {
		if response, _ := w.send(t, "GET /livez", "X-Request-Id: "+id+"\r\n"); response.id != id {
			t.Errorf("%s became %s", id, response.id)
		}
	}
	seen := map[string]bool{}
	for _, id := range []string{
		"", " ", "<script>", "a b", "a,b", "a\tb", strings.Repeat("a", 65), strings.Repeat("a", 10<<10), "é", "%0d%0a", "a_b", `a"b`, "../..", "\xff",
	} {
		response, body := w.send(t, "GET /nope", "X-Request-Id: "+id+"\r\n")
		if response.StatusCode != http.StatusNotFound || !requestIDs.MatchString(response.id) || id != "" && strings.Contains(response.id, id) || seen[response.id] {
			t.Errorf("X-Request-Id %.80q: %d with id %q", id, response.StatusCode, response.id)
		}
		seen[response.id] = true
		checkHeader(t, id, response.Header)
		checkNoEcho(t, id, body)
	}
	for _, lines := range []string{"X-Request-Id: \n<script>\r\n", "X-Request-Id: a\x00b\r\n", "X-Request-Id: \x1b[31m\r\n", "X-Request-Id: a\r\n <script>\r\n"} {
		response, body := w.send(t, "GET /nope", lines)
		if response.StatusCode != refused {
			t.Errorf("%q: %d", lines, response.StatusCode)
		}
		checkNoEcho(t, lines, body)
	}
}

func TestARequestIsOneLineOfTheLog(t *testing.T) { // H68
	t.Parallel()
	p := sqlitePlace(t)
	publishSample(t, p)
	w := listen(t, p)
	paths := []string{
		"/a\nlevel=ERROR msg=forged", "/\x1b[31mred\x1b[0m", "/by_country/\r\n{\"level\":\"ERROR\",\"msg\":\"forged\"}", "/a\u2028b\u2029c\u0085d", "/\"}\n{\"", "/\u202eabc", "/\\n",
	}
	for _, path := range paths {
		escaped := strings.ReplaceAll(url.PathEscape(strings.TrimPrefix(path, "/")), "by_country%2F", "by_country/")
		response, _ := w.send(t, "GET /"+escaped+"?a=%0aforged%1b[31m", "User-Agent: Mozilla\"} {\"level\":\"ERROR\"}\t'\\n%0a\r\nReferer: http://a/%0a\r\n")
		if response.StatusCode >= 500 {
			t.Errorf("%q: %d", path, response.StatusCode)
		}
	}
	if response, _ := w.send(t, "GET /by_country", "User-Agent: \x1b[31mred\r\n"); response.StatusCode != refused {
		t.Errorf("an escape byte in a header: %d", response.StatusCode)
	}
	logged := map[string]int{}
	for _, record := range w.records(t) {
		switch record["msg"] {
		case "request":
			path, _ := record["path"].(string)
			logged[path]++
		case "forged":
			t.Errorf("a record that a request wrote: %v", record)
		}
	}
	for _, path := range paths {
		if logged[path] != 1 {
			t.Errorf("%q is logged %d times, want 1; logged are %q", path, logged[path], slices.Sorted(maps.Keys(logged)))
		}
	}
	if text := w.log.String(); strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' }) {
		t.Errorf("control characters in the log: %q", text)
	}
}

func TestWhatIsNotPublishedAnswers503AndWhatIsUnknown404(t *testing.T) { // H69
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		model, err := (&config{}).chosenModel(nil)
		if err != nil {
			t.Fatal(err)
		}
		// A publisher that never came to its switch: its version is nobody's to see.
		store := openPlace(t, p)
		lease, err := store.Acquire(t.Context(), defaultModel, "a test", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		half := model.Datasets[slices.IndexFunc(model.Datasets, func(d gold.Dataset) bool { return d.Name == "ca_country" })]
		loader, err := store.Load(t.Context(), gold.Load{Lease: *lease, Dataset: half, ID: "ca_country-half", Rows: 8})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := loader.Abort(context.Background()); err != nil {
				t.Error(err)
			}
		})
		w := listen(t, p)
		for target, collection := range map[string]string{
			"/by_country": "gold_by_country", "/by_country?pays=France": "gold_by_country", "/by_country/France": "gold_by_country", "/m/retail/by_country": "gold_by_country",
			"/datasets/ca_country/rows": "gold_by_country", "/datasets/ca_country/values/pays": "gold_by_country", "/scores": "gold_client_scores", "/kpis": "gold_fact_achats",
		} {
			h := hostile{name: target, status: http.StatusServiceUnavailable, code: "dataset_empty"}
			response, body := w.send(t, "GET "+target, "")
			if response.StatusCode != h.status || response.Header.Get("Retry-After") != "30" || !strings.Contains(string(body), `"error":"`+collection+` vide"`) {
				t.Errorf("%s: %d, Retry-After %q\n%s", target, response.StatusCode, response.Header.Get("Retry-After"), body)
				continue
			}
			checkRefusal(t, &h, response, body)
		}
		for target, code := range map[string]string{
			"/nope": "unknown_dataset", "/nope/1": "unknown_dataset", "/datasets/nope/rows": "unknown_dataset", "/m/nope/by_country": "unknown_model", "/ca_country": "unknown_dataset",
		} {
			h := hostile{name: target, status: http.StatusNotFound, code: code}
			response, body := w.send(t, "GET "+target, "")
			if response.StatusCode != h.status || response.Header.Get("Retry-After") != "" {
				t.Errorf("%s: %d %s", target, response.StatusCode, body)
				continue
			}
			checkRefusal(t, &h, response, body)
		}
		for _, h := range bad("what can't be asked is refused first", "", country, "nope=1", "limit=-1", "pays=%00") {
			response, body := w.send(t, h.line, "")
			if response.StatusCode != h.status {
				t.Errorf("%s: %d %s", h.name, response.StatusCode, body)
				continue
			}
			checkRefusal(t, &h, response, body)
		}
	})
}

func TestPagesStayInTheirReleaseAcrossAPublish(t *testing.T) { // H70
	t.Parallel()
	lake := copyLake(t)
	changeFacts(t, lake, func(rows []purchase) []purchase {
		for i := range rows {
			rows[i].Amount *= 2
		}
		return rows[:len(rows)/2]
	})
	eachStore(t, func(t *testing.T, p place) {
		publishSample(t, p)
		server := served(t, p)
		want := map[int64]string{}
		var got int
		path, pages := "/datasets/fact_achats/rows?limit=5000&fields=id_achat,montant", 0
		_, first := get(t, server.URL, path)
		for ; path != ""; pages++ {
			if pages == 2 {
				publishLake(t, p, lake, "--allow-shrink")
				waitFor(t, "release 2", func() bool {
					_, body := get(t, server.URL, "/releases/current")
					return strings.Contains(string(body), `"release":2,`)
				})
			}
			status, body := get(t, server.URL, path)
			var page struct {
				Data []struct {
					ID     int64       `json:"id_achat"`
					Amount json.Number `json:"montant"`
				}
				Meta struct {
					Release int64
					Next    string
				}
			}
			if err := json.Unmarshal(body, &page); err != nil || status != http.StatusOK || page.Meta.Release != 1 {
				t.Fatalf("page %d: %d, release %d, %v\n%.300s", pages+1, status, page.Meta.Release, err, body)
			}
			for _, row := range page.Data {
				want[row.ID] = row.Amount.String()
				got++
			}
			path = page.Meta.Next
		}
		if got != 22403 || len(want) != got || pages != 5 {
			t.Errorf("%d rows of %d purchases on %d pages, want 22403 on 5", got, len(want), pages)
		}
		if _, again := get(t, server.URL, "/datasets/fact_achats/rows?limit=5000&fields=id_achat,montant"); string(timeless(again)) == string(timeless(first)) {
			t.Error("both releases answer the same")
		}
		_, again := get(t, server.URL, "/datasets/fact_achats/rows?limit=5000&fields=id_achat,montant&release=1")
		if data := string(first[:strings.Index(string(first), `"meta"`)]); !strings.HasPrefix(string(again), data) {
			t.Error("release 1 by its number answers otherwise than when it was current")
		}
	})
}
