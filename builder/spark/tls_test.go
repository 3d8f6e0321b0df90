package spark

import (
	"crypto/x509"
	"encoding/hex"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"goldserve/builder"
	"goldserve/gold"
)

// The answers of servers to the question for their version, as they came over the wire.
var versionAnswers = map[string]string{
	"3.5.7": "0a2461363139336332642d373737642d346661612d613132302d39363664616338303733353242070a05332e352e37",
	"4.3.0": "0a2436626239383238612d356631612d343361322d383463382d36363735616165663066376242070a05342e332e307a2437303566303664662d363634622d343836392d613635392d313339626365376561623066",
}

// endpoint is a server of gRPC that keeps the headers of the calls, and answers each as a server of a version does.
type endpoint struct {
	*httptest.Server
	mu    sync.Mutex
	calls []*http.Request
}

func newEndpoint(t *testing.T, secure bool, handler http.Handler) *endpoint {
	t.Helper()
	e := &endpoint{}
	e.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.calls = append(e.calls, r.Clone(r.Context()))
		e.mu.Unlock()
		handler.ServeHTTP(w, r)
	}))
	e.Config.Protocols, e.Config.ErrorLog = new(http.Protocols), log.New(io.Discard, "", 0)
	if secure {
		e.EnableHTTP2 = true
		e.Config.Protocols.SetHTTP2(true)
		e.StartTLS()
	} else {
		e.Config.Protocols.SetUnencryptedHTTP2(true)
		e.Start()
	}
	t.Cleanup(e.Close)
	return e
}

func answering(t *testing.T, version string) http.Handler {
	t.Helper()
	answer, err := hex.DecodeString(versionAnswers[version])
	if err != nil || len(answer) == 0 {
		t.Fatal(version, err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		if strings.HasSuffix(r.URL.Path, "/AnalyzePlan") {
			_, _ = w.Write(append([]byte{0, 0, 0, 0, byte(len(answer))}, answer...))
		}
		w.Header().Set("Grpc-Status", "0")
	})
}

func (e *endpoint) address() string { return e.Listener.Addr().String() }

// engineAt returns an engine of a URL, and has it trust the certificate of an endpoint; nil: it trusts what the machine trusts.
func engineAt(t *testing.T, address string, trusted *endpoint) *Engine {
	t.Helper()
	remote, err := ParseRemote(address)
	if err != nil {
		t.Fatal(err)
	}
	e := New(Options{Remote: remote})
	t.Cleanup(func() { _ = e.Close() })
	if trusted != nil {
		roots := x509.NewCertPool()
		roots.AddCert(trusted.Certificate())
		e.caller.client.Transport.(*http.Transport).TLSClientConfig.RootCAs = roots
	}
	return e
}

// A token and the parameters that become headers reach the server over TLS.
func TestATokenIsSentOverTLS(t *testing.T) {
	server := newEndpoint(t, true, answering(t, "4.3.0"))
	e := engineAt(t, "sc://"+server.address()+"/;use_ssl=true;token=secret%3Bcanary;x-team=blue", server)
	if v, err := e.Version(t.Context()); err != nil || v.Number != "4.3.0" {
		t.Fatalf("%+v, %v", v, err)
	}
	var methods []string
	for _, call := range server.calls {
		methods = append(methods, call.URL.Path[strings.LastIndexByte(call.URL.Path, '/')+1:])
		if call.ProtoMajor != 2 || call.TLS == nil || call.Header.Get("Authorization") != "Bearer secret;canary" || call.Header.Get("X-Team") != "blue" {
			t.Errorf("%s %s: %v", call.Proto, call.URL, call.Header)
		}
	}
	if diff := cmp.Diff([]string{"AnalyzePlan", "Interrupt", "ReleaseSession"}, methods); diff != "" {
		t.Error(diff)
	}
}

// What is wrong with a connection is told without the token, which no other server hears.
func TestWhatIsWrongWithTLSIsTold(t *testing.T) {
	secure, plain := newEndpoint(t, true, answering(t, "4.3.0")), newEndpoint(t, false, answering(t, "4.3.0"))
	elsewhere := newEndpoint(t, true, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, secure.URL+r.URL.Path, http.StatusPermanentRedirect)
	}))
	port := secure.address()[strings.LastIndexByte(secure.address(), ':')+1:]
	const token = "/;use_ssl=true;token=secret-canary;x-key=secret-canary"
	for _, c := range []struct {
		address string
		trusted *endpoint
		want    string
	}{
		{"sc://" + secure.address() + token, nil, "the Spark server sc://" + secure.address() + " has a certificate that this machine does not trust: "},
		{"sc://localhost:" + port + token, secure, "the Spark server sc://localhost:" + port + " has a certificate that this machine does not trust: "},
		{"sc://localhost:" + port + token, secure, ", not localhost. Add its authority to this machine's certificates, or name a file of them in SSL_CERT_FILE, and use the name that the certificate is for"},
		{"sc://" + plain.address() + token, nil, "Check that it runs and that its URL is right (with a token or use_ssl=true, it must speak TLS), then build again"},
		{"sc://" + secure.address() + "/;token=secret-canary", nil, "Check that it runs and that its URL is right (with use_ssl=true, if it speaks TLS), then build again"},
		{"sc://" + elsewhere.address() + token, elsewhere, "the Spark server sc://" + elsewhere.address() + " has failed: it answers with HTTP status 308 Permanent Redirect"},
	} {
		_, err := engineAt(t, c.address, c.trusted).Version(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary") || gold.CodeOf(err) != gold.CodeBuildEngine {
			t.Errorf("%s: %v\nexpected %s", c.address, err, c.want)
		}
	}
	if len(secure.calls)+len(plain.calls) > 0 {
		t.Errorf("%d calls with a token arrived", len(secure.calls)+len(plain.calls))
	}
}

func TestURLsOfServers(t *testing.T) {
	for _, c := range []struct {
		url   string
		base  string // "": it is refused
		token string
	}{
		{"sc://h", "http://h:15002", ""},
		{"sc://h:1/;use_ssl=true", "https://h:1", ""},
		{"sc://[::1]:1/;token=t", "http://[::1]:1", "t"},
		{"sc://127.0.0.7/;token=t", "http://127.0.0.7:15002", "t"},
		{"sc://localhost/;token=t;use_ssl=true", "https://localhost:15002", "t"},
		{"sc://localhost/;use_ssl=false;token=t", "http://localhost:15002", "t"},
		{"sc://h/;token=t", "https://h:15002", "t"},
		{"sc://h/;use_ssl=true;token=a%3D%3Bb", "https://h:15002", "a=;b"},
		{"sc://h/;use_ssl=false", "http://h:15002", ""},
		{"sc://h/;use_ssl=false;token=canary", "", ""},
		{"sc://h/;token=canary;use_ssl=false", "", ""},
		{"sc://localhost.example.com/;token=canary;use_ssl=false", "", ""},
		{"sc://h/;authorization=canary", "", ""},
		{"sc://h/;Authorization=canary", "", ""},
		{"sc://h/;x=canary%0D%0Ay", "", ""},
		{"sc://h/;use_ssl=canary", "", ""},
		{"sc://canary@h", "", ""},
		{"sc://h:0/;token=canary", "", ""},
	} {
		r, err := ParseRemote(c.url)
		switch {
		case c.base == "":
			if err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: %+v, %v", c.url, r, err)
			}
		case err != nil:
			t.Errorf("%s: %v", c.url, err)
		case r.base() != c.base || r.token != c.token:
			t.Errorf("%s: %s, token %q", c.url, r.base(), r.token)
		}
	}
}

func TestAServerThatIsTooOldIsTold(t *testing.T) {
	old := newEndpoint(t, false, answering(t, "3.5.7"))
	e := engineAt(t, "sc://"+old.address(), nil)
	want := "Spark 4.0 or newer is needed, which has SQL functions: the server sc://" + old.address() + " is Spark 3.5.7"
	_, err := e.Version(t.Context())
	_, ran := e.Run(t.Context(), &builder.Program{}, func(builder.Built) {})
	for _, err := range []error{err, ran} {
		if err == nil || err.Error() != want || gold.KindOf(err) != gold.Invalid || gold.CodeOf(err) != gold.CodeBuildEngine {
			t.Errorf("%v\nexpected %s", err, want)
		}
	}
	for _, call := range old.calls {
		if strings.HasSuffix(call.URL.Path, "/ExecutePlan") || strings.HasSuffix(call.URL.Path, "/Config") {
			t.Errorf("the old server was called: %s", call.URL.Path)
		}
	}
}

// A build runs through a proxy that speaks TLS, as servers in the cloud are called.
func TestABuildRunsOverTLS(t *testing.T) {
	l := newLake(t)
	direct := l.engine().options.Remote
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", strings.TrimPrefix(direct.base(), "http://")
			r.Out.Header.Del("Authorization")
		},
		Transport: &http.Transport{Protocols: new(http.Protocols)}, FlushInterval: -1,
	}
	forward.Transport.(*http.Transport).Protocols.SetUnencryptedHTTP2(true)
	gateway := newEndpoint(t, true, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer canary" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	total := table(builder.Gold, "total", "SELECT count(*) AS n FROM bronze.purchases")
	p := l.program([]builder.Source{l.purchases()}, total)
	if _, err := l.run(t.Context(), engineAt(t, "sc://"+gateway.address()+"/;use_ssl=true;token=canary", gateway), p); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]map[string]any{{"n": 5.0}}, l.sql("FROM 'LAKE/scratch/gold/total.parquet/*.parquet'")); diff != "" {
		t.Error(diff)
	}
	p.Scratch = t.TempDir()
	_, err := l.run(t.Context(), engineAt(t, "sc://"+gateway.address()+"/;use_ssl=true;token=wrong", gateway), p)
	if want := "the Spark server sc://" + gateway.address() + " refuses the build: it answers with HTTP status 401 Unauthorized"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v\nexpected %s", err, want)
	}
}
