package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// spoken is a request as bytes that mean no good, and what comes back. Each ends its connection.
type spoken struct {
	name   string
	raw    string
	status int
}

// misspoken are requests that break the rules of HTTP, or bend them.
func misspoken() []spoken {
	const start, end = "GET /by_country HTTP/1.1\r\nHost: localhost\r\n", "Connection: close\r\n\r\n"
	const post, smuggled = "POST /by_country HTTP/1.1\r\nHost: localhost\r\n", "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
	return []spoken{
		{"H23 both lengths", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 405},
		{"H23 both lengths of a GET", start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n" + smuggled, 200},
		{"H24 two lengths", post + "Content-Length: 4\r\nContent-Length: 5\r\n" + end + "a=b\n" + smuggled, 400},
		{"H24 a list of lengths", post + "Content-Length: 4, 5\r\n" + end + "a=b\n" + smuggled, 400},
		{"H24 a negative length", post + "Content-Length: -4\r\n" + end + smuggled, 400},
		{"H24 a signed length", post + "Content-Length: +4\r\n" + end + "a=b\n" + smuggled, 400},
		{"H24 a length beyond numbers", post + "Content-Length: 99999999999999999999\r\n" + end + smuggled, 400},
		{"H25 an unknown coding", post + "Transfer-Encoding: xchunked\r\n" + end + smuggled, 501},
		{"H25 two codings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" + end + smuggled, 501},
		{"H25 a space before the colon", post + "Transfer-Encoding : chunked\r\n" + end + smuggled, 400},
		{"H26 a folded header", start + "X-Folded: a\r\n b\r\n" + end, 400},
		{"H26 a header folded with a tab", start + "X-Folded: a\r\n\tb\r\n" + end, 400},
		{"H26 a folded first header", "GET /by_country HTTP/1.1\r\n Host: localhost\r\n" + end, 400},
		{"H26 bare line feeds", "GET /by_country HTTP/1.1\nHost: localhost\nConnection: close\n\n", 400},
		{"H26 a bare line feed in a header", start + "X-Bare: a\nX-Other: b\r\n" + end, 400},
		{"H26 a bare line feed at the end", start + "Connection: close\r\n\n", 400},
		{"H27 a bare carriage return", start + "X-Bare: a\rb\r\n" + end, 400},
		{"H27 a NUL", start + "X-Nul: a\x00b\r\n" + end, 400},
		{"H27 a name with a space", start + "X Name: a\r\n" + end, 400},
		{"H28 no Host", "GET /by_country HTTP/1.1\r\n" + end, 400},
		{"H28 two Hosts", start + "Host: other\r\n" + end, 400},
		{"H28 a Host that is none", "GET /by_country HTTP/1.1\r\nHost: a b\r\n" + end, 400},
		{"H28 a Host with a path", "GET /by_country HTTP/1.1\r\nHost: a/b\r\n" + end, 400},
		{"H29 another's URL", "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n" + end, 421},
		{"H29 another's URL and Host", "GET http://evil.example/datasets/fact_achats/rows?limit=1 HTTP/1.1\r\nHost: localhost\r\n" + end, 421},
		{"H29 another's Host", "GET /by_country HTTP/1.1\r\nHost: evil.example\r\n" + end, 421},
		{"H29 our URL and another's Host", "GET http://localhost/by_country HTTP/1.1\r\nHost: evil.example\r\n" + end, 200},
		{"H29 HTTP/1.0 without a Host", "GET /by_country HTTP/1.0\r\n\r\n", 200},
		{"H30 HTTP/0.9", "GET /by_country\r\n\r\n", 400},
		{"H30 HTTP/9.9", "GET /by_country HTTP/9.9\r\nHost: localhost\r\n" + end, 505},
		{"H30 HTTP/2 in clear text", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405},
		{"H42 a packed body", start + "Content-Encoding: gzip\r\nContent-Length: 4\r\n" + end + "\x1f\x8b\x08\x00", 200},
		{"H43 a body", start + "Content-Length: 47\r\n" + end + smuggled, 200},
		{"H43 a body that is announced and awaited", start + "Content-Length: 47\r\nExpect: 100-continue\r\n" + end, 200},
		{"H43 an unknown expectation", start + "Expect: junk\r\n" + end, 417},
		{"H44 a websocket", start + "Upgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n", 200},
		{"H44 HTTP/2 by upgrade", start + "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\r\n", 200},
	}
}

// headed are requests whose headers mean no good.
func headed() []hostile {
	const target, many = "GET /datasets/fact_achats/rows?limit=1000", "GET /by_country"
	list := []hostile{
		{name: "H21 OPTIONS *", line: "OPTIONS *", status: http.StatusOK},
		{name: "H22 other methods and URLs", line: many, more: "X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /nope\r\nX-Rewrite-URL: /nope\r\n", status: http.StatusOK, says: "France", asks: -1},
		{name: "H38 a time to come", line: many, more: "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\nIf-Unmodified-Since: junk\r\n", status: http.StatusOK},
		{name: "H38 junk in If-Range", line: many, more: "If-Range: junk\r\nRange: bytes=0-1\r\n", status: http.StatusOK},
		{name: "H40 XML", line: many, more: "Accept: application/xml\r\n", status: http.StatusNotAcceptable, code: "not_acceptable"},
		{name: "H40 nothing", line: many, more: "Accept: */*;q=0\r\n", status: http.StatusNotAcceptable, code: "not_acceptable"},
		{name: "H40 10 KB", line: many, more: "Accept: " + strings.Repeat("a/b;q=0.1,", 1000) + "\r\n", status: http.StatusNotAcceptable, code: "not_acceptable"},
		{name: "H40 junk", line: many, more: "Accept: ;;;,,,q=q=q\r\n", status: http.StatusNotAcceptable, code: "not_acceptable"},
		{name: "H56 a preflight", line: "OPTIONS /by_country", more: "Origin: https://evil.example\r\nAccess-Control-Request-Method: DELETE\r\nAccess-Control-Request-Headers: " + strings.Repeat("x-a,", 100) + "x-b\r\n", status: http.StatusNoContent},
		{name: "H57 another's address", line: "GET /", more: "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: gopher\r\nX-Forwarded-Prefix: //evil.example\r\nForwarded: host=evil.example\r\n", status: http.StatusOK},
	}
	for _, ranges := range []string{"bytes=0-10", "bytes=0-,0-,0-", "bytes=-1", "bytes=" + strings.Repeat("0-9,", 500) + "1-2", "lines=1-2", "bytes=9-1"} {
		list = append(list, hostile{name: "H35 Range " + ranges, line: target, more: "Range: " + ranges + "\r\n", status: http.StatusOK, says: `"meta"`, asks: -1})
	}
	for _, codings := range []string{"gzip;q=0", "*;q=0", "br", "gzip;q=2", strings.Repeat("x,", 1000) + "gzip", ";;;", "identity;q=0"} {
		list = append(list, hostile{name: "H41 Accept-Encoding " + codings, line: target, more: "Accept-Encoding: " + codings + "\r\n", status: http.StatusOK, says: `"meta"`, asks: -1})
	}
	for _, origin := range []string{"https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://localhost@evil.example"} {
		list = append(list, hostile{name: "H55 Origin " + origin, line: many, more: "Origin: " + origin + "\r\n", status: http.StatusOK, says: "France"})
	}
	list = append(list, nowhere("H32 files of the dashboard", "not_found", "/ui/assets", "/ui/%2e%2e/app.js", "/ui/..%2fapp.js", "/ui/..%5capp.js", "/ui//app.js", "/ui/App.js")...)
	return append(list, append(
		nowhere("H31, H34 paths out of here", "not_found", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/by_country/../kpis", "//evil.example/%2e%2e", "//evil.example/", "/\\evil.example/", "/%5cevil.example/", "/%2f/", "/%2fevil.example/", "/by_country//", "//kpis", "/datasets//rows", "/datasets/fact_achats/rows/", "/debug/pprof/heap/x"),
		nowhere("H31, H34 paths out of here", "unknown_dataset", "/..%5c..%5cetc%5cpasswd", "/./kpis", "/KPIS", "/By_Country", "/metrics", "/admin", "/.git", "/.env")...)...)
}

func TestHostileWireFormatsAndHeaders(t *testing.T) {
	t.Parallel()
	p := sqlitePlace(t)
	publishSample(t, p)
	w := listen(t, p)
	for _, s := range misspoken() {
		response, body := w.sendRaw(t, s.raw)
		if response.StatusCode != s.status {
			t.Errorf("%s: %d, want %d\n%.300s", s.name, response.StatusCode, s.status, body)
		}
		checkHeader(t, s.name, response.Header)
		checkNoEcho(t, s.name, body)
		checkOurs(t, s.name, response, body)
	}
	for _, h := range headed() {
		response, body := w.send(t, h.line, h.more)
		if response.StatusCode != h.status || !strings.Contains(string(body), h.says) {
			t.Errorf("%.80s: %d, want %d with %q\n%.300s", h.name, response.StatusCode, h.status, h.says, body)
			continue
		}
		checkHeader(t, h.name, response.Header)
		checkOurs(t, h.name, response, body)
		if h.code != "" {
			checkRefusal(t, &h, response, body)
		}
	}
	for _, record := range w.records(t) {
		if record["level"] == "ERROR" || record["path"] == "/smuggled" {
			t.Errorf("logged: %v", record)
		}
	}
}

// checkOurs checks that an answer names nobody that the client made up, grants nothing, and is no part of another.
func checkOurs(t *testing.T, name string, response reply, body []byte) {
	t.Helper()
	if bytes.Contains(body, []byte("evil")) && response.StatusCode < 300 {
		t.Errorf("%.80s: the body names who was made up: %.300s", name, body)
	}
	for _, header := range []string{"Location", "Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Content-Encoding", "Content-Range"} {
		if got := response.Header.Get(header); got != "" {
			t.Errorf("%.80s: %s: %s", name, header, got)
		}
	}
	if strings.Contains(response.Header.Get("Link")+response.Header.Get("Content-Location"), "evil") {
		t.Errorf("%.80s: %v", name, response.Header)
	}
}

func TestHostileRangesOfAFile(t *testing.T) { // H36, H38
	t.Parallel()
	p := sqlitePlace(t)
	publishSample(t, p)
	w := listen(t, p)
	const target = "GET /datasets/client_scores/rows.parquet"
	first, whole := w.send(t, target, "")
	tag := first.Header.Get("Etag")
	for more, want := range map[string]int{
		"Range: bytes=" + strings.Repeat("0-999,", 200) + "0-1": http.StatusOK,
		"Range: bytes=" + strings.Repeat("0-,", 500) + "0-":     http.StatusOK,
		"Range: bytes=0-3,-4":                                         http.StatusOK,
		"Range: bytes=0-3\r\nRange: bytes=0-9":                        http.StatusPartialContent,
		"Range: bytes=0-99999999999":                                  http.StatusPartialContent,
		"Range: bytes=-99999999999":                                   http.StatusPartialContent,
		"Range: bytes=9-1":                                            http.StatusRequestedRangeNotSatisfiable,
		"Range: bytes=99999999999999999999-":                          http.StatusRequestedRangeNotSatisfiable,
		"Range: bytes=a-b":                                            http.StatusRequestedRangeNotSatisfiable,
		"Range: lines=1-2":                                            http.StatusRequestedRangeNotSatisfiable,
		"Range: bytes=0-3\r\nIf-Range: junk":                          http.StatusOK,
		"Range: bytes=0-3\r\nIf-Range: W/" + tag:                      http.StatusOK,
		"Range: bytes=0-3\r\nIf-Range: Fri, 01 Jan 2100 00:00:00 GMT": http.StatusOK,
		"Range: bytes=0-3\r\nIf-Range: " + tag:                        http.StatusPartialContent,
		"Range: bytes=0-3\r\nIf-None-Match: " + tag:                   http.StatusNotModified,
		"If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT":            http.StatusOK,
		"If-Unmodified-Since: junk":                                   http.StatusOK,
		"If-Match: junk":                                              http.StatusPreconditionFailed,
		"If-Match: \"another\", " + tag:                               http.StatusOK,
		"If-None-Match: *\r\nIf-Modified-Since: junk":                 http.StatusNotModified,
		"If-None-Match: \"another\"\r\nIf-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT": http.StatusOK,
	} {
		response, body := w.send(t, target, more+"\r\n")
		if response.StatusCode != want || want == http.StatusOK && !bytes.Equal(body, whole) || want == http.StatusPartialContent && !bytes.Contains(whole, body) {
			t.Errorf("%.60s: %d with %d bytes of %d, want %d", more, response.StatusCode, len(body), len(whole), want)
		}
		checkHeader(t, more, response.Header)
		if code := map[int]string{http.StatusRequestedRangeNotSatisfiable: "range_not_satisfiable", http.StatusPreconditionFailed: "precondition_failed"}[want]; code != "" {
			checkRefusal(t, &hostile{name: more, status: want, code: code}, response, body)
		}
	}
}

func TestTagsOfARequestAreComparedUpToABound(t *testing.T) { // H37
	t.Parallel()
	p := sqlitePlace(t)
	publishSample(t, p)
	w := listen(t, p)
	first, _ := w.send(t, "GET /by_country", "")
	tag := first.Header.Get("Etag")
	others := func(n int) string { return strings.Repeat(`"x",`, n) }
	for value, want := range map[string]int{
		tag: http.StatusNotModified, strings.TrimPrefix(tag, "W/"): http.StatusNotModified, "*": http.StatusNotModified, others(31) + tag: http.StatusNotModified,
		others(32) + tag: http.StatusOK, others(1000) + tag: http.StatusOK, strings.TrimSuffix(tag, `"`): http.StatusOK, `"` + tag: http.StatusOK,
		"": http.StatusOK, "junk": http.StatusOK, `W/`: http.StatusOK, `,,,` + tag: http.StatusNotModified, `"x" ` + tag: http.StatusNotModified,
	} {
		response, body := w.send(t, "GET /by_country", "If-None-Match: "+value+"\r\n")
		if response.StatusCode != want || want == http.StatusNotModified && len(body) > 0 {
			t.Errorf("If-None-Match: %.60s: %d with %d bytes, want %d", value, response.StatusCode, len(body), want)
		}
	}
}

// TestConnectionsThatSayNothingAreClosed waits for the server's own timeouts: 5 s.
func TestConnectionsThatSayNothingAreClosed(t *testing.T) { // H45, H46, H48
	t.Parallel()
	w := listen(t, sqlitePlace(t))
	var all sync.WaitGroup
	for name, raw := range map[string]string{
		"nothing": "", "half a line": "GET /kp", "half of the headers": "GET /kpis HTTP/1.1\r\nHost: localhost\r\nX-Slow: a",
		"half of a body": "POST /kpis HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc",
	} {
		conn := dial(t, w.addr)
		if _, err := io.WriteString(conn, raw); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			start := time.Now()
			if strings.Contains(raw, "X-Slow") {
				all.Go(func() { // a byte from time to time
					for {
						if _, err := io.WriteString(conn, "a"); err != nil {
							return
						}
						time.Sleep(200 * time.Millisecond)
					}
				})
			}
			answer, err := io.ReadAll(bufio.NewReader(conn))
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("%s: open for %s, %v", name, took, err)
			}
			if len(answer) > 0 && !bytes.HasPrefix(answer, []byte("HTTP/1.1 4")) {
				t.Errorf("%s: answered %.200q", name, answer)
			}
			_ = conn.Close()
		})
	}
	all.Wait()
}
