package s3

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// Config says which bucket to read, and how to get at it. What is empty is taken from the variables and files that other tools
// read (AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_CA_BUNDLE, AWS_PROFILE, ~/.aws/config, …).
type Config struct {
	Location string // s3://BUCKET/PREFIX; s3a:// is the same
	Endpoint string // such as http://minio:9000; empty: Amazon's of the region
	Region   string // empty: what the server says
	// Addressing is Path (ENDPOINT/BUCKET/KEY) or Virtual (BUCKET.ENDPOINT/KEY); empty: virtual at Amazon, else path.
	Addressing string
	Anonymous  bool // of a bucket that everybody may read: requests are not signed

	// Given are credentials that another one gave for the location; nil: they are found where other tools find them. GivenFor is
	// the endpoint that it names for them, which must be the one that is used; empty: it names none.
	Given    *Keys
	GivenFor string

	ScratchDir  string // folder of the file that objects are read into; empty: the system's for temporary files
	ScratchSize int64  // most bytes of it; 0: 4 GiB; never less than LeastScratch

	Logger *slog.Logger // nil: nobody is told
}

// How a bucket is named in requests.
const (
	Path    = "path"
	Virtual = "virtual"
)

// schemes begin a bucket's location; Spark writes the second one.
var schemes = []string{"s3://", "s3a://"}

// IsLocation reports whether a text names a bucket rather than a folder.
func IsLocation(text string) bool {
	for _, s := range schemes {
		if strings.HasPrefix(text, s) {
			return true
		}
	}
	return false
}

// CheckLocation returns what is wrong with a location, without what may be a secret.
func CheckLocation(location string) error {
	_, _, err := parseLocation(location)
	return err
}

// CheckEndpoint returns what is wrong with an endpoint, without what may be a secret.
func CheckEndpoint(endpoint string) error {
	_, _, err := parseEndpoint(endpoint)
	return err
}

// Bucket and prefix of a location. The error does not repeat what may be a secret.
func parseLocation(location string) (bucket, prefix string, err error) {
	rest := location
	for _, s := range schemes {
		if after, ok := strings.CutPrefix(location, s); ok {
			rest = after
		}
	}
	switch {
	case rest == location:
		return "", "", errors.New("expected s3://BUCKET/PREFIX")
	case strings.Contains(rest, "@"):
		return "", "", errors.New("expected s3://BUCKET/PREFIX without credentials: give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile")
	case strings.ContainsAny(rest, "?#"):
		return "", "", errors.New("expected s3://BUCKET/PREFIX, without ? and #")
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	if err := s3utils.CheckValidBucketName(bucket); err != nil {
		return "", "", fmt.Errorf("expected s3://BUCKET/PREFIX: the bucket's name is %q: %w", bucket, err)
	}
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return bucket, prefix, nil
}

// parseEndpoint returns the host of an endpoint, and whether it speaks TLS.
func parseEndpoint(endpoint string) (host string, secure bool, err error) {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", false, errors.New("expected the URL of a server, such as http://minio:9000") // which may hold a secret
	case u.User != nil:
		return "", false, errors.New("expected the URL of a server without credentials: give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", false, fmt.Errorf("expected the URL of a server without a path, such as %s://%s", u.Scheme, u.Host)
	}
	return u.Host, u.Scheme == "https", nil
}

// amazon is where requests go if nobody names an endpoint; the client adds the region.
const amazon = "https://s3.amazonaws.com"

// settle completes a configuration by the variables and files of AWS.
func (c *Config) settle() {
	from := awsProfile()
	c.Region = cmp.Or(c.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), from.region)
	c.Endpoint = cmp.Or(c.Endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), from.endpoint, amazon)
	if c.Region == "" && c.Endpoint != amazon {
		c.Region = "us-east-1" // what servers other than Amazon's expect, unless they were told another
	}
}

// client makes the client of a settled configuration.
func (c *Config) client(via *http.Transport) (*minio.Core, error) {
	host, secure, err := parseEndpoint(c.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	options := &minio.Options{
		Secure: secure, Region: c.Region, Transport: via, MaxRetries: 1, // package s3 tries again itself, from where a request broke off
		Creds: credentials.NewStatic("", "", "", credentials.SignatureAnonymous),
	}
	switch {
	case c.Given != nil:
		options.Creds = credentials.New(c.Given)
	case !c.Anonymous:
		options.Creds = credentials.New(&chain{})
	}
	switch c.Addressing {
	case "":
		options.BucketLookup = minio.BucketLookupAuto
	case Path:
		options.BucketLookup = minio.BucketLookupPath
	case Virtual:
		options.BucketLookup = minio.BucketLookupDNS
	default:
		return nil, fmt.Errorf("addressing is %q: expected %s or %s", c.Addressing, Path, Virtual)
	}
	return minio.NewCore(host, options)
}
