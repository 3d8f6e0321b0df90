package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Config says which catalog to ask, and how.
type Config struct {
	URL       string // such as https://catalog.example.com/api/catalog
	Warehouse string // the name that the server has for it; empty: its own
	Auth      Auth
	Transport http.RoundTripper // nil: Go's own
}

// Auth is who asks: nobody, who has a token, or who gets one.
type Auth struct {
	Token      string // a bearer token; it comes first
	Credential string // ID:SECRET of a client, or a secret alone
	Scope      string // of the token; empty: catalog
	Server     string // the URL that gives tokens; empty: the catalog's own
}

// The variables that pyiceberg reads for its catalog "default".
const (
	variables     = "PYICEBERG_CATALOG__DEFAULT__"
	TokenVariable = variables + "TOKEN"
	KeyVariable   = variables + "CREDENTIAL"
)

// AuthFromEnvironment returns what the variables say.
func AuthFromEnvironment() Auth {
	return Auth{
		Token: os.Getenv(TokenVariable), Credential: os.Getenv(KeyVariable),
		Scope: os.Getenv(variables + "SCOPE"), Server: os.Getenv(variables + "OAUTH2_SERVER_URI"),
	}
}

// Limits of an answer.
const (
	maxAnswer   = 256 << 20
	maxRequest  = 2 * time.Minute
	maxRefusal  = 64 << 10
	separatorNS = "\x1f" // between the levels of a namespace
)

// Catalog is a REST catalog.
type Catalog struct {
	config Config
	client *http.Client

	mu      sync.Mutex
	prefix  string // of paths, as the catalog's configuration says
	known   bool   // that is known
	token   string
	expires time.Time
}

// Check returns what is wrong with a catalog's URL, without what may be a secret.
func Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("expected the URL of an Iceberg REST catalog, such as https://catalog.example.com") // which may hold a secret
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("expected the URL of an Iceberg REST catalog without credentials and options: give them as %s or %s", TokenVariable, KeyVariable)
	}
	return nil
}

// New returns a catalog, of which nothing is asked yet.
func New(c Config) (*Catalog, error) {
	if err := Check(c.URL); err != nil {
		return nil, err
	}
	if c.Auth.Server != "" {
		if err := Check(c.Auth.Server); err != nil {
			return nil, fmt.Errorf("the token server: %w", err)
		}
	}
	c.URL = strings.TrimRight(c.URL, "/")
	client := &http.Client{
		Transport: c.Transport, Timeout: maxRequest,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Catalog{config: c, client: client}, nil
}

// String names the catalog.
func (c *Catalog) String() string { return c.config.URL }

// Table is a table as the catalog tells it.
type Table struct {
	File     string          `json:"metadata-location"` // where its metadata lies
	Metadata json.RawMessage `json:"metadata"`          // the text of that file

	Config      properties `json:"config"`
	Credentials []struct {
		Prefix string     `json:"prefix"`
		Config properties `json:"config"`
	} `json:"storage-credentials"`
}

// Table returns a table by its name: namespaces and its own, with dots between.
//
// It returns Invalid source_missing where the catalog has no such table, source_unreadable where it refuses, and Unavailable
// source_unreadable where it can't be reached now.
func (c *Catalog) Table(ctx context.Context, name string) (*Table, error) {
	parts := strings.Split(name, ".")
	if len(parts) < 2 || strings.Contains("."+name+".", "..") {
		return nil, refused(name, "expected a table's name in the catalog, such as sales.orders")
	}
	prefix, err := c.configured(ctx, name)
	if err != nil {
		return nil, err
	}
	at := "/v1/" + prefix + "namespaces/" + url.PathEscape(strings.Join(parts[:len(parts)-1], separatorNS)) + "/tables/" + url.PathEscape(parts[len(parts)-1])
	var t Table
	if err := c.load(ctx, name, at, &t); err != nil {
		return nil, err
	}
	if len(t.Metadata) == 0 {
		return nil, refused(name, "the catalog "+c.String()+" answers without the table's metadata: it is not an Iceberg REST catalog")
	}
	t.File = path.Base(t.File)
	return &t, nil
}

// configured returns the prefix of paths, which the catalog is asked for once.
func (c *Catalog) configured(ctx context.Context, name string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known {
		return c.prefix, nil
	}
	at := "/v1/config"
	if c.config.Warehouse != "" {
		at += "?warehouse=" + url.QueryEscape(c.config.Warehouse)
	}
	var answer struct {
		Defaults  map[string]string `json:"defaults"`
		Overrides map[string]string `json:"overrides"`
	}
	if _, err := c.getLocked(ctx, name, at, false, &answer); err != nil {
		return "", err
	}
	if prefix := strings.Trim(cmp.Or(answer.Overrides["prefix"], answer.Defaults["prefix"]), "/"); prefix != "" {
		if strings.Contains("/"+prefix+"/", "/../") || strings.ContainsAny(prefix, "?#") {
			return "", refused(name, "the catalog "+c.String()+" sets a path prefix that is not a valid path: check the warehouse and the catalog")
		}
		c.prefix = prefix + "/"
	}
	if uri := cmp.Or(answer.Overrides["uri"], c.config.URL); strings.TrimRight(uri, "/") != c.config.URL {
		return "", refused(name, "the catalog "+c.String()+" refers to another address, which would get your credentials: name that address as the catalog if you trust it")
	}
	c.known = true
	return c.prefix, nil
}

// load asks for a table with credentials for its files, and without where the catalog can't give any.
func (c *Catalog) load(ctx context.Context, name, at string, into any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	status, err := c.getLocked(ctx, name, at, true, into)
	switch status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusInternalServerError, http.StatusNotImplemented:
		_, err = c.getLocked(ctx, name, at, false, into)
	}
	return err
}

// getLocked asks for something, with a new token where the one that it has is refused.
func (c *Catalog) getLocked(ctx context.Context, name, at string, vended bool, into any) (status int, err error) {
	for again := false; ; again = true {
		token, err := c.bearer(ctx, name)
		if err != nil {
			return 0, err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.config.URL+at, nil)
		if err != nil {
			return 0, err
		}
		if vended {
			request.Header.Set("X-Iceberg-Access-Delegation", "vended-credentials")
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		status, err := c.do(request, name, into)
		if status != http.StatusUnauthorized || again || c.config.Auth.Token != "" || c.token == "" {
			return status, err
		}
		c.token = ""
	}
}

// bearer returns the token of requests, empty where nobody asks.
func (c *Catalog) bearer(ctx context.Context, name string) (string, error) {
	a := c.config.Auth
	switch {
	case a.Token != "" || a.Credential == "":
		return a.Token, nil
	case c.token != "" && time.Now().Before(c.expires):
		return c.token, nil
	}
	id, secret, two := strings.Cut(a.Credential, ":")
	if !two {
		id, secret = "", a.Credential
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_secret": {secret}, "scope": {cmp.Or(a.Scope, "catalog")}}
	if id != "" {
		form.Set("client_id", id)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, cmp.Or(a.Server, c.config.URL+"/v1/oauth/tokens"), strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		Token   string `json:"access_token"`
		Seconds int    `json:"expires_in"`
	}
	if _, err := c.do(request, name, &answer); err != nil {
		return "", err
	}
	if answer.Token == "" {
		return "", refused(name, "the catalog "+c.String()+" gives no token for the credential in "+KeyVariable+": check its ID:SECRET")
	}
	const early = 30 * time.Second // of two clocks
	c.token, c.expires = answer.Token, time.Now().Add(time.Duration(max(answer.Seconds, 60))*time.Second-early)
	return c.token, nil
}

// do sends a request, and reads its answer.
func (c *Catalog) do(request *http.Request, name string, into any) (status int, err error) {
	response, err := c.client.Do(request)
	if err != nil {
		if ctx := request.Context(); ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if known, ok := errors.AsType[*url.Error](err); ok {
			err = known.Err // without the address
		}
		return 0, object.Unreadable(name, "the catalog "+c.String()+" can't be reached now: check the address and the network", err)
	}
	defer func() { _ = response.Body.Close() }() // it was read
	switch code := response.StatusCode; {
	case code == http.StatusOK:
	case code == http.StatusNotFound:
		p := gold.Problem{File: name, Code: gold.CodeSourceMissing}
		return code, gold.Invalidf(p, "the catalog %s has no such table%s", c, c.reason(response))
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return code, refused(name, fmt.Sprintf("the catalog %s refuses access to the table (status %d): give a token in %s, or ID:SECRET of a client in %s, that may read it", c, code, TokenVariable, KeyVariable))
	case code >= 300 && code < 400:
		return code, refused(name, fmt.Sprintf("the catalog %s redirects to another address (status %d), which would get your credentials: name that address as the catalog if you trust it", c, code))
	case code == http.StatusTooManyRequests || code >= 500:
		return code, object.Unreadable(name, fmt.Sprintf("the catalog %s can't answer now (status %d): try again%s", c, code, c.reason(response)), nil)
	default:
		return code, refused(name, fmt.Sprintf("the catalog %s refuses to describe the table (status %d)%s", c, code, c.reason(response)))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return 0, object.Unreadable(name, "the answer of the catalog "+c.String()+" broke off: try again", err)
	case len(body) > maxAnswer:
		return 0, refused(name, fmt.Sprintf("the answer of the catalog %s has more than %d bytes: expire old snapshots", c, maxAnswer))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return 0, refused(name, "the answer of the catalog "+c.String()+" is not that of an Iceberg REST catalog: "+err.Error())
	}
	return http.StatusOK, nil
}

// reason returns what an answer says about its refusal, without the credentials, which it may repeat.
func (c *Catalog) reason(response *http.Response) string {
	var answer struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	const most = 300
	body, err := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
	if err != nil || json.Unmarshal(body, &answer) != nil || answer.Error.Message == "" {
		return ""
	}
	text := answer.Error.Message
	_, secret, _ := strings.Cut(c.config.Auth.Credential, ":")
	for _, known := range []string{c.config.Auth.Token, c.token, c.config.Auth.Credential, secret} {
		if known != "" {
			text = strings.ReplaceAll(text, known, "…")
		}
	}
	return ": " + strings.ToValidUTF8(text[:min(most, len(text))], "")
}

func refused(name, detail string) error { return object.Refused(name, detail, nil) }
