package s3

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"

	"github.com/minio/minio-go/v7/pkg/credentials"
	"gopkg.in/ini.v1"
)

// errNoCredentials is that none of the places that tools look at has credentials.
var errNoCredentials = errors.New("no credentials were found in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the profile of AWS_PROFILE in ~/.aws, nor as a role of this machine")

// chain finds credentials where other tools find them: the variables, then a profile of ~/.aws, then web identity, and the role
// of a container or machine. Unlike the library's own it never falls back to requests without a signature, whose refusal would
// tell nothing.
type chain struct {
	credentials.Expiry
	from credentials.Provider // that gave the last ones
}

func (c *chain) providers() []credentials.Provider {
	role := &credentials.IAM{Client: &http.Client{
		Timeout:       dialTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	web := os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != ""
	if web {
		role.Endpoint = os.Getenv("AWS_ENDPOINT_URL_STS")
	}
	all := []credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}
	container := os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != ""
	if web || container || os.Getenv("AWS_EC2_METADATA_DISABLED") != "true" {
		all = append(all, role)
	}
	return all
}

// RetrieveWithCredContext finds credentials. An error of the last place that was asked is not told: it is where nobody expects
// any, such as an address that only machines in a cloud have.
func (c *chain) RetrieveWithCredContext(cc *credentials.CredContext) (credentials.Value, error) {
	for _, p := range c.providers() {
		value, err := p.RetrieveWithCredContext(cc)
		if err == nil && value.AccessKeyID != "" && value.SecretAccessKey != "" {
			c.from = p
			return value, nil
		}
	}
	return credentials.Value{}, errNoCredentials
}

// Retrieve implements credentials.Provider.
func (c *chain) Retrieve() (credentials.Value, error) { return c.RetrieveWithCredContext(nil) }

// IsExpired reports whether new credentials must be found.
func (c *chain) IsExpired() bool { return c.from == nil || c.from.IsExpired() }

// profile is what of a profile says where requests go.
type profile struct{ region, endpoint string }

// awsProfile reads the profile of AWS_PROFILE in the configuration file; empty where there is none.
func awsProfile() profile {
	path := os.Getenv("AWS_CONFIG_FILE")
	if path == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return profile{}
		}
		path = filepath.Join(home, ".aws", "config")
	}
	file, err := ini.LoadSources(ini.LoadOptions{Loose: true, SkipUnrecognizableLines: true}, path)
	if err != nil {
		return profile{}
	}
	name := "default"
	if named := os.Getenv("AWS_PROFILE"); named != "" && named != name {
		name = "profile " + named
	}
	section, err := file.GetSection(name)
	if err != nil {
		return profile{}
	}
	return profile{section.Key("region").String(), section.Key("endpoint_url").String()}
}
