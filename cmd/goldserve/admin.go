package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newRegistry returns a registry with the metrics of the process and the Go runtime.
func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// adminHandler serves what only operators may see: metrics and profiles, and the health URLs of the public listener,
// for probes without TLS.
func adminHandler(log *slog.Logger, public http.Handler, registry *prometheus.Registry) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/livez", "/readyz", "/health", "/m/{model}/health"} {
		mux.Handle(path, public)
	}
	mux.Handle("GET /metrics", metricsHandler(log, registry))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func metricsHandler(log *slog.Logger, registry *prometheus.Registry) http.Handler {
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)})
}

// serveAdmin serves --admin-listen until stop is called, which happens after the public listener has ended, if there is one: /readyz
// must answer to the last.
func (a *app) serveAdmin(ctx context.Context, log *slog.Logger, handler http.Handler) (stop func(), err error) {
	if a.config.AdminListen == "" {
		return func() {}, nil
	}
	listener, err := a.listenAt(ctx, "admin-listen", a.config.AdminListen)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: handler, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(strict(listener)); !errors.Is(err, http.ErrServerClosed) {
			log.Error("admin listener ended", "error", err)
		}
	}()
	log.Info("serving metrics", "url", "http://"+listener.Addr().String()+"/metrics")
	return func() {
		closeLogged(log, "admin listener", server)
		<-ended
	}, nil
}
