package api_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"goldserve/api"
	"goldserve/gold"
)

func TestRequestsAreAddressedToHostsThatAreAllowed(t *testing.T) {
	log := &records{}
	s, err := api.New(api.Config{
		Reader: newMemory(2), Models: []gold.Model{shop()}, AllowedHosts: []string{"Gold.example.com", "api", "10.1.2.3", "[fd00::1]"},
		Logger: slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	send := func(host, target string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
		r.Host = host
		local := &net.TCPAddr{IP: net.IPv4(192, 168, 1, 5), Port: 8080}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local)))
		return w
	}
	for _, host := range []string{
		"", "localhost", "LOCALHOST:5173", "localhost.", "app.localhost:80", "127.0.0.1", "127.0.0.1:8080", "127.8.9.1", "[::1]", "[::1]:8080", "[::ffff:127.0.0.1]",
		"gold.example.com", "GOLD.example.com:443", "gold.example.com.", "api:8080", "10.1.2.3:1", "[fd00::1]:80", "[fd00:0::1]", "192.168.1.5", "192.168.1.5:8080",
	} {
		for range 2 { // from the cache too
			if w := send(host, "/par_pays"); w.Code != http.StatusOK {
				t.Errorf("Host %q: %d", host, w.Code)
			}
		}
	}
	refused := []string{
		"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost", "127.0.0.1evil", "example.com", "sub.gold.example.com",
		"gold.example.com.evil.example", "192.168.1.6", "10.1.2.3.nip.io", "0.0.0.0", "[fd00::2]", "0x7f.1", "localhost:80:80", "[::1",
	}
	for range 2 {
		for _, host := range refused {
			for _, target := range []string{"/par_pays", "/", "/livez", "/ui/", "/openapi.json", "/rien"} {
				w := send(host, target)
				checkProblem(t, w, http.StatusMisdirectedRequest, "misdirected_request")
				if strings.Contains(w.Body.String(), host) {
					t.Errorf("Host %q is in the body: %s", host, w.Body)
				}
			}
		}
	}
	if n := strings.Count(log.String(), "host refused"); n != len(refused)-1 || !strings.Contains(log.String(), "allow evil.example if") {
		t.Errorf("%d records of %d hosts, one of which has a port besides: %s", n, len(refused), log)
	}
	for _, bad := range []string{"", "http://a", "a/b", "a b", "gold.example.com:8443", "-a", "*.example.com"} {
		if _, err := api.New(api.Config{Reader: newMemory(2), Models: []gold.Model{shop()}, AllowedHosts: []string{bad}}); gold.KindOf(err) != gold.Invalid {
			t.Errorf("the allowed host %q: %v", bad, err)
		}
	}
	for _, hosts := range [][]string{nil, {"*"}, {"a", "*"}} {
		s, err = api.New(api.Config{Reader: newMemory(2), Models: []gold.Model{shop()}, AllowedHosts: hosts})
		if err != nil || send("evil.example", "/par_pays").Code != http.StatusOK {
			t.Errorf("%v isn't any host: %v", hosts, err)
		}
	}
}
