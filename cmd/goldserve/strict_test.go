package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTheLinesOfHeadsAreHeldToTheRulesAndNothingElse(t *testing.T) {
	const get = "GET / HTTP/1.1\r\nHost: a\r\n"
	for raw, want := range map[string]int{ // how many bytes pass
		get + "\r\n":                                         -1,
		get + "\r\n" + get + "X: y\r\n\r\n":                  -1,
		"\r\n\r\n" + get + "\r\n":                            -1,
		"\n" + get + "\r\n":                                  -1, // net/http's own refusal
		get + "Content-Length: 0\r\n\r\n" + get + " x":       len(get) + len("Content-Length: 0\r\n\r\n") + len(get),
		get + "content-length:4 \r\n\r\na\n\tb" + get:        -1,
		get + "Content-Length: 4\r\n\r\na\n\tb" + get + "\n": len(get) + len("Content-Length: 4\r\n\r\na\n\tb") + len(get),
		get + "Transfer-Encoding: chunked\r\n\r\n2\n \n":     -1,
		get + "Content-Length: x\r\n\r\n2\n \n":              -1,
		get + "X: " + strings.Repeat("a", 5000) + "\r\n\r\n": -1,
		get + "X: " + strings.Repeat("a", 5000) + "\n":       len(get) + 5003,
		"GET / HTTP/1.1\n":                                   len("GET / HTTP/1.1"),
		get + " b\r\n":                                       len(get),
		get + "\tb\r\n":                                      len(get),
		get + "\n":                                           len(get),
		get + "X: a\r\r\n\r\n":                               -1, // a bare CR is net/http's to refuse
		get + "X: a \r\n\r\n":                                -1,
	} {
		if want < 0 {
			want = len(raw)
		}
		for range 20 { // in one piece, byte by byte, and in pieces of any length
			h, passed := heads{}, 0
			for left, size := raw, 1; left != ""; {
				switch rand.IntN(3) {
				case 0:
					size = len(left)
				case 1:
					size = 1 + rand.IntN(len(left))
				}
				n := h.take([]byte(left[:min(size, len(left))]))
				passed += n
				if n < min(size, len(left)) {
					break
				}
				left = left[n:]
			}
			if passed != want {
				t.Fatalf("%.200q: %d bytes pass, want %d", raw, passed, want)
			}
		}
	}
}

// TestPipelinedRequestsAreAnsweredUpToTheOneThatIsRefused also sends a body between them.
func TestPipelinedRequestsAreAnsweredUpToTheOneThatIsRefused(t *testing.T) {
	var bodies []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
	}))
	server.Listener = strict(server.Listener)
	server.Start()
	defer server.Close()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	const get = "GET / HTTP/1.1\r\nHost: a\r\n"
	if _, err := fmt.Fprint(conn, get+"\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\na\n b\r\n\t\n"+get+"\r\n"+get+"X: a\r\n b\r\n\r\n"+get+"\r\n"); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusOK, http.StatusBadRequest} {
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != want {
			t.Fatalf("answer %d: %v, %v; want %d", i, response, err, want)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	if rest, err := io.ReadAll(reader); len(rest) > 0 || err != nil {
		t.Errorf("behind the refusal: %q, %v", rest, err)
	}
	if got := fmt.Sprintf("%q", bodies); got != `["" "a\n b\r\n\t\n" ""]` {
		t.Errorf("the bodies are %s", got)
	}
}

func BenchmarkHeads(b *testing.B) {
	head := []byte("GET /by_country?pays=France HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" +
		"Accept-Language: en,fr;q=0.9\r\nConnection: keep-alive\r\nIf-None-Match: W/\"r1-abcdefghijklmnop\"\r\nReferer: http://127.0.0.1:8080/ui\r\nSec-Fetch-Mode: cors\r\n\r\n")
	b.ReportAllocs()
	var h heads
	for b.Loop() {
		h.take(head)
	}
}
