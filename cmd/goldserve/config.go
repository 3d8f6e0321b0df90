package main

import (
	"time"

	"github.com/spf13/pflag"

	"goldserve/gold/contract"
	"goldserve/publisher"
)

// config holds every setting, part by part: what is set up once and holds for every run. Flags, variables and
// goldserve.yaml set the same fields. What one run is asked for is a flag of its command alone.
type config struct {
	logSettings
	storeSettings
	modelSettings
	lakeSettings
	publishSettings
	retentionSettings
	listenSettings
	limitSettings
	cacheSettings
	serveSettings

	Memory size
	JSON   bool

	file     string            // goldserve.yaml, as an absolute path; empty: none
	overlays contract.Overlays // what goldserve.yaml lays over models
	database string            // MONGO_DB, where the store is MONGO_URI
	origins  map[string]string // what sets a setting, as people write it: --store, GOLDSERVE_STORE, goldserve.yaml: store
}

// all adds every setting, in the words of config print. A command adds the parts that it understands, or takes single
// settings by app.setting and says what they mean there.
func (c *config) all(flags *pflag.FlagSet) {
	for _, part := range []interface{ flags(*pflag.FlagSet) }{
		&c.logSettings, &c.storeSettings, &c.modelSettings, &c.lakeSettings, &c.publishSettings, &c.retentionSettings,
		&c.listenSettings, &c.limitSettings, &c.cacheSettings, &c.serveSettings,
	} {
		part.flags(flags)
	}
	sizeVar(flags, &c.Memory, "memory", 1<<30, "what groups, distinct values and keys that are held while files or rows are read may take, each (0: no bound)")
	flags.BoolVar(&c.JSON, "json", false, "print JSON")
}

// setting adds one setting to a command, which may then give it its own words and default.
func (a *app) setting(flags *pflag.FlagSet, name string) *pflag.Flag {
	f := *a.settings.Lookup(name)
	flags.AddFlag(&f)
	return &f
}

// logSettings are of what is written to standard error.
type logSettings struct{ Log, LogLevel string }

func (s *logSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Log, "log", "text", "format of logs on standard error: text or json")
	flags.StringVar(&s.LogLevel, "log-level", "info", "minimum log level: debug, info, warn or error")
}

// storeSettings name the store.
type storeSettings struct{ Store, ReleasesDB string }

func (s *storeSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Store, "store", "", "mongodb://… or sqlite:PATH (default: MONGO_URI, else goldserve.db in the user's data folder)")
	flags.StringVar(&s.ReleasesDB, "releases-db", "", "MongoDB database of versions and releases (default: the store's database with _releases)")
}

// modelSettings name models.
type modelSettings struct{ Models, Model string }

func (s *modelSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Models, "models", "", "folder of your own models, beside the shipped ones")
	flags.StringVar(&s.Model, "model", defaultModel, "the model to work on")
}

// lakeSettings say where the gold files are and what they must be.
type lakeSettings struct {
	Lake, Manifest, HMACKeyFile string
	NoSuccessFile               bool
}

func (s *lakeSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Lake, "lake", "", "folder of the gold files (default: the first of "+lakeList()+" that exists)")
	flags.BoolVar(&s.NoSuccessFile, "no-success-file", false, "take folders of parts without a _SUCCESS file, as some writers leave them")
	flags.StringVar(&s.Manifest, "manifest", "", "file that says what the lake's files must be (goldserve manifest writes it); any other is refused")
	flags.StringVar(&s.HMACKeyFile, "hmac-key-file", "", "file of at least 32 random bytes, for fields masked by hmac")
}

// publishSettings are of commands that write into a store.
type publishSettings struct{ LeaseTTL, RefreshTTL time.Duration }

func (s *publishSettings) flags(flags *pflag.FlagSet) {
	flags.DurationVar(&s.LeaseTTL, "lease-ttl", 10*time.Second, "how long a publisher that died keeps others out (MongoDB)")
	flags.DurationVar(&s.RefreshTTL, "refresh-ttl", 0, "least time limit of a BI refresh (MongoDB; default 60s, more for many rows)")
}

// retentionSettings say which releases are kept.
type retentionSettings struct {
	Keep, KeepMonths int
	Grace            time.Duration
}

func (s *retentionSettings) flags(flags *pflag.FlagSet) {
	d := publisher.DefaultRetention
	flags.IntVar(&s.Keep, "keep", d.Keep, "newest releases to keep (0: none but the current one)")
	flags.IntVar(&s.KeepMonths, "keep-months", d.Months, "months whose last release is kept besides (0: none)")
	flags.DurationVar(&s.Grace, "grace", d.Grace, "between marking a release as pruned and dropping its rows (0s: at once)")
}

// listenSettings say where a server is reached, and by whom.
type listenSettings struct {
	Listen, AdminListen                       string
	NoAuth                                    bool
	AllowedHosts, CORSOrigins, TrustedProxies []string
	BasePath                                  string
	TLSCert, TLSKey                           string
}

func (s *listenSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Listen, "listen", "", "address to listen on (default 127.0.0.1:8080, or the port in PORT)")
	flags.StringVar(&s.AdminListen, "admin-listen", "", "address of a separate listener for /metrics, /debug/pprof and the health URLs (default: none)")
	flags.BoolVar(&s.NoAuth, "no-auth", false, "serve without authentication beyond this machine")
	flags.StringSliceVar(&s.AllowedHosts, "allowed-hosts", nil, "names that the server may be reached by, besides localhost and its own address; '*': any (required beyond this machine)")
	flags.StringSliceVar(&s.CORSOrigins, "cors-origins", nil, "origins whose pages may read the API (default on loopback: any page of this machine)")
	flags.StringVar(&s.BasePath, "base-path", "", "path that a proxy serves the API under, such as /gold: it stands before every link")
	flags.StringSliceVar(&s.TrustedProxies, "trusted-proxies", nil, "addresses or networks of proxies whose X-Forwarded-For, X-Forwarded-Prefix and Forwarded are believed")
	flags.StringVar(&s.TLSCert, "tls-cert", "", "file of the certificate and its chain, PEM: serve HTTPS, and HTTP/2 (read again when it changes)")
	flags.StringVar(&s.TLSKey, "tls-key", "", "file of the certificate's key, PEM")
}

// limitSettings bound what clients can take of a server.
type limitSettings struct {
	RateLimit      int
	MaxListeners   int64
	MaxConnections int
	RequestTimeout time.Duration
}

func (s *limitSettings) flags(flags *pflag.FlagSet) {
	flags.IntVar(&s.RateLimit, "rate-limit", defaultRateLimit, "requests a second that one address may make (0: any number; default on loopback: 0)")
	flags.Int64Var(&s.MaxListeners, "max-listeners", 2000, "how many may listen to /events at the same time")
	flags.IntVar(&s.MaxConnections, "max-connections", defaultMaxConnections, "open connections; from nine tenths on idle ones are closed to make room")
	flags.DurationVar(&s.RequestTimeout, "request-timeout", 10*time.Second, "deadline of one request")
}

// cacheSettings are of what a server keeps, so as not to ask the store.
type cacheSettings struct {
	CacheSize, AccelerateMemory size
	CacheDir                    string // complete makes it the folder itself; empty: none
	CacheMaxAge, StaleMax       time.Duration
}

func (s *cacheSettings) flags(flags *pflag.FlagSet) {
	sizeVar(flags, &s.CacheSize, "cache-size", 64<<20, "memory for cached answers, compressed forms included (0: none)")
	sizeVar(flags, &s.AccelerateMemory, "accelerate-memory", 0, "column snapshots in memory, which answer for datasets that say accelerate (0: none; default: a quarter of the memory of the machine or container)")
	flags.StringVar(&s.CacheDir, "cache-dir", "", "folder of whole datasets as Parquet files, made when they are asked for; none: they are not kept (default in your cache folder)")
	flags.DurationVar(&s.CacheMaxAge, "cache-max-age", 0, "how long browsers and CDNs may keep answers that don't name their release (0: they ask each time)")
	flags.DurationVar(&s.StaleMax, "stale-max", 10*time.Minute, "how long cached answers are served while the store can't be reached, marked as stale (0: not)")
}

// serveSettings are of how a server follows the store, and of what it shows.
type serveSettings struct {
	DefaultModel string
	Poll, Drain  time.Duration
	Benchmark    string
}

func (s *serveSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.DefaultModel, "default-model", defaultModel, "model of the bare URLs")
	flags.DurationVar(&s.Poll, "poll", 500*time.Millisecond, "how often the current release is looked up")
	flags.DurationVar(&s.Drain, "drain", time.Second, "how long new requests are still taken after SIGTERM")
	flags.StringVar(&s.Benchmark, "benchmark", "", "JSON file of a benchmark's results, which the dashboard then has a page for")
}
