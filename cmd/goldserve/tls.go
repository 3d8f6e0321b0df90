package main

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

// certificate is the server's certificate with its key. It is reloaded when its files change, so that a renewal needs
// no restart.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	of     [2]time.Time // modification times of the files that pair was read from
	looked time.Time
}

// certificateLook is the least time between two checks of the files.
const certificateLook = time.Second

// openCertificate reads the files that --tls-cert and --tls-key name; nil if they name none.
func (a *app) openCertificate(log *slog.Logger) (*certificate, error) {
	c := &a.config
	if c.TLSCert == "" {
		return nil, nil
	}
	own := &certificate{certFile: c.TLSCert, keyFile: c.TLSKey, log: log}
	if err := own.read(); err != nil {
		return nil, usagef("%s, %s: %w", c.origin("tls-cert"), c.origin("tls-key"), err)
	}
	return own, nil
}

func (c *certificate) read() error {
	of, err := c.changed()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.pair, c.of = &pair, of
	return nil
}

// changed returns the modification times of the files.
func (c *certificate) changed() (at [2]time.Time, err error) {
	for i, path := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(path)
		if err != nil {
			return at, err
		}
		at[i] = info.ModTime()
	}
	return at, nil
}

// current returns the certificate, reloaded if its files have changed. If the new files are invalid, as in the middle
// of a renewal, the previous certificate stays in use.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < certificateLook {
		return c.pair, nil
	}
	c.looked = time.Now()
	of, err := c.changed()
	if err == nil && of != c.of {
		if err = c.read(); err == nil {
			c.log.Info("certificate reloaded", "file", c.certFile)
		}
	}
	if err != nil {
		c.log.Warn("certificate can't be reloaded: the previous one stays in use", "file", c.certFile, "error", err)
	}
	return c.pair, nil
}

func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.current}
}

// strictTransport tells browsers to use HTTPS only.
func strictTransport(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}

// scheme is the scheme of the server's URLs.
func (c *config) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}
