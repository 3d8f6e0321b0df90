package spark

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// caller calls the methods of a Spark Connect server: gRPC, which net/http's HTTP/2 can carry.
type caller struct {
	remote *Remote
	client *http.Client
}

const (
	service       = "spark.connect.SparkConnectService"
	dialTimeout   = 15 * time.Second
	answerBytes   = 128 << 20 // what one message of an answer may have, as the server's own bound is
	statusOK      = 0
	statusUnknown = 2
	// Codes of gRPC that say that the server, or the way to it, is at fault.
	statusUnavailable     = 14
	statusUnauthenticated = 16
	statusDenied          = 7
)

func newCaller(remote *Remote) *caller {
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext, Protocols: new(http.Protocols)}
	if remote.TLS {
		transport.Protocols.SetHTTP2(true)
		transport.Proxy = http.ProxyFromEnvironment
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	} else {
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	here := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // a token goes nowhere else
	return &caller{remote: remote, client: &http.Client{Transport: transport, CheckRedirect: here}}
}

func (c *caller) close() { c.client.CloseIdleConnections() }

// fault is the error that a server answers with.
type fault struct {
	status  int    // of gRPC
	message string // in Spark's words, with its error class, and where the SQL is wrong
	state   string // SQLSTATE; "": none
	class   string // such as UNRESOLVED_COLUMN.WITH_SUGGESTION; "": none
}

func (f *fault) Error() string { return f.message }

// call calls a method and hands over the messages of the answer, in order. Its error is a *fault where the server has answered.
func (c *caller) call(ctx context.Context, method string, m message, got func(answer []byte) error) error {
	body := make([]byte, 5, 5+len(m)) // not compressed, and the length
	binary.BigEndian.PutUint32(body[1:], uint32(len(m)))
	body = append(body, m...)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.remote.base()+"/"+service+"/"+method, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = http.Header{
		"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "User-Agent": {"goldserve"}, "Grpc-Accept-Encoding": {"identity"},
	}
	for _, h := range c.remote.Headers {
		request.Header.Set(h[0], h[1])
	}
	if c.remote.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.remote.token)
	}
	response, err := c.client.Do(request)
	if err != nil {
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err // without the URL
		}
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return &fault{status: statusOfHTTP(response.StatusCode), message: "it answers with HTTP status " + response.Status}
	}
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "application/grpc") {
		return &fault{status: statusUnavailable, message: "it does not speak gRPC"}
	}
	for {
		answer, err := frame(response.Body)
		if errors.Is(err, io.EOF) {
			return statusOf(response)
		}
		if err != nil {
			return err
		}
		if err := got(answer); err != nil {
			return err
		}
	}
}

// frame reads one message. io.EOF is the end of the answer.
func frame(r io.Reader) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	length := int64(binary.BigEndian.Uint32(head[1:]))
	if head[0] != 0 || length > answerBytes {
		return nil, fmt.Errorf("a message of %d bytes, compressed %d: expected at most %d bytes, not compressed", length, head[0], answerBytes)
	}
	var answer bytes.Buffer
	if _, err := io.CopyN(&answer, r, length); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return answer.Bytes(), nil
}

// statusOf reads the status that follows an answer, or is all of it.
func statusOf(response *http.Response) error {
	trailer := response.Trailer
	if trailer.Get("Grpc-Status") == "" {
		trailer = response.Header
	}
	status, err := strconv.Atoi(trailer.Get("Grpc-Status"))
	if err != nil {
		return io.ErrUnexpectedEOF // the answer broke off
	}
	if status == statusOK {
		return nil
	}
	f := &fault{status: status}
	if f.message, err = url.PathUnescape(trailer.Get("Grpc-Message")); err != nil {
		f.message = trailer.Get("Grpc-Message")
	}
	// Details are a google.rpc.Status, and in it an ErrorInfo, whose metadata are Spark's.
	details, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(trailer.Get("Grpc-Status-Details-Bin"), "="))
	if err == nil {
		_ = f.detail(details) // an error without details is still the error
	}
	return f
}

func (f *fault) detail(status []byte) error {
	return each(status, func(field int, v value) error {
		switch field {
		case 2: // the message, which a header may have cut
			if len(v.bytes) > len(f.message) {
				f.message = string(v.bytes)
			}
		case 3: // an Any
			info, err := inner(v.bytes, 2)
			if err != nil {
				return err
			}
			return each(info, func(field int, v value) error {
				if field != 3 {
					return nil
				}
				key, err := inner(v.bytes, 1)
				if err != nil {
					return err
				}
				text, err := inner(v.bytes, 2)
				switch string(key) {
				case "sqlState":
					f.state = string(text)
				case "errorClass":
					f.class = string(text)
				}
				return err
			})
		}
		return nil
	})
}

func statusOfHTTP(code int) int {
	switch code {
	case http.StatusUnauthorized:
		return statusUnauthenticated
	case http.StatusForbidden:
		return statusDenied
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusNotFound:
		return statusUnavailable
	}
	return statusUnknown
}

// isTrust reports whether the server's certificate is not trusted.
func isTrust(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}
