package edge

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"
)

// Config says what an Edge lets pass.
type Config struct {
	Logger  *slog.Logger  // no logs: one that discards
	Timeout time.Duration // of the work for a request
	// CORSOrigins are the origins of web pages that may read answers: exactly as browsers send them, or "*".
	CORSOrigins []string
	// Loopback says that the listener is a loopback address: with no CORSOrigins, pages of any port of localhost,
	// 127.0.0.1 and [::1] may read answers.
	Loopback bool
	// AllowedHosts are the names that requests may be addressed to, without ports, besides those of loopback and the address
	// that they come in at. None, or "*": any.
	AllowedHosts []string
	// BasePath is the path that a proxy serves the server under, such as /gold. "": the root.
	BasePath string
	// TrustedProxies are addresses and networks of proxies whose headers are believed; none: nobody's.
	TrustedProxies []string
	// ChunkTime is what a client has for each chunk of an answer; 0: 10 s.
	ChunkTime time.Duration
	// RateLimit is how many requests a second one address may make; 0: any number.
	RateLimit int
	// Counted is called for each request when it is over: its route ("": none), how it ended, and how long it took, negative
	// for a stream.
	Counted func(route, result string, took time.Duration)
}

// Edge is what happens to every request. It is safe for concurrent use.
type Edge struct {
	log       *slog.Logger
	timeout   time.Duration
	perSecond int // requests of one address; 0: any number
	counted   func(route, result string, took time.Duration)
	origins   origins
	hosts     hosts
	proxies   proxies
	pace      pace
	overloads overloads
	grant     http.Handler // sets the headers that grant an origin, and nothing else
}

// New returns an edge, or an Invalid error that says what is wrong with its configuration.
func New(c Config) (*Edge, error) {
	e := &Edge{
		log: c.Logger, timeout: c.Timeout, perSecond: c.RateLimit, counted: c.Counted,
		pace: pace{log: c.Logger, chunkTime: cmp.Or(c.ChunkTime, defaultChunkTime)}, overloads: overloads{log: c.Logger},
	}
	var err error
	if e.origins, err = parseOrigins(c.CORSOrigins, c.Loopback, c.Logger); err != nil {
		return nil, err
	}
	if e.hosts, err = parseHosts(c.AllowedHosts); err != nil {
		return nil, err
	}
	if e.proxies, err = parseProxies(c.BasePath, c.TrustedProxies); err != nil {
		return nil, err
	}
	e.grant = e.origins.handler()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return e, nil
}

// Base returns what stands before every path in a link for a client: nothing, or /gold.
func (e *Edge) Base(r *http.Request) string { return e.proxies.baseOf(r) }

// BasePath returns the base path that is configured.
func (e *Edge) BasePath() string { return e.proxies.base }
