package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/gold"
)

// probes are the health URLs of a server.
var probes = []string{"livez", "readyz", "health"}

func (a *app) probe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "probe [" + strings.Join(probes, "|") + "]",
		Short: "Check that the local server is alive",
		Long: `probe requests a health URL of the server on this machine and prints the answer:

  livez   the process answers (the default)
  readyz  the datasets can be answered
  health  the default model can be answered

Use it as the health check of a container. Exit codes: 0 healthy, 4 unhealthy or no answer.`,
		Example: `  goldserve probe
  goldserve probe health --listen 127.0.0.1:5000`,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: probes,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runProbe(cmd.Context(), append(args, probes[0])[0])
		},
	}
	a.serverFlags(cmd.Flags())
	return cmd
}

// serverFlags adds the settings that say where the server on this machine listens.
func (a *app) serverFlags(flags *pflag.FlagSet) {
	a.setting(flags, "listen").Usage = "address of the server (default 127.0.0.1:8080, or the port in PORT)"
	a.setting(flags, "admin-listen").Usage = "address of the server's admin listener; used instead of --listen"
	a.setting(flags, "tls-cert").Usage = "PEM file of the server's certificate; it is then asked by HTTPS"
	a.setting(flags, "tls-key").Usage = "PEM file of the certificate's private key"
}

// probeTime is the time limit of a probe, maxProbe the size limit of its answer.
const (
	probeTime = 3 * time.Second
	maxProbe  = 1 << 20
)

func (a *app) runProbe(ctx context.Context, what string) error {
	base, err := a.localServer()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	url := base + "/" + what
	status, body, err := fetch(ctx, url)
	switch {
	case err != nil:
		return gold.Errorf(gold.Unavailable, gold.CodeProbeFailed, "no server answers at %s: %w", url, err)
	case status != http.StatusOK:
		return gold.Errorf(gold.Unavailable, gold.CodeProbeFailed, "%s answers %d: %s", url, status, strings.TrimSpace(body))
	}
	a.printf("%s\n", strings.TrimSpace(body))
	return nil
}

// localServer returns the URL of the server on this machine: its admin listener, if it has one.
func (a *app) localServer() (string, error) {
	address, setting, scheme := a.config.Listen, "listen", a.config.scheme()
	if a.config.AdminListen != "" {
		address, setting, scheme = a.config.AdminListen, "admin-listen", "http"
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", usagef("%s is %q: expected HOST:PORT such as 127.0.0.1:8080", a.config.origin(setting), address)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost" // what listens everywhere listens there
	}
	return scheme + "://" + net.JoinHostPort(host, port), nil
}

// fetch requests one URL, bypassing any proxy.
func fetch(ctx context.Context, url string) (status int, body string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	// The certificate has the name that clients use, not this machine's; a probe doesn't verify it.
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // #nosec G402 -- only a health URL of this machine is read
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxProbe))
	if err := response.Body.Close(); err != nil {
		return 0, "", fmt.Errorf("close the answer: %w", err)
	}
	return response.StatusCode, string(text), err
}
