package mlflow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"
)

// How long it may take to connect, to answer a request, and to take an artifact. A server that has just started takes its time.
const (
	connectTime  = 5 * time.Second
	requestTime  = 30 * time.Second
	artifactTime = time.Minute
)

// mostAnswer limits what is read of an answer.
const mostAnswer = 16 << 20

// Credentials are what a server may ask for.
type Credentials struct{ User, Password, Token string }

// Client speaks with one server.
type Client struct {
	base        url.URL // without credentials
	credentials Credentials
	http        http.Client
}

// Open returns the client of a server. User and password in the address go before those given. Its error says what is wrong with
// the address, without showing it.
func Open(address string, given Credentials) (*Client, error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return nil, errors.New("expected the URL of an MLflow server, such as http://127.0.0.1:5000")
	}
	if user := at.User; user != nil {
		given.User = user.Username()
		given.Password, _ = user.Password()
	}
	at.User, at.RawQuery, at.Fragment = nil, "", ""
	dialer := net.Dialer{Timeout: connectTime}
	return &Client{base: *at, credentials: given, http: http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTime, IdleConnTimeout: requestTime},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// String is the server's address, without credentials.
func (c *Client) String() string { return c.base.String() }

// refused is an answer that is not a success.
type refused struct {
	status  int
	code    string // MLflow's error_code
	message string
}

func (r *refused) Error() string {
	text := fmt.Sprintf("it answered %d", r.status)
	switch {
	case r.status == http.StatusUnauthorized || r.status == http.StatusForbidden:
		text += ": it refuses the user or token, or the host name by which it was called"
	case r.status >= 300 && r.status < 400:
		text += ", which leads elsewhere: give the address that it leads to"
	}
	if said := strings.TrimSpace(r.code + " " + r.message); said != "" {
		text += ": " + said
	}
	return text
}

// is reports whether an error is an answer with this error_code.
func is(err error, code string) bool {
	r, ok := errors.AsType[*refused](err)
	return ok && r.code == code
}

// api calls a method of the REST interface; out may be nil.
func (c *Client) api(ctx context.Context, method, name string, query url.Values, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	answer, err := c.do(ctx, method, "api/2.0/mlflow/"+name, query, body, "application/json")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s: the answer is no JSON of MLflow's: is this an MLflow server?", name)
	}
	return nil
}

// put uploads a file to the server's own store of artifacts.
func (c *Client) put(ctx context.Context, at string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, artifactTime)
	defer cancel()
	_, err := c.do(ctx, http.MethodPut, path.Join("api/2.0/mlflow-artifacts/artifacts", at), nil, body, "application/octet-stream")
	return err
}

// do sends a request, and returns the body of an answer that is a success.
func (c *Client) do(ctx context.Context, method, name string, query url.Values, body []byte, contentType string) ([]byte, error) {
	at := c.base.JoinPath(strings.Split(name, "/")...)
	at.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body)) // #nosec G704 -- the user names the server
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	switch {
	case c.credentials.Token != "":
		request.Header.Set("Authorization", "Bearer "+c.credentials.Token)
	case c.credentials.User != "":
		request.SetBasicAuth(c.credentials.User, c.credentials.Password)
	}
	answer, err := c.http.Do(request) // #nosec G704 -- the same
	if err != nil {
		if inner, ok := errors.AsType[*url.Error](err); ok { // without the URL
			err = inner.Err
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = errors.New("it did not answer in time")
		}
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return nil, errors.New("its answer ended early")
	}
	if answer.StatusCode/100 == 2 {
		return text, nil
	}
	r := &refused{status: answer.StatusCode}
	var said struct {
		Code    string `json:"error_code"`
		Message string `json:"message"`
	}
	if json.Unmarshal(text, &said) == nil {
		r.code, r.message = c.shown(said.Code), c.shown(said.Message)
	}
	return nil, r
}

// shown returns a server's text in one line, not too long, and without credentials, should it repeat them.
func (c *Client) shown(text string) string {
	for _, secret := range []string{c.credentials.Password, c.credentials.Token} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	runes := []rune(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " "))
	if len(runes) > 300 {
		runes = append(runes[:300], '…')
	}
	return string(runes)
}
