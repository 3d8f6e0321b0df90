package api

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"goldserve/gold"
	"goldserve/gold/dashboard"
	"goldserve/scoring"
)

// Config says what a Server serves and how.
type Config struct {
	Reader gold.Reader
	// Models are the contracts on disk: the models that are served, and the routes that answer 503 before their first
	// publish. At least one.
	Models []gold.Model
	// Unlisted are models that are in no list, nor in the description, until they have a release. The default one always is.
	Unlisted     []string
	Dashboards   map[string]dashboard.Layout // of their pages, by the models' names
	DefaultModel string                      // of the URLs without /m/{model}; "": the only one, and none where there are several
	Version      string                      // of the program, for /version and the index
	Scores       *scoring.Shelf              // of the ONNX files that releases are scored by; nil: /score has none
	Poll         time.Duration               // between two looks at the current release; 0: 500 ms
	Timeout      time.Duration               // of a request, its whole answer included; 0: 10 s
	Logger       *slog.Logger                // nil: no logs
	// CORSOrigins are the origins of web pages that may read answers: exactly as browsers send them, or "*".
	CORSOrigins []string
	// Loopback says that the listener is a loopback address: with no CORSOrigins, pages of any port of localhost,
	// 127.0.0.1 and [::1] may read answers.
	Loopback bool
	// AllowedHosts are the names that requests may be addressed to, without ports, besides those of loopback and the address
	// that they come in at. None, or "*": any.
	AllowedHosts []string
	// Memory bounds the bytes that questions hold together while they are computed; nil: they may hold any number.
	Memory *gold.Memory
	// CacheSize bounds the bytes of answers that are cached; 0: 64 MB, negative: none is.
	CacheSize int64
	// CacheMaxAge is how long others may cache answers that don't name their release without asking; 0: not at all.
	CacheMaxAge time.Duration
	// CacheDir is the folder that caches complete datasets as Parquet files; "": they are read from the store for each request.
	CacheDir string
	// BasePath is the path that a proxy serves the server under, such as /gold: it stands before every link, and requests
	// come with it or without. "": the root.
	BasePath string
	// TrustedProxies are addresses and networks of proxies whose X-Forwarded-For, X-Forwarded-Prefix and Forwarded are
	// believed; none: nobody's.
	TrustedProxies []string
	// ChunkTime is what a client has for each 64 KB of an answer; 0: 10 s.
	ChunkTime time.Duration
	// RateLimit is how many requests a second one address may make; 0: any number.
	RateLimit int
	// MaxListeners bounds the clients that listen to events at the same time; 0: 2,000.
	MaxListeners int64
	// Heartbeat is the time between two signs of life of an event stream; 0: 15 s.
	Heartbeat time.Duration
	// Benchmark is the JSON of a benchmark's results, which the dashboard shows; nil: it has no such page.
	Benchmark []byte
	// Metrics takes the server's metrics; nil: there are none.
	Metrics prometheus.Registerer
	// StaleMax is how long cached answers are served, marked as stale, while the store can't be reached; 0: 10 min, negative: none.
	StaleMax time.Duration
	// Watching says how a lake is followed that the server's process follows too: /readyz shows it. nil: it follows none.
	Watching func() *gold.Watching
	// Advice is what the operators of this program can do about an error, by its code: /problems/{code} adds it.
	Advice map[gold.Code]string
}

// Server answers HTTP requests about the releases of one store. It is safe for concurrent use.
type Server struct {
	*service
	docs    *docs
	public  http.Handler // of clients' requests
	handler http.Handler // of requests as if the server were at the root
}

const (
	defaultPoll    = 500 * time.Millisecond
	defaultTimeout = 10 * time.Second

	defaultCacheSize = 64 << 20
	defaultStaleMax  = 10 * time.Minute
)

// Handler returns the handler of every URL.
func (s *Server) Handler() http.Handler { return s.public }

// CheckHosts refuses requests that are addressed to other hosts than Config.AllowedHosts and loopback. It is of every
// listener: Handler checks by itself.
func (s *Server) CheckHosts(next http.Handler) http.Handler { return s.edge.CheckHosts(next) }
