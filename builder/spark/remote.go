package spark

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Remote says where a Spark Connect server is, and who calls.
type Remote struct {
	Host    string
	Port    int
	TLS     bool
	User    string      // user_id; "": goldserve
	Headers [][2]string // other parameters, which are sent as headers
	token   string
	plain   bool // use_ssl=false
}

// DefaultPort is the port of Spark Connect.
const DefaultPort = 15002

// ParseRemote reads sc://host[:port][/;name=value;…], as all clients of Spark Connect do. The names token, use_ssl, user_id have their
// meaning; others are sent as headers. An error never has the values.
func ParseRemote(text string) (*Remote, error) {
	const form = "expected sc://host:15002, or sc://host:15002/;token=…;use_ssl=true"
	rest, ok := strings.CutPrefix(text, "sc://")
	address, parameters, _ := strings.Cut(rest, "/")
	if !ok || address == "" || strings.ContainsAny(address, "@;?#") || parameters != "" && !strings.HasPrefix(parameters, ";") {
		return nil, fmt.Errorf("the URL of Spark is not valid: %s", form)
	}
	r := &Remote{Host: address, Port: DefaultPort}
	if host, port, err := net.SplitHostPort(address); err == nil {
		r.Host = host
		if r.Port, err = strconv.Atoi(port); err != nil || r.Port < 1 || r.Port > 65535 {
			return nil, fmt.Errorf("the port in the URL of Spark is not valid: %s", form)
		}
	}
	r.Host = strings.Trim(r.Host, "[]")
	if r.Host == "" {
		return nil, fmt.Errorf("the URL of Spark names no host: %s", form)
	}
	for pair := range strings.SplitSeq(strings.Trim(parameters, ";"), ";") {
		if pair == "" {
			continue
		}
		name, raw, ok := strings.Cut(pair, "=")
		text, err := url.PathUnescape(raw)
		if !ok || name == "" || err != nil || strings.ContainsAny(text, "\r\n") {
			return nil, fmt.Errorf("a parameter in the URL of Spark is not valid: expected name=value, separated by semicolons")
		}
		if err := r.set(name, text); err != nil {
			return nil, err
		}
	}
	if r.token != "" && !r.loopback() {
		if r.plain {
			return nil, fmt.Errorf("a token in the URL of Spark is sent to another machine over TLS alone: leave out use_ssl=false")
		}
		r.TLS = true
	}
	return r, nil
}

// loopback reports whether the server is on this machine, where a token may be sent in the clear.
func (r *Remote) loopback() bool {
	address := net.ParseIP(r.Host)
	return r.Host == "localhost" || address != nil && address.IsLoopback()
}

func (r *Remote) set(name, text string) error {
	switch strings.ToLower(name) {
	case "token":
		r.token = text
	case "use_ssl":
		on, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("use_ssl in the URL of Spark: expected true or false")
		}
		r.TLS, r.plain = on, !on
	case "user_id":
		r.User = text
	case "session_id", "user_agent":
		return fmt.Errorf("%s in the URL of Spark can't be set: each build has a session to itself", name)
	case "authorization":
		return fmt.Errorf("authorization in the URL of Spark can't be set: give the token as token=…")
	default:
		r.Headers = append(r.Headers, [2]string{name, text})
	}
	return nil
}

// String returns the URL without the values of its parameters.
func (r *Remote) String() string { return "sc://" + net.JoinHostPort(r.Host, strconv.Itoa(r.Port)) }

func (r *Remote) base() string {
	scheme := "http://"
	if r.TLS {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
}
