package s3

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// maxRequests is how many requests are on their way at once.
const maxRequests = 8

// Deadlines of a request. Those of a block and of a listing are in download.go and listing.go.
const (
	dialTimeout   = 5 * time.Second
	answerTimeout = 30 * time.Second // until the first byte, and between two
)

// transport makes the HTTP transport, which trusts the authorities of AWS_CA_BUNDLE too.
func transport() (*http.Transport, error) {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost:   maxRequests,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: answerTimeout,
		DisableCompression:    true, // an object's bytes are those that were written, whatever their encoding
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
	}
	bundle := os.Getenv("AWS_CA_BUNDLE")
	if bundle == "" {
		return t, nil
	}
	text, err := os.ReadFile(bundle) // #nosec G304 G703 -- the user names it
	if err != nil {
		return nil, fmt.Errorf("AWS_CA_BUNDLE can't be read: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("AWS_CA_BUNDLE names %s, which holds no certificate: expected PEM", bundle)
	}
	t.TLSClientConfig.RootCAs = pool
	return t, nil
}
