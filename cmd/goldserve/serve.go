package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/columnar"
	"goldserve/gold/contract"
	"goldserve/scoring"
)

func (a *app) serve() *cobra.Command {
	var ask serveRequest
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the current release over HTTP",
		Long: `serve answers /kpis, the endpoint of every contract and the other URLs that / lists. Browsers get a dashboard at /.
The server follows new releases by itself.

Before the first publish, and while the store can't be reached, it answers 503. If the store can't be reached at startup, the
server starts anyway; if the store refuses the user, serve ends with an error.

With --lake, it follows the lake too, as goldserve publish --watch does, in a process of its own, so that no file can end the
server. --publish-store lets that process write with other credentials than the server reads with. Of several replicas with one
store, one publishes, and the others stand by. See docs/watch.md.

/metrics and /debug/pprof are available on --admin-listen only. For proxies, HTTPS, base paths and metrics see
docs/serving.md.`,
		Example: `  goldserve serve
  goldserve serve --listen 0.0.0.0:8443 --no-auth --allowed-hosts gold.example.com --tls-cert cert.pem --tls-key key.pem --admin-listen 127.0.0.1:9090
  goldserve serve --store mongodb://127.0.0.1:27017/gold_serving --listen 127.0.0.1:8080
  goldserve serve --lake ./gold --watch 5s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runServe(cmd.Context(), &ask) },
	}
	flags := cmd.Flags()
	a.config.storeSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	a.config.lakeSettings.flags(flags)
	a.config.publishSettings.flags(flags)
	a.config.watchSettings.flags(flags)
	a.config.retentionSettings.flags(flags)
	ask.flags(flags)
	flags.Lookup("lake").Usage = "folder of gold files, or s3://BUCKET/PREFIX, to follow and publish (default: none, the store is only read)"
	a.serveFlags(flags)
	return cmd
}

// serveFlags adds the settings of a server.
func (a *app) serveFlags(flags *pflag.FlagSet) {
	a.config.listenSettings.flags(flags)
	a.config.limitSettings.flags(flags)
	a.config.cacheSettings.flags(flags)
	a.config.serveSettings.flags(flags)
	memory := a.setting(flags, "memory")
	memory.DefValue, memory.Usage = "0", "memory that all running queries together may use, for groups for instance (default: an eighth of the memory of the machine or container)"
}

func (a *app) runServe(ctx context.Context, ask *serveRequest) error {
	log := a.logger()
	follows, err := ask.follows(&a.config)
	if err != nil {
		return err
	}
	all, err := a.config.servedModels(log)
	if err != nil {
		return err
	}
	store, err := a.open(ctx, log, true, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	if all, err = a.chooseServed(log, all, modelsIn(ctx, store)); err != nil {
		return err
	}
	listener, err := a.listen(ctx)
	if err != nil {
		return err
	}
	if name := a.config.DefaultModel; name != "" {
		if _, err := store.Resolve(ctx, gold.Selector{Model: name}); gold.KindOf(err) == gold.Empty {
			log.Info("nothing is published yet: every dataset answers 503", "model", name, "try", "goldserve publish --lake FOLDER")
		}
	}
	if follows {
		watching, stop := a.serveLake(ctx, log, ask.watch)
		defer stop()
		a.watching = watching
	}
	return a.serveHTTP(ctx, log, listener, store, all)
}

// chooseServed settles which model the URLs without /m/MODEL are of, and returns the models to serve: that one besides those
// that were loaded, if the store has it. It logs which others the store has.
func (a *app) chooseServed(log *slog.Logger, all []*contract.Model, published []string) ([]*contract.Model, error) {
	c := &a.config
	setting := "default-model"
	if c.DefaultModel == "" {
		setting, c.DefaultModel = "model", c.Model
	}
	if c.DefaultModel == "" {
		var err error
		if c.DefaultModel, err = c.onlyModel(published); err != nil {
			log.Info("there are several models: every URL begins with /m/MODEL", "try", "--model NAME, to leave that out for one", "models", list(published))
		}
	}
	if name := c.DefaultModel; name != "" && named(all, name) == nil {
		if !slices.Contains(published, name) {
			return nil, usagef("%s is %q: expected one of %s", c.origin(setting), name, list(slices.Compact(slices.Sorted(slices.Values(append(names(all), published...))))))
		}
		all = append(all, unloaded(name, ""))
	}
	var others []string
	for _, name := range published {
		if named(all, name) == nil {
			others = append(others, name)
		}
	}
	if len(others) > 0 {
		log.Info("the store has releases of models that are not served", "models", list(others), "try", "--model NAME for one, --models FOLDER for all of a folder")
	}
	return all, nil
}

// listen opens the public listener.
func (a *app) listen(ctx context.Context) (net.Listener, error) {
	return a.listenAt(ctx, "listen", a.config.Listen)
}

// listenAt opens the listener of a setting, and refuses one that other machines can reach unless the settings for that
// are given.
func (a *app) listenAt(ctx context.Context, setting, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usagef("%s is %q: expected HOST:PORT such as 127.0.0.1:8080", a.config.origin(setting), address)
	}
	if !loopback(host) {
		if missing := a.config.missingBeyondLoopback(); missing != "" {
			return nil, usagef("%s is %s, which is reachable from other machines, and there is no authentication: give %s", a.config.origin(setting), address, missing)
		}
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if errors.Is(err, errAddressInUse) {
		return nil, gold.Errorf(gold.Unavailable, gold.CodeAddressInUse, "%s is in use by another program: stop that program, or give another --%s", address, setting)
	}
	if err != nil {
		return nil, gold.Errorf(gold.Unavailable, gold.CodeAddressUnavailable, "can't listen on %s: give another --%s: %w", address, setting, err)
	}
	return listener, nil
}

// missingBeyondLoopback returns the settings that a listener beyond loopback still needs; "": none.
func (c *config) missingBeyondLoopback() string {
	var missing []string
	if !c.NoAuth {
		missing = append(missing, "--no-auth if that is intended")
	}
	if len(c.AllowedHosts) == 0 {
		missing = append(missing, "--allowed-hosts with the host names in use, such as gold.example.com, to prevent DNS rebinding; '*' allows any")
	}
	return strings.Join(missing, ", and ")
}

// hosts are the accepted host names: those given and those of the listeners.
func (c *config) hosts() []string {
	hosts := slices.Clone(c.AllowedHosts)
	for _, address := range []string{c.Listen, c.AdminListen} {
		if host, _, err := net.SplitHostPort(address); err == nil && host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// readTimeout limits the reading of a request, which has no body: one deadline for headers and body costs less than
// two.
const readTimeout = 5 * time.Second

// serveHTTP serves until ctx ends. Then it accepts new requests for another --drain, closing each connection after its
// answer, and lets running requests finish.
func (a *app) serveHTTP(ctx context.Context, log *slog.Logger, listener net.Listener, reader gold.Reader, all []*contract.Model) error {
	host, _, _ := net.SplitHostPort(a.config.Listen)
	certificate, err := a.openCertificate(log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	benchmark, err := a.readBenchmark(log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	memory, err := a.questionMemory()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	a.limitHeap(memory.Limit(), machineMemory())
	registry := newRegistry()
	reader, letGo, err := a.accelerate(log, reader, registry)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer letGo()
	handler, err := api.New(api.Config{
		Reader: reader, Models: compiled(all), Unlisted: unlisted(all), Dashboards: dashboards(all), DefaultModel: a.config.DefaultModel, Version: programVersion(),
		Poll: a.config.Poll, Timeout: a.config.RequestTimeout, Logger: log, CORSOrigins: a.config.CORSOrigins, Loopback: loopback(host), AllowedHosts: a.config.hosts(),
		CacheSize: orNone(int64(a.config.CacheSize)), CacheDir: a.config.CacheDir, CacheMaxAge: a.config.CacheMaxAge, StaleMax: orNone(a.config.StaleMax),
		BasePath: a.config.BasePath, TrustedProxies: a.config.TrustedProxies, RateLimit: a.config.rateLimit(), MaxListeners: a.config.MaxListeners, Metrics: registry,
		Benchmark: benchmark, Memory: memory, Advice: adviceByCode(), Watching: a.watching, Scores: scoring.NewShelf(folders(all)),
	})
	if err != nil {
		return errors.Join(usageError{err}, listener.Close()) // the models are valid, so a flag is wrong
	}
	if a.watching != nil {
		registry.MustRegister(watchMetrics{a.watching})
	}
	stopAdmin, err := a.serveAdmin(ctx, log, handler.CheckHosts(adminHandler(log, handler.Handler(), registry)))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer stopAdmin()
	watching, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWatching()
	go handler.Watch(watching)
	go freeIdleMemory(watching)

	var draining atomic.Bool
	server := &http.Server{
		Handler: closing(&draining, handler.Handler()), ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100},
	}
	serve := func(l net.Listener) error { return server.Serve(l) }
	if certificate == nil {
		listener = strict(listener)
	} else {
		server.TLSConfig, server.Handler = certificate.config(), strictTransport(server.Handler)
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	connections := newConnections(cmp.Or(a.config.MaxConnections, defaultMaxConnections))
	connections.install(server)
	served := make(chan error, 1)
	go func() { served <- serve(connections.bounded(listener)) }()
	log.Info("serving", "url", a.config.scheme()+"://"+listener.Addr().String(), "store", a.config.storeName())
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping: requests under way are finished", "drain", a.config.Drain)
	stopWatching() // from now on /readyz says that this server is stopping
	draining.Store(true)
	time.Sleep(a.config.Drain)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return gold.Errorf(gold.Timeout, gold.CodeStopTimeout, "requests were still running after 20 s: %w", err)
	}
	return nil
}

// accelerate returns a reader that answers from memory if it can, and a function that closes it.
func (a *app) accelerate(log *slog.Logger, store gold.Reader, registry *prometheus.Registry) (reader gold.Reader, letGo func(), err error) {
	if a.config.AccelerateMemory == 0 {
		return store, func() {}, nil
	}
	snapshots, err := columnar.New(store, columnar.Config{Memory: int64(a.config.AccelerateMemory), Logger: log, Metrics: registry})
	if err != nil {
		return nil, nil, fmt.Errorf("register the metrics of snapshots: %w", err)
	}
	return snapshots, func() { closeLogged(log, "snapshots", snapshots) }, nil
}

// folders returns the folders of models that have files, by the models' names.
func folders(all []*contract.Model) map[string]fs.FS {
	folders := map[string]fs.FS{}
	for _, m := range all {
		if m.Files == nil {
			continue
		}
		if folder, err := fs.Sub(m.Files, m.Dir); err == nil {
			folders[m.Name] = folder
		}
	}
	return folders
}

// maxBenchmark limits the file of benchmark results, which is held in memory.
const maxBenchmark = 4 << 20

// benchmarkFile is where benchmark writes its results, and where serve looks for some if no file is named.
const benchmarkFile = "data/metrics/benchmark.json"

// readBenchmark reads the benchmark results; nil if there are none. What nobody named is left out if it can't be shown.
func (a *app) readBenchmark(log *slog.Logger) ([]byte, error) {
	if a.config.Benchmark != "" {
		return readBenchmarkFile(a.config.origin("benchmark"), a.config.Benchmark)
	}
	text, err := readBenchmarkFile("the file of benchmark results", benchmarkFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("benchmark results left out", "error", err)
	}
	return text, nil
}

func readBenchmarkFile(origin, name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usagef("%s can't be read: %w", origin, err)
	}
	if len(text) > maxBenchmark || !json.Valid(text) {
		return nil, usagef("%s is %s: expected a file of JSON of at most %d bytes", origin, name, maxBenchmark)
	}
	return text, nil
}

// defaultRateLimit is the default number of requests per second and address on a server that other machines can reach.
const defaultRateLimit = 50

// rateLimit is the given limit; by default there is none on loopback, where every address is this machine's or its
// proxy's.
func (c *config) rateLimit() int {
	host, _, _ := net.SplitHostPort(c.Listen)
	if c.origins["rate-limit"] == "" && loopback(host) {
		return 0
	}
	return c.RateLimit
}

// orNone converts 0, which disables a setting, into api.Config's value for that.
func orNone[T int64 | time.Duration](value T) T {
	if value == 0 {
		return -1
	}
	return value
}

// closing closes each connection after its answer once draining is set. Closing idle connections at once, as
// Server.SetKeepAlivesEnabled does, would fail requests in transit.
func closing(draining *atomic.Bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
