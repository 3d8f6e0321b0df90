package stream

import (
	"crypto/tls"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"goldserve/gold"
)

// TestBrokersThatWantTLSAndALogin: each mechanism logs in over TLS; what is wrong is told without the password.
func TestBrokersThatWantTLSAndALogin(t *testing.T) {
	const user, password = "reader", "a password that no message shows"
	server := httptest.NewTLSServer(http.NotFoundHandler()) // whose certificate is for 127.0.0.1
	defer server.Close()
	folder := t.TempDir()
	authority, empty := filepath.Join(folder, "authority.pem"), filepath.Join(folder, "empty.pem")
	for name, text := range map[string][]byte{authority: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), empty: nil} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, mechanism := range Mechanisms {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser(strings.ToUpper(mechanism), user, password),
			kfake.TLS(&tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12}))
		if err != nil {
			t.Fatal(err)
		}
		defer cluster.Close()
		good := Connection{
			Brokers: cluster.ListenAddrs(), TLS: true, CA: authority, SASL: mechanism, User: user, Password: password, Client: "test",
			Wait: 3 * time.Second, Logger: slog.New(slog.DiscardHandler),
		}
		client, err := good.open(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", mechanism, err)
		}
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "events", Value: []byte("{}")}).FirstErr(); err != nil && !strings.Contains(err.Error(), "UNKNOWN_TOPIC") {
			t.Errorf("%s: %v", mechanism, err)
		}
		client.Close()
		for says, change := range map[string]func(*Connection){
			"check user, password and mechanism":      func(c *Connection) { c.Password += "?" },
			"perhaps they speak TLS, or want a login": func(c *Connection) { c.TLS = false },
			"certificate signed by unknown authority": func(c *Connection) { c.CA = "" },
			"has no certificate":                      func(c *Connection) { c.CA = empty },
			"missing.pem can't be read":               func(c *Connection) { c.CA = filepath.Join(folder, "missing.pem") },
		} {
			c := good
			change(&c)
			_, err := c.open(t.Context())
			if gold.CodeOf(err) == "" || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), password) {
				t.Errorf("%s: %v\nwant %s", mechanism, err, says)
			}
		}
	}
}
