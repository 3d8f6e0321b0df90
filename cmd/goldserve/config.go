package main

import (
	"time"

	"github.com/spf13/pflag"

	"goldserve/gold/contract"
	"goldserve/publisher"
)

// config holds every setting, part by part: what is set up once and holds for every run. Flags, variables and
// goldserve.yaml set the same fields. Options of a single run are flags of their command only.
type config struct {
	logSettings
	storeSettings
	modelSettings
	lakeSettings
	publishSettings
	watchSettings
	retentionSettings
	mirrorSettings
	footprintSettings
	mlflowSettings
	listenSettings
	limitSettings
	cacheSettings
	serveSettings
	engineSettings
	streamSettings

	Memory size
	JSON   bool

	file     string            // goldserve.yaml, as an absolute path; empty: none
	overlays contract.Overlays // the overrides of models in goldserve.yaml
	database string            // MONGO_DB, if the store is MONGO_URI
	origins  map[string]string // what sets each setting, as users write it: --store, GOLDSERVE_STORE, goldserve.yaml: store
}

// all adds every setting with the usage of config print. A command adds the parts that it uses, or single settings with
// app.setting, and may change their usage.
func (c *config) all(flags *pflag.FlagSet) {
	for _, part := range []interface{ flags(*pflag.FlagSet) }{
		&c.logSettings, &c.storeSettings, &c.modelSettings, &c.lakeSettings, &c.publishSettings, &c.watchSettings, &c.retentionSettings,
		&c.mirrorSettings, &c.footprintSettings, &c.mlflowSettings, &c.listenSettings, &c.limitSettings, &c.cacheSettings, &c.serveSettings, &c.engineSettings, &c.streamSettings,
	} {
		part.flags(flags)
	}
	sizeVar(flags, &c.Memory, "memory", 1<<30, "memory limit for groups, for distinct values and for keys, each, while files or rows are read (0: no limit)")
	flags.BoolVar(&c.JSON, "json", false, "print JSON")
}

// lakeFlags adds the settings that name a lake and say how a bucket is read.
func (a *app) lakeFlags(flags *pflag.FlagSet) {
	a.setting(flags, "lake")
	a.config.bucketSettings.flags(flags)
}

// setting adds one setting to a command, which may then change its usage and default.
func (a *app) setting(flags *pflag.FlagSet, name string) *pflag.Flag {
	f := *a.settings.Lookup(name)
	flags.AddFlag(&f)
	return &f
}

// logSettings configure the log on standard error.
type logSettings struct{ Log, LogLevel string }

func (s *logSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Log, "log", "text", "log format on standard error: text or json")
	flags.StringVar(&s.LogLevel, "log-level", "info", "minimum log level: debug, info, warn or error")
}

// storeSettings name the store.
type storeSettings struct{ Store, ReleasesDB string }

func (s *storeSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Store, "store", "", "mongodb://… or sqlite:PATH (default: MONGO_URI, else goldserve.db in the user's data folder)")
	flags.StringVar(&s.ReleasesDB, "releases-db", "", "MongoDB database of versions and releases (default: the store's database with the suffix _releases)")
}

// modelSettings name models.
type modelSettings struct{ Models, Model string }

func (s *modelSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Models, "models", "", "folder of your own models, beside the shipped ones")
	flags.StringVar(&s.Model, "model", "", "the model to work on, and of URLs without /m/MODEL (default: the only one in the store and in --models, else "+defaultModel+")")
}

// lakeSettings say where the gold files are and what they must contain.
type lakeSettings struct {
	Lake, Fallback, Manifest, HMACKeyFile string
	NoSuccessFile                         bool
	bucketSettings
}

func (s *lakeSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Lake, "lake", "", "folder of the gold files, or s3://BUCKET/PREFIX (default: the first of "+lakeList()+" that exists)")
	s.bucketSettings.flags(flags)
	flags.StringVar(&s.Fallback, "fallback", "", "folder that is read instead if the server of the bucket can't be reached")
	flags.BoolVar(&s.NoSuccessFile, "no-success-file", false, "accept folders of part files without _SUCCESS, as some writers leave them")
	flags.StringVar(&s.Manifest, "manifest", "", "manifest of the lake's files, as goldserve manifest writes it; files that differ are refused (default: manifest.json in the lake, if it has one)")
	flags.StringVar(&s.HMACKeyFile, "hmac-key-file", "", "file of at least 32 random bytes: the key for fields masked by hmac")
}

// publishSettings belong to commands that write to a store.
type publishSettings struct{ LeaseTTL, RefreshTTL, BIEvery time.Duration }

func (s *publishSettings) flags(flags *pflag.FlagSet) {
	flags.DurationVar(&s.LeaseTTL, "lease-ttl", 10*time.Second, "how long the lease of a dead publisher keeps others out (MongoDB)")
	flags.DurationVar(&s.RefreshTTL, "refresh-ttl", 0, "minimum time limit of a BI refresh (MongoDB; default 60s, more for many rows)")
	flags.DurationVar(&s.BIEvery, "bi-every", 0, "minimum time between two refreshes of the BI database, which then shows the newest release (MongoDB; 0: each publish refreshes it)")
}

// watchSettings say how a lake is followed.
type watchSettings struct {
	PublishStore              string
	MinInterval, WatchTimeout time.Duration
	WatchMemory               size
}

func (s *watchSettings) flags(flags *pflag.FlagSet) {
	flags.DurationVar(&s.MinInterval, "min-interval", 0, "minimum time between two releases of a lake that is followed (0s: none)")
	sizeVar(flags, &s.WatchMemory, "watch-memory", 0, "memory limit of the process that reads the lake for serve or up, at least 128MiB (default: half of the machine or container)")
	flags.DurationVar(&s.WatchTimeout, "watch-timeout", time.Hour, "time limit of one publish of the process that reads the lake for serve or up (0s: no limit)")
	flags.StringVar(&s.PublishStore, "publish-store", "", "the store for the process of serve that publishes, if it needs other credentials to write than the server to read (default: --store)")
}

// retentionSettings say which releases are kept.
type retentionSettings struct {
	Keep, KeepMonths int
	KeepFor, Grace   time.Duration
	KeepBytes        size
}

func (s *retentionSettings) flags(flags *pflag.FlagSet) {
	d := publisher.DefaultRetention
	flags.IntVar(&s.Keep, "keep", d.Keep, "number of newest releases to keep (0: only the current one)")
	flags.IntVar(&s.KeepMonths, "keep-months", d.Months, "number of months whose last release is kept as well (0: none)")
	flags.DurationVar(&s.KeepFor, "keep-for", d.For, "age up to which the last release of each hour is kept as well, such as 24h (0: none)")
	sizeVar(flags, &s.KeepBytes, "keep-bytes", size(d.Bytes), "size limit of the kept releases in the store, such as 50GB: the oldest expire first (0: no limit)")
	flags.DurationVar(&s.Grace, "grace", d.Grace, "time between marking a release as pruned and dropping its rows (0s: at once)")
}

// retention returns what the settings say to keep.
func (s *retentionSettings) retention() *publisher.Retention {
	return &publisher.Retention{Keep: s.Keep, Months: s.KeepMonths, For: s.KeepFor, Bytes: int64(s.KeepBytes), Grace: s.Grace}
}

// listenSettings say where a server listens, and who may connect.
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
	flags.BoolVar(&s.NoAuth, "no-auth", false, "allow serving beyond this machine without authentication")
	flags.StringSliceVar(&s.AllowedHosts, "allowed-hosts", nil, "host names that requests may use, besides localhost and the server's address; '*': any (required beyond this machine)")
	flags.StringSliceVar(&s.CORSOrigins, "cors-origins", nil, "origins whose pages may read the API (default on loopback: all pages of this machine)")
	flags.StringVar(&s.BasePath, "base-path", "", "path prefix that a proxy serves the API under, such as /gold; every link starts with it")
	flags.StringSliceVar(&s.TrustedProxies, "trusted-proxies", nil, "addresses or networks of proxies whose X-Forwarded-For, X-Forwarded-Prefix and Forwarded are trusted")
	flags.StringVar(&s.TLSCert, "tls-cert", "", "PEM file of the certificate and its chain, for HTTPS and HTTP/2 (reloaded when it changes)")
	flags.StringVar(&s.TLSKey, "tls-key", "", "PEM file of the certificate's private key")
}

// limitSettings limit what clients can use of a server.
type limitSettings struct {
	RateLimit      int
	MaxListeners   int64
	MaxConnections int
	RequestTimeout time.Duration
}

func (s *limitSettings) flags(flags *pflag.FlagSet) {
	flags.IntVar(&s.RateLimit, "rate-limit", defaultRateLimit, "maximum requests per second from one address (0: no limit; default on loopback: 0)")
	flags.Int64Var(&s.MaxListeners, "max-listeners", 2000, "maximum concurrent listeners of /events")
	flags.IntVar(&s.MaxConnections, "max-connections", defaultMaxConnections, "maximum open connections; above nine tenths of it, idle ones are closed")
	flags.DurationVar(&s.RequestTimeout, "request-timeout", 10*time.Second, "deadline of one request")
}

// cacheSettings configure what a server caches.
type cacheSettings struct {
	CacheSize, AccelerateMemory size
	CacheDir                    string // complete sets the default folder; empty: no cache
	CacheMaxAge, StaleMax       time.Duration
}

func (s *cacheSettings) flags(flags *pflag.FlagSet) {
	sizeVar(flags, &s.CacheSize, "cache-size", 64<<20, "memory for cached answers, compressed forms included (0: none)")
	sizeVar(flags, &s.AccelerateMemory, "accelerate-memory", 0, "memory for column snapshots of datasets whose contract says accelerate (0: none; default: a quarter of the memory of the machine or container)")
	flags.StringVar(&s.CacheDir, "cache-dir", "", "folder that caches datasets as Parquet files, written on request; none: no cache (default: in your cache folder)")
	flags.DurationVar(&s.CacheMaxAge, "cache-max-age", 0, "how long browsers and CDNs may cache answers whose URL names no release (0: revalidate each time)")
	flags.DurationVar(&s.StaleMax, "stale-max", 10*time.Minute, "how long cached answers are served, marked as stale, while the store can't be reached (0: never)")
}

// serveSettings configure how a server follows the store, and what it shows.
type serveSettings struct {
	DefaultModel string
	Poll, Drain  time.Duration
	Benchmark    string
}

func (s *serveSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.DefaultModel, "default-model", "", "the old name of --model for serve")
	flags.DurationVar(&s.Poll, "poll", 500*time.Millisecond, "how often the server looks for a new release")
	flags.DurationVar(&s.Drain, "drain", time.Second, "how long the server accepts new requests after SIGTERM")
	flags.StringVar(&s.Benchmark, "benchmark", "", "JSON file of benchmark results to show as a page of the dashboard (default: "+benchmarkFile+" in the working directory, if there is one)")
}
