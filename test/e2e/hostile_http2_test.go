//go:build e2e

package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// Frames of HTTP/2, their flags and settings (RFC 9113, sections 6 and 7).
const (
	frameHeaders      = 1
	frameReset        = 3
	frameSettings     = 4
	frameContinuation = 9

	flagEndStream  = 1
	flagEndHeaders = 4

	settingInitialWindow = 4
	cancelled            = 8
)

// http2Conn is a connection of HTTP/2 whose client sends what it likes, frame by frame.
type http2Conn struct {
	t    *testing.T
	conn *tls.Conn
	host string
}

// dialHTTP2 opens a connection. Answers have room for so many bytes of body until the client makes more.
func dialHTTP2(t *testing.T, address string, window uint32) *http2Conn {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}}
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &http2Conn{t: t, conn: conn.(*tls.Conn), host: address}
	if tcp, ok := c.conn.NetConn().(*net.TCPConn); ok {
		if err := tcp.SetWriteBuffer(64 << 10); err != nil { // the kernel takes no more than the server reads
			t.Fatal(err)
		}
	}
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	settings := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, settingInitialWindow), window)
	if err := c.write(frameSettings, 0, 0, settings); err != nil {
		t.Fatal(err)
	}
	return c
}

func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	size := len(payload)
	head := binary.BigEndian.AppendUint32([]byte{byte(size >> 16), byte(size >> 8), byte(size), kind, flags}, stream)
	return append(head, payload...)
}

func (c *http2Conn) write(kind, flags byte, stream uint32, payload []byte) error {
	_, err := c.conn.Write(frame(kind, flags, stream, payload))
	return err
}

// fields are the header fields of a GET, packed by hand (RFC 7541): two of the static table, two texts of up to 126 bytes.
func (c *http2Conn) fields(path string) []byte {
	b := append([]byte{0x82, 0x87, 0x04, byte(len(path))}, path...)
	return append(append(b, 0x01, byte(len(c.host))), c.host...)
}

// read returns the next frame.
func (c *http2Conn) read() (kind byte, stream uint32, payload []byte, err error) {
	head := make([]byte, 9)
	if _, err := io.ReadFull(c.conn, head); err != nil {
		return 0, 0, nil, err
	}
	payload = make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
	_, err = io.ReadFull(c.conn, payload)
	return head[3], binary.BigEndian.Uint32(head[5:]) & (1<<31 - 1), payload, err
}

// http2Server is the program over TLS, with a client that means well.
type http2Server struct {
	t             *testing.T
	public, admin string
	client        *http.Client
	before        int // goroutines
}

func serveHTTP2(t *testing.T) *http2Server {
	p := sqlitePlace(t)
	publishLake(t, p, filepath.Join(sample, "gold"))
	certFile, keyFile := writeCertificate(t, t.TempDir(), 1)
	s := &http2Server{t: t, public: freeAddress(t), admin: freeAddress(t), client: secure(t, &tls.Config{InsecureSkipVerify: true})}
	stopped, _ := startServe(t, "--store", p.store, "--listen", s.public, "--admin-listen", s.admin, "--tls-cert", certFile, "--tls-key", keyFile, "--cache-size", "0")
	t.Cleanup(func() { stopped() })
	waitFor(t, "an answer by HTTPS", s.answers)
	s.before = s.goroutines()
	return s
}

// answers reports whether somebody else is answered.
func (s *http2Server) answers() bool {
	r, _ := fetchWith(s.t, s.client, "https://"+s.public+"/kpis?pays=France")
	return r.status == http.StatusOK && r.proto == 2
}

var goroutineTotal = regexp.MustCompile(`total (\d+)`)

func (s *http2Server) goroutines() int {
	_, text := fetchWith(s.t, http.DefaultClient, "http://"+s.admin+"/debug/pprof/goroutine?debug=1")
	n, err := strconv.Atoi(goroutineTotal.FindStringSubmatch(text + " total 0")[1])
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// well checks that others are answered, and that nothing is left of what was asked.
func (s *http2Server) well() {
	s.t.Helper()
	waitFor(s.t, "an answer to others", s.answers)
	waitFor(s.t, "the goroutines to end", func() bool { return s.goroutines() <= s.before+8 })
}

func TestHTTP2ThatMeansNoGood(t *testing.T) { // H50
	s := serveHTTP2(t)
	for name, attack := range map[string]func(*testing.T, *http2Server){
		"streams that are reset at once": resetRapidly, "more streams than the server takes": tooManyStreams, "headers without an end": endlessHeaders,
	} {
		t.Run(name, func(t *testing.T) {
			attack(t, s)
			s.well()
		})
	}
}

// resetRapidly asks dear questions and takes each back at once (CVE-2023-44487). The server may end the connection.
func resetRapidly(t *testing.T, s *http2Server) {
	c := dialHTTP2(t, s.public, 1<<20)
	go func() { _, _ = io.Copy(io.Discard, c.conn) }()
	const asked = 5000
	sent := 0
	for ; sent < asked; sent++ {
		stream := uint32(2*sent + 1)
		path := fmt.Sprintf("/datasets/fact_achats/aggregate?group_by=produit&measures=median(montant)&montant__gte=0.%05d", sent)
		both := frame(frameHeaders, flagEndStream|flagEndHeaders, stream, c.fields(path))
		if _, err := c.conn.Write(append(both, frame(frameReset, 0, stream, []byte{0, 0, 0, cancelled})...)); err != nil {
			break
		}
	}
	t.Logf("%d of %d requests were sent", sent, asked)
	if n := s.goroutines(); n > s.before+1000 {
		t.Errorf("%d goroutines are at work, %d were before", n, s.before)
	}
	waitFor(t, "an answer to others", s.answers)
	_ = c.conn.Close()
}

// tooManyStreams takes no byte of any answer, so that none ends.
func tooManyStreams(t *testing.T, s *http2Server) {
	c := dialHTTP2(t, s.public, 0)
	defer func() { _ = c.conn.Close() }() // or they wait for the answers' deadline
	const asked, most = 300, 100
	for i := range asked {
		if err := c.write(frameHeaders, flagEndStream|flagEndHeaders, uint32(2*i+1), c.fields("/by_country")); err != nil {
			t.Fatal(err)
		}
	}
	begun, refused := 0, 0
	for begun+refused < asked {
		kind, _, _, err := c.read()
		if err != nil {
			t.Fatalf("after %d answers and %d refusals: %v", begun, refused, err)
		}
		switch kind {
		case frameHeaders:
			begun++
		case frameReset:
			refused++
		}
	}
	if begun != most {
		t.Errorf("%d streams are answered, %d are refused; want %d at a time", begun, refused, most)
	}
}

// endlessHeaders goes on with the headers of one request (CVE-2023-45288).
func endlessHeaders(t *testing.T, s *http2Server) {
	c := dialHTTP2(t, s.public, 1<<20)
	go func() { _, _ = io.Copy(io.Discard, c.conn) }()
	if err := c.write(frameHeaders, flagEndStream, 1, c.fields("/kpis")); err != nil {
		t.Fatal(err)
	}
	const size = 127 + 1 + 125<<7 // as the three bytes before the value say
	field := append([]byte{0x00, 1, 'x', 0x7f, 0x81, 125}, bytes.Repeat([]byte("a"), size)...)
	const most = 64 << 20
	sent := 0
	for sent < most {
		if err := c.write(frameContinuation, 0, 1, field); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection is left open")
			}
			break
		}
		sent += len(field)
	}
	t.Logf("the server took %d KiB", sent>>10)
	if sent == most {
		t.Errorf("the server took %d bytes of headers", sent)
	}
}
