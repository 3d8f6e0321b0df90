//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// secure is a client that trusts whatever certificate comes, and remembers it.
func secure(t *testing.T, settings *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: settings, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// pageReply is an answer without its body.
type pageReply struct {
	status int // 0: there was no connection
	proto  int
	header http.Header
	serial int64 // of the certificate
}

// fetchWith asks a URL and returns the answer and its body.
func fetchWith(t *testing.T, client *http.Client, url string) (pageReply, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return pageReply{}, err.Error()
	}
	body, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	r := pageReply{status: answer.StatusCode, proto: answer.ProtoMajor, header: answer.Header}
	if answer.TLS != nil {
		r.serial = answer.TLS.PeerCertificates[0].SerialNumber.Int64()
	}
	return r, string(body)
}

func TestServeOverTLSWithAnAdminListener(t *testing.T) { // H66
	p := sqlitePlace(t)
	publishLake(t, p, sample+"/gold")
	folder := t.TempDir()
	certFile, keyFile := writeCertificate(t, folder, 1)
	public, admin := freeAddress(t), freeAddress(t)
	stopped, output := startServe(t, "--store", p.store, "--listen", public, "--admin-listen", admin, "--tls-cert", certFile, "--tls-key", keyFile, "--base-path", "/gold", "--allowed-hosts", "gold.example.com")
	client := secure(t, &tls.Config{InsecureSkipVerify: true})
	url := "https://" + public + "/gold"
	waitFor(t, "an answer by HTTPS", func() bool { r, _ := fetchWith(t, client, url+"/kpis"); return r.status == http.StatusOK })

	answer, _ := fetchWith(t, client, url+"/scores?limit=1")
	if answer.proto != 2 || answer.header.Get("Strict-Transport-Security") == "" || !strings.HasPrefix(answer.header.Get("Link"), "</gold/scores?cursor=") {
		t.Errorf("%+v", answer)
	}
	if old, text := fetchWith(t, secure(t, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}), url+"/livez"); old.status != 0 {
		t.Errorf("TLS 1.1: %d %s", old.status, text)
	}
	for _, path := range []string{"/metrics", "/debug/pprof", "/debug/pprof/", "/debug/pprof/profile", "/admin"} {
		if r, _ := fetchWith(t, client, url+path); r.status != http.StatusNotFound {
			t.Errorf("%s on the public listener: %d", path, r.status)
		}
	}
	for path, want := range map[string]string{
		"/metrics": `goldserve_http_requests_total{route="/kpis",status="200"}`, "/debug/pprof/": "goroutine", "/livez": `"ok"`, "/readyz": `"ready"`, "/health": `"ok"`,
	} {
		if r, text := fetchWith(t, http.DefaultClient, "http://"+admin+path); r.status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s on the admin listener: %d %.200s", path, r.status, text)
		}
	}
	if r, _ := fetchWith(t, http.DefaultClient, "http://"+admin+"/kpis"); r.status != http.StatusNotFound {
		t.Errorf("/kpis on the admin listener: %d", r.status)
	}
	checkHosts(t, client, url+"/livez", "http://"+admin+"/metrics")
	mustCLI(t, "probe", "health", "--listen", public, "--tls-cert", certFile, "--tls-key", keyFile)
	mustCLI(t, "probe", "--admin-listen", admin)

	writeCertificate(t, folder, 2)
	waitFor(t, "the new certificate", func() bool {
		r, _ := fetchWith(t, client, url+"/livez")
		return r.serial == 2
	})
	checkEventsEnd(t, client, url, stopped, output)
}

// checkHosts asks the listeners, by HTTP/2 too, as a page does whose name was made to lead here, and as a proxy that hands
// on the name of clients does.
func checkHosts(t *testing.T, client *http.Client, urls ...string) {
	t.Helper()
	for _, url := range urls {
		for host, want := range map[string]int{"evil.example": http.StatusMisdirectedRequest, "gold.example.com": http.StatusOK, "app.localhost:1": http.StatusOK} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			request.Host = host
			request.Header.Set("X-Forwarded-Host", "localhost")
			answer, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if _ = answer.Body.Close(); answer.StatusCode != want {
				t.Errorf("%s of host %s by %s: %d, want %d", url, host, answer.Proto, answer.StatusCode, want)
			}
		}
	}
}

// checkEventsEnd stops a server that a client listens to.
func checkEventsEnd(t *testing.T, client *http.Client, url string, stopped func() int, output *lines) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	stream := bufio.NewScanner(answer.Body)
	for stream.Scan() && stream.Text() != "id: retail/1" {
		continue
	}
	start := time.Now()
	if code := stopped(); code != exitDone {
		t.Errorf("exit %d\n%s", code, output)
	}
	for stream.Scan() {
		continue
	}
	// Requests under way would have had 20 s.
	if took := time.Since(start); stream.Err() != nil || took > 10*time.Second {
		t.Errorf("the stream ended after %s: %v", took, stream.Err())
	}
}

func TestServeRefusesWhatCantBeServed(t *testing.T) {
	certFile, keyFile := writeCertificate(t, t.TempDir(), 1)
	for want, args := range map[string][]string{
		"--tls-key":                          {"--tls-cert", certFile},
		"private key":                        {"--tls-cert", certFile, "--tls-key", certFile},
		"no such file":                       {"--tls-cert", certFile, "--tls-key", keyFile + "x"},
		"base path":                          {"--base-path", "gold"},
		"--benchmark can't be read":          {"--benchmark", certFile + "x"},
		"expected a file of JSON":            {"--benchmark", certFile},
		"trusted proxy":                      {"--trusted-proxies", "10.0.0.0/8,everybody"},
		"--rate-limit is -1":                 {"--rate-limit", "-1"},
		"--max-listeners is -1":              {"--max-listeners", "-1"},
		"--admin-listen is 0.0.0.0:0, which": {"--admin-listen", "0.0.0.0:0"},
		"--admin-listen is \"9090\"":         {"--admin-listen", "9090"},
	} {
		code, _, stderr := cli(t, append([]string{"serve", "--store", sqlitePlace(t).store, "--listen", "127.0.0.1:0"}, args...)...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d\n%s", args, code, stderr)
		}
	}
}

// TestTheFirstAnswerIsThereAtOnce starts the program on a store that exists.
func TestTheFirstAnswerIsThereAtOnce(t *testing.T) {
	const bound = 10 * time.Second // on a busy machine; make bench measures it
	p := sqlitePlace(t)
	publishLake(t, p, sample+"/gold")
	best := time.Hour
	for range 3 {
		best = min(best, firstAnswer(t, p))
	}
	t.Logf("first answer after %s", best)
	if best > bound {
		t.Errorf("the first answer takes %s, want at most %s", best, bound)
	}
}

// firstAnswer returns the time from starting the program to its first answer of a release.
func firstAnswer(t *testing.T, p place) time.Duration {
	t.Helper()
	address := freeAddress(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server := exec.CommandContext(ctx, program, "serve", "--store", p.store, "--listen", address, "--drain", "1ms")
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGTERM) }
	start := time.Now()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for !answers(t, address, "/kpis", http.StatusOK) {
		if ctx.Err() != nil {
			t.Fatal("no answer within a minute")
		}
		time.Sleep(time.Millisecond)
	}
	took := time.Since(start)
	cancel()
	_ = server.Wait() // it was told to end
	return took
}
