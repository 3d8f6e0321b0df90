package stream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"goldserve/gold"
)

// Connection says which brokers are spoken to, and how.
type Connection struct {
	Brokers  []string // host:port; without a port 9092
	TLS      bool
	CA       string // PEM file of authorities to trust; "": the system's
	SASL     string // one of Mechanisms; "": no login
	User     string
	Password string
	Client   string        // how the brokers' logs name this program
	Wait     time.Duration // for the brokers to answer at the start; 0: 10 seconds
	Logger   *slog.Logger
}

// Mechanisms are the logins that a connection may use.
var Mechanisms = []string{"plain", "scram-sha-256", "scram-sha-512"}

// errUnreached is the error of brokers that don't answer.
func (c *Connection) errUnreached(err error) error {
	const check = "check user, password and mechanism"
	hint := ""
	var first *kgo.ErrFirstReadEOF
	switch {
	case errors.As(err, &first):
		hint = "; perhaps they speak TLS, or want a login"
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "the brokers %s refuse the login: "+check, strings.Join(c.Brokers, ", "))
	case c.SASL != "" && errors.Is(err, io.EOF): // as some brokers do it
		hint = "; perhaps they refuse the login: " + check
	}
	return gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "the brokers %s can't be reached%s: %w", strings.Join(c.Brokers, ", "), hint, err)
}

// options are those of every client.
func (c *Connection) options() ([]kgo.Opt, error) {
	seeds := make([]string, len(c.Brokers))
	for i, b := range c.Brokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			b = net.JoinHostPort(strings.Trim(b, "[]"), "9092")
		}
		seeds[i] = b
	}
	all := []kgo.Opt{kgo.SeedBrokers(seeds...), kgo.ClientID(c.Client), kgo.DialTimeout(5 * time.Second), kgo.RetryTimeout(20 * time.Second)}
	if c.TLS {
		t := &tls.Config{MinVersion: tls.VersionTLS12}
		if c.CA != "" {
			pem, err := os.ReadFile(c.CA)
			if err != nil {
				return nil, failed(err, "the certificates in %s can't be read", c.CA)
			}
			t.RootCAs = x509.NewCertPool()
			if !t.RootCAs.AppendCertsFromPEM(pem) {
				return nil, gold.Errorf(gold.Invalid, gold.CodeStreamFailed, "%s has no certificate: expected those of authorities, as PEM", c.CA)
			}
		}
		all = append(all, kgo.DialTLSConfig(t))
	}
	switch c.SASL {
	case "plain":
		all = append(all, kgo.SASL(plain.Auth{User: c.User, Pass: c.Password}.AsMechanism()))
	case "scram-sha-256":
		all = append(all, kgo.SASL(scram.Auth{User: c.User, Pass: c.Password}.AsSha256Mechanism()))
	case "scram-sha-512":
		all = append(all, kgo.SASL(scram.Auth{User: c.User, Pass: c.Password}.AsSha512Mechanism()))
	}
	return all, nil
}

// open connects, and waits until a broker answers.
func (c *Connection) open(ctx context.Context, more ...kgo.Opt) (*kgo.Client, error) {
	all, err := c.options()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(all, more...)...)
	if err != nil {
		return nil, gold.Errorf(gold.Invalid, gold.CodeStreamFailed, "the settings of the brokers can't be used: %w", err)
	}
	wait := c.Wait
	if wait == 0 {
		wait = 10 * time.Second
	}
	within, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if err := client.Ping(within); err != nil {
		client.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, c.errUnreached(err)
	}
	return client, nil
}
