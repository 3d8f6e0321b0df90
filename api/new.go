package api

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"

	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/query"
)

// New returns a server of a configuration, or an Invalid error that says what is wrong with it.
func New(c Config) (*Server, error) {
	s := &Server{
		reader:  gated{c.Reader},
		version: c.Version,
		advice:  c.Advice,
		poll:    cmp.Or(c.Poll, defaultPoll),
		timeout: cmp.Or(c.Timeout, defaultTimeout),
		log:     cmp.Or(c.Logger, slog.New(slog.DiscardHandler)),
		buffers: sync.Pool{New: func() any { return new([]byte) }},

		admission: newAdmission(c.Reader.Embedded(), c.Memory),
		chunkTime: chunkTime,

		maxAge:   c.CacheMaxAge,
		staleMax: cmp.Or(c.StaleMax, defaultStaleMax),

		maxListeners: cmp.Or(c.MaxListeners, defaultMaxListeners),
		heartbeat:    cmp.Or(c.Heartbeat, defaultHeartbeat),
		leaving:      make(chan struct{}),
	}
	s.engine = query.NewEngine(s.reader, s.log)
	s.leave = sync.OnceFunc(func() { close(s.leaving) })
	if err := s.prepareModels(c); err != nil {
		return nil, err
	}
	var err error
	if s.origins, err = parseOrigins(c.CORSOrigins, c.Loopback, s.log); err != nil {
		return nil, err
	}
	if s.hosts, err = parseHosts(c.AllowedHosts); err != nil {
		return nil, err
	}
	if s.front, err = parseFront(c.BasePath, c.TrustedProxies); err != nil {
		return nil, err
	}
	if err := s.prepareCache(c); err != nil {
		return nil, err
	}
	if s.docs, err = newDocs(); err != nil {
		return nil, err
	}
	if s.ui, err = newUI(c.Benchmark, s.compressor); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(c.Metrics, s); err != nil {
		return nil, fmt.Errorf("register the metrics: %w", err)
	}
	s.grant = s.origins.handler()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.operations = newOperations(s)
	router := s.router()
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// Bodies aren't read, and what follows one on its connection may be meant for another server's reading of it.
			w.Header().Set("Connection", "close")
		}
		if !s.again(w, r) {
			router.ServeHTTP(w, r)
		}
	})
	s.public = s.CheckHosts(s.front.handler(s.limitRate(c.RateLimit, s.handler)))
	return s, nil
}

func (s *Server) prepareModels(c Config) error {
	if len(c.Models) == 0 {
		return gold.Errorf(gold.Invalid, gold.CodeContractInvalid, "there is no model to serve")
	}
	for _, m := range c.Models {
		s.models = append(s.models, newModel(m, c.Dashboards[m.Name]))
	}
	slices.SortFunc(s.models, func(a, b *model) int { return cmp.Compare(a.contracts.Name, b.contracts.Name) })
	for i, m := range s.models[1:] {
		if m.contracts.Name == s.models[i].contracts.Name {
			return gold.Errorf(gold.Invalid, gold.CodeContractInvalid, "there are two models named %s", m.contracts.Name)
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

func (s *Server) prepareCache(c Config) (err error) {
	if s.kept, err = respond.NewCache(cmp.Or(c.CacheSize, defaultCacheSize)); err != nil {
		return fmt.Errorf("make the cache of answers: %w", err)
	}
	if s.memo, err = newMemo(); err != nil {
		return fmt.Errorf("make the memory of requests: %w", err)
	}
	s.files = &files{dir: c.CacheDir}
	s.compressor, err = respond.NewCompressor()
	return err
}
