package catalog

import (
	"strconv"
	"strings"

	"goldserve/gold/lake/object"
)

// Vended is credentials that a catalog gives for the files of one table, and where they are for.
type Vended struct {
	Key, Secret, Token string
	Server             Server
}

// Server is what a catalog says of the server of a table's files.
type Server struct {
	Endpoint, Region string // empty: it does not say
	PathStyle        bool   // requests name the bucket in their paths
}

// String tells no secret.
func (v *Vended) String() string { return "credentials of a catalog" }

// GoString tells no secret.
func (v *Vended) GoString() string { return v.String() }

// properties are what a catalog says beside a table.
type properties map[string]any

func (p properties) text(name string) string {
	switch v := p[name].(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// Vended returns the credentials for a table at a location: those of the longest prefix of it, else those of the table; nil: the
// catalog gives none.
func (t *Table) Vended(location string) *Vended {
	location = object.Absolute(strings.TrimRight(location, "/")) + "/"
	if !strings.HasPrefix(location, "s3://") {
		return nil
	}
	of, longest := t.Config, -1
	for _, c := range t.Credentials {
		if prefix := object.Absolute(c.Prefix); strings.HasPrefix(location, prefix) && len(prefix) > longest && c.Config.text("s3.access-key-id") != "" {
			of, longest = c.Config, len(prefix)
		}
	}
	say := func(names ...string) string {
		for _, p := range []properties{of, t.Config} {
			for _, name := range names {
				if text := p.text(name); text != "" {
					return text
				}
			}
		}
		return ""
	}
	v := &Vended{Key: of.text("s3.access-key-id"), Secret: of.text("s3.secret-access-key"), Token: of.text("s3.session-token")}
	if v.Key == "" || v.Secret == "" {
		return nil
	}
	v.Server = Server{Endpoint: say("s3.endpoint"), Region: say("s3.region", "client.region"), PathStyle: strings.EqualFold(say("s3.path-style-access"), "true")}
	return v
}
