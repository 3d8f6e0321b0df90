package api

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/scoring"
)

// New returns a server of a configuration, or an Invalid error that says what is wrong with it.
func New(c Config) (*Server, error) {
	s := &Server{service: &service{
		version: c.Version, advice: c.Advice, watching: c.Watching, metrics: newMetrics(c.Metrics),
		log:     cmp.Or(c.Logger, slog.New(slog.DiscardHandler)),
		timeout: cmp.Or(c.Timeout, defaultTimeout), poll: cmp.Or(c.Poll, defaultPoll),
		maxListeners: cmp.Or(c.MaxListeners, defaultMaxListeners), heartbeat: cmp.Or(c.Heartbeat, defaultHeartbeat),
		leaving: make(chan struct{}), bodies: make(chan struct{}, maxBodies),
	}}
	if s.shelf = c.Scores; s.shelf == nil {
		s.shelf = scoring.NewShelf(nil)
	}
	s.leave = sync.OnceFunc(func() { close(s.leaving) })
	if err := s.prepareModels(c); err != nil {
		return nil, err
	}
	var err error
	if s.edge, err = edge.New(edge.Config{
		Logger: s.log, Timeout: s.timeout, ChunkTime: c.ChunkTime, CORSOrigins: c.CORSOrigins, Loopback: c.Loopback,
		AllowedHosts: c.AllowedHosts, BasePath: c.BasePath, TrustedProxies: c.TrustedProxies, RateLimit: c.RateLimit,
		Counted: s.metrics.request,
	}); err != nil {
		return nil, err
	}
	if s.responder, err = respond.New(respond.Config{
		Reader: c.Reader, Edge: s.edge, Logger: s.log, Timeout: s.timeout, Memory: c.Memory,
		CacheSize: cmp.Or(c.CacheSize, defaultCacheSize), MaxAge: c.CacheMaxAge, FileDir: c.CacheDir,
		Answered: s.metrics.answer, Failed: s.metrics.storeError,
	}); err != nil {
		return nil, err
	}
	s.reader = s.responder.Reader()
	s.engine = query.NewEngine(s.reader, s.log)
	if s.docs, err = newDocs(); err != nil {
		return nil, err
	}
	if s.assets, err = newAssets(c.Benchmark, s.responder.Compressor); err != nil {
		return nil, err
	}
	if err = s.register(c.Metrics, c.Memory); err != nil {
		return nil, fmt.Errorf("register the metrics: %w", err)
	}
	s.operations = newOperations(s)
	s.pathNames = pathNames(s.operations)
	router := s.router()
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// Bodies aren't read, and what follows one on its connection may be meant for another server's reading of it.
			w.Header().Set("Connection", "close")
		}
		if !s.responder.Again(w, r) {
			router.ServeHTTP(w, r)
		}
	})
	s.public = s.edge.Public(s.handler)
	return s, nil
}

func (s *Server) prepareModels(c Config) error {
	if len(c.Models) == 0 {
		return gold.Errorf(gold.Invalid, gold.CodeContractInvalid, "there is no model to serve")
	}
	for _, m := range c.Models {
		s.models = append(s.models, newModel(m, c.Dashboards[m.Name], cmp.Or(c.StaleMax, defaultStaleMax)))
	}
	slices.SortFunc(s.models, func(a, b *model) int { return cmp.Compare(a.contracts.Name, b.contracts.Name) })
	for i, m := range s.models[1:] {
		if m.contracts.Name == s.models[i].contracts.Name {
			return gold.Errorf(gold.Invalid, gold.CodeContractInvalid, "there are two models named %s", m.contracts.Name)
		}
	}
	for _, name := range c.Unlisted {
		if m := s.modelNamed(name); m != nil {
			m.unlisted = true
		}
	}
	switch {
	case c.DefaultModel != "":
		if s.defaultModel = s.modelNamed(c.DefaultModel); s.defaultModel == nil {
			return gold.Errorf(gold.Invalid, gold.CodeContractInvalid, "the default model %s is none of %s", c.DefaultModel, query.List(s.modelNames()))
		}
	case len(s.models) == 1:
		s.defaultModel = s.models[0]
	}
	return nil
}
