//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestSIGTERMFailsNoRequest(t *testing.T) {
	p := sqlitePlace(t)
	publishLake(t, p, filepath.Join(sample, "gold"))
	server, url := launchServe(t, p, "--drain", "500ms")
	var clients sync.WaitGroup
	stopping := make(chan struct{})
	for i := range 12 {
		clients.Go(func() {
			if err := keepAsking(strings.TrimPrefix(url, "http://"), time.Duration(i)*5*time.Millisecond, stopping); err != nil {
				t.Errorf("a request failed: %v", err)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	server.signal(syscall.SIGTERM)
	time.Sleep(300 * time.Millisecond)
	close(stopping)
	clients.Wait()
	if code := server.code(); code != exitDone {
		t.Errorf("serve ended with exit code %d\n%s", code, &server.stderr)
	}
}

// keepAsking sends one request after the other, on one connection for as long as the server keeps it, and thinks
// between them. No request is sent again.
func keepAsking(server string, think time.Duration, stopping <-chan struct{}) error {
	var conn net.Conn
	for {
		select {
		case <-stopping:
			if conn != nil {
				return conn.Close()
			}
			return nil
		case <-time.After(think):
		}
		if conn == nil {
			var err error
			if conn, err = (&net.Dialer{}).DialContext(context.Background(), "tcp", server); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintf(conn, "GET /datasets/fact_achats/rows?limit=1000 HTTP/1.1\r\nHost: %s\r\n\r\n", server); err != nil {
			return err
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s, %w", response.Status, err)
		}
		if response.Close {
			if err := conn.Close(); err != nil {
				return err
			}
			conn = nil
		}
	}
}
