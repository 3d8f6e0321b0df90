package api

import (
	"fmt"
	"net/http"
	"runtime"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/query/param"
)

// noParameters refuses all parameters.
func noParameters(r *http.Request) error { return param.Read(r.URL.RawQuery).Err() }

// liveBody is /livez.
type liveBody struct {
	Status string `json:"status"`
} // @name Live

// handleLive says that the process runs; it touches nothing.
//
//	@ID			livez
//	@Summary	Whether the process runs
//	@Description	It reads nothing.
//	@Tags		server
//	@Produce	json
//	@Success	200	{object}	liveBody	"it runs"
//	@Router		/livez [get]
func (s *service) handleLive(w http.ResponseWriter, r *http.Request) error {
	if err := noParameters(r); err != nil {
		return err
	}
	return edge.SendJSON(w, http.StatusOK, liveBody{"ok"})
}

// versionBody is /version.
type versionBody struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Go      string `json:"go"`
} // @name Version

// handleVersion says which program answers.
//
//	@ID			version
//	@Summary	Name and version of the program
//	@Description	With the version of Go that built it.
//	@Tags		server
//	@Produce	json
//	@Success	200	{object}	versionBody	"the program"
//	@Router		/version [get]
func (s *service) handleVersion(w http.ResponseWriter, r *http.Request) error {
	if err := noParameters(r); err != nil {
		return err
	}
	return edge.SendJSON(w, http.StatusOK, versionBody{"goldserve", s.version, runtime.Version()})
}

// healthBody is /health: how many datasets of the model can be answered, and from which release.
type healthBody struct {
	Status   string `json:"status"`
	Error    string `json:"error,omitempty"`
	Stale    bool   `json:"stale,omitempty"` // the store can't be reached: cached answers are served, marked as stale
	Datasets int    `json:"datasets"`
	Release  *int64 `json:"release" extensions:"x-nullable"`
} // @name Health

// handleHealth says whether a model can be answered, from the last poll; it reads nothing.
//
//	@ID			health
//	@Summary	Whether the model can be served
//	@Description	From the last poll; nothing is read.
//	@Tags		server
//	@Produce	json
//	@Success	200	{object}	healthBody	"it can be served"
//	@Failure	503	{object}	healthBody	"it can't: error says why"
//	@Router		/health [get]
func (s *service) handleHealth(w http.ResponseWriter, r *http.Request) error {
	m, err := s.modelOf(r)
	if err != nil {
		return err
	}
	if err := noParameters(r); err != nil {
		return err
	}
	body, status := healthBody{Status: "ok"}, http.StatusOK
	seen := s.observation(r.Context(), m)
	if release := seen.catalog.Release; release != nil {
		announce(w, r, seen.catalog)
		body.Release = &release.Number
	}
	for _, v := range seen.catalog.Versions {
		if v.Rows > 0 {
			body.Datasets++
		}
	}
	switch {
	case seen.err != nil:
		p, _ := edge.NewProblem(seen.err, false)
		body.Status, body.Error, body.Stale, body.Datasets = "down", p.Detail, seen.fresh() && s.responder.Cache.Holds(), 0
		status = http.StatusServiceUnavailable
	case body.Datasets == 0:
		body.Status, body.Error = "down", fmt.Sprintf("%s has no release with rows yet", m.contracts.Name)
		status = http.StatusServiceUnavailable
	}
	return edge.SendJSON(w, status, body)
}

type readyBody struct {
	Status   string         `json:"status"`
	Datasets []readyDataset `json:"datasets"`
	// Behind are the models whose current release this program can't read: they are answered from an earlier one.
	Behind []behindModel `json:"behind,omitempty"`
	// Watching is the status of the lake that the server follows, if any. The server's own status does not depend on it.
	Watching *gold.Watching `json:"watching,omitempty"`
} // @name Readiness

type behindModel struct {
	Model   string `json:"model"`
	Release int64  `json:"release"` // that is answered from
	Current int64  `json:"current"` // that needs a newer goldserve
	Reason  string `json:"reason"`
} // @name BehindModel

type readyDataset struct {
	Model   string `json:"model"`
	Dataset string `json:"dataset"`
	Ready   bool   `json:"ready"`
	Reason  string `json:"reason,omitempty"`
} // @name DatasetReadiness

// handleReady says for each dataset whether it can be served, from the last poll. It is 200 if at least one can, so
// that a dataset without rows doesn't take the server out of service. It is "degraded" while the store can't be reached
// and cached answers are served, marked as stale: every other replica would be out of service too. An older program that
// answers from an earlier release than the current one, which it can't read, is ready, and says so.
//
//	@ID			readyz
//	@Summary	Whether each dataset can be served
//	@Description	From the last poll; nothing is read. 200 if at least one can be served.
//	@Tags		server
//	@Produce	json
//	@Success	200	{object}	readyBody	"at least one can be served"
//	@Failure	503	{object}	readyBody	"none can, or the server is leaving"
//	@Router		/readyz [get]
func (s *service) handleReady(w http.ResponseWriter, r *http.Request) error {
	if err := noParameters(r); err != nil {
		return err
	}
	body, status := readyBody{Status: "not_ready"}, http.StatusServiceUnavailable
	for _, m := range s.listed(r.Context()) {
		seen := s.observation(r.Context(), m)
		if seen.behind != 0 && seen.catalog.Release != nil {
			body.Behind = append(body.Behind, behindModel{m.contracts.Name, seen.catalog.Release.Number, seen.behind, string(gold.CodeVersionSkew)})
		}
		for _, v := range seen.catalog.Versions {
			item := readyDataset{Model: m.contracts.Name, Dataset: v.Dataset.Name}
			switch {
			case s.drained.Load():
				item.Reason = "the server is leaving"
			case seen.err != nil:
				item.Reason = string(gold.CodeOf(seen.err))
				if status != http.StatusOK && seen.fresh() && s.responder.Cache.Holds() {
					body.Status, status = "degraded", http.StatusOK
				}
			case v.Rows == 0:
				item.Reason = string(gold.CodeDatasetEmpty)
			default:
				item.Ready = true
				body.Status, status = "ready", http.StatusOK
			}
			body.Datasets = append(body.Datasets, item)
		}
	}
	if s.watching != nil {
		body.Watching = s.watching()
	}
	return edge.SendJSON(w, status, body)
}
