package s3

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Keys are credentials that another one gives, and may replace.
type Keys struct {
	mu      sync.Mutex
	value   credentials.Value
	changed bool
}

// Set sets the credentials of requests from then on.
func (k *Keys) Set(key, secret, token string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	next := credentials.Value{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token, SignerType: credentials.SignatureV4}
	k.changed = k.changed || next != k.value
	k.value = next
}

// String tells no secret.
func (k *Keys) String() string { return "given credentials" }

// RetrieveWithCredContext implements credentials.Provider.
func (k *Keys) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.changed = false
	return k.value, nil
}

// Retrieve implements credentials.Provider.
func (k *Keys) Retrieve() (credentials.Value, error) { return k.RetrieveWithCredContext(nil) }

// IsExpired reports whether there are others by now.
func (k *Keys) IsExpired() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.changed
}

// ofAmazon is an endpoint of Amazon's, of a region or of all.
var ofAmazon = regexp.MustCompile(`^https://s3([.-][a-z0-9-]+)?\.amazonaws\.com$`)

// checkGiven returns what is wrong with the endpoint of given credentials: they and requests go only to the one that the user named.
func (c *Config) checkGiven() error {
	if c.Given == nil || c.GivenFor == "" {
		return nil
	}
	given, used := plainEndpoint(c.GivenFor), plainEndpoint(c.Endpoint)
	if given != "" && (given == used || ofAmazon.MatchString(given) && ofAmazon.MatchString(used)) {
		return nil
	}
	if given == "" {
		return errors.New("the endpoint for them is not the URL of a server: correct s3.endpoint in the catalog")
	}
	return fmt.Errorf("they are for the server %s, and requests go only to the one that you name, which is %s: name %s as the S3 endpoint (AWS_ENDPOINT_URL_S3) if it is right, or correct s3.endpoint in the catalog", given, used, given)
}

// plainEndpoint returns an endpoint in one form of several; empty: it is none.
func plainEndpoint(endpoint string) string {
	host, secure, err := parseEndpoint(endpoint)
	if err != nil {
		return ""
	}
	u := url.URL{Scheme: "http", Host: strings.ToLower(host)}
	port := ":80"
	if secure {
		u.Scheme, port = "https", ":443"
	}
	u.Host = strings.TrimSuffix(u.Host, port)
	return u.String()
}
