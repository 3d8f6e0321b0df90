package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"goldserve/api/edge"
	"goldserve/api/respond"
	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/scoring"
)

// service is what handlers answer from. Handlers are its methods, each family of them in a file of its own; it knows none
// of them.
type service struct {
	version      string
	log          *slog.Logger
	timeout      time.Duration
	reader       gold.Reader // whose questions wait until they are admitted
	engine       *query.Engine
	edge         *edge.Edge
	responder    *respond.Responder
	metrics      *metrics
	operations   []operation
	pathNames    []string // of the operations: what a wrong name of an endpoint may mean
	assets       *assets
	advice       map[gold.Code]string
	models       []*model // by name
	defaultModel *model   // nil: none
	poll         time.Duration
	shelf        *scoring.Shelf
	bodies       chan struct{} // one for each large body that is read
	listeners    atomic.Int64  // clients of /events
	maxListeners int64
	heartbeat    time.Duration
	watching     func() *gold.Watching // nil: no lake is followed
	leaving      chan struct{}         // closed when the server leaves
	leave        func()
	drained      atomic.Bool // Watch has ended: /readyz says no
}

func (s *service) modelNamed(name string) *model {
	for _, m := range s.models {
		if m.contracts.Name == name {
			return m
		}
	}
	return nil
}

// listed returns the models that lists and the description have.
func (s *service) listed(ctx context.Context) []*model {
	var list []*model
	for _, m := range s.models {
		if !m.unlisted || m == s.defaultModel || s.observation(ctx, m).catalog.Release != nil {
			list = append(list, m)
		}
	}
	if list == nil {
		return s.models
	}
	return list
}

func (s *service) modelNames() []string {
	names := make([]string, len(s.models))
	for i, m := range s.models {
		names[i] = m.contracts.Name
	}
	return names
}

// modelOf returns the model that a request's path names, or the default one.
func (s *service) modelOf(r *http.Request) (*model, error) {
	name, named := edge.PathParam(r, "model")
	if !named {
		if s.defaultModel == nil {
			return nil, gold.Errorf(gold.NotFound, gold.CodeUnknownModel, "there is no default model: use /m/{model}%s with one of %s", r.URL.Path, query.List(s.modelNames()))
		}
		return s.defaultModel, nil
	}
	if m := s.modelNamed(name); m != nil {
		return m, nil
	}
	return nil, query.Unknown(gold.CodeUnknownModel, fmt.Sprintf("no model %s", name), gold.Nearest(name, s.modelNames()))
}

// urlPrefix is what stands before a model's URLs: base, and for another than the default model its name.
func (s *service) urlPrefix(base string, m *model) string {
	if m == s.defaultModel {
		return base
	}
	return base + "/m/" + m.contracts.Name
}
