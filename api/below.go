package api

import (
	"net/http"
	"slices"
	"strings"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/query"
	"goldserve/gold/query/param"
)

// An endpoint may have several segments: /sales/monthly. The router knows the number of segments alone, and the release
// that answers knows its endpoints: no route has a path of three or more, and one of two may be an endpoint's or that of
// a row. It is never both: contracts say that when they load.

const (
	endpointRoute = "/{endpoint}"
	rowRoute      = "/{endpoint}/{key}"
)

// endpointOfTwo reports whether the path of two segments, which the router takes for a row's, is an endpoint's. The
// request is routed there then.
func (s *service) endpointOfTwo(r *http.Request) bool {
	first, _ := edge.PathParam(r, "endpoint")
	second, _ := edge.PathParam(r, "key")
	m, err := s.modelOf(r)
	return err == nil && rerouted(r, s.endpointsOf(r, m), []string{first, second})
}

// handleDeeper answers the paths that no route has: endpoints of several segments, and their rows.
func (s *service) handleDeeper(w http.ResponseWriter, r *http.Request) error {
	segments := edge.Segments(r)
	if len(segments) > 2 && segments[0] == "m" {
		edge.Reroute(r, "", edge.Param{Name: "model", Value: segments[1]})
		segments = segments[2:]
	}
	m, err := s.modelOf(r)
	if len(segments) < 3 || err != nil {
		return edge.NothingAt(r)
	}
	c := s.endpointsOf(r, m)
	if rerouted(r, c, segments) {
		return s.handleEndpoint(w, r)
	}
	last := len(segments) - 1
	if name, _ := endpointAt(c, segments[:last], false); name != "" {
		reroute(r, rowRoute, edge.Param{Name: "endpoint", Value: name}, edge.Param{Name: "key", Value: segments[last]})
		return s.answerRow(w, r)
	}
	path := strings.Join(segments, "/")
	deep := slices.DeleteFunc(c.EndpointNames(), func(name string) bool { return !strings.Contains(name, "/") })
	if nearest := gold.Nearest(path, deep); nearest != "" {
		return query.Unknown(gold.CodeUnknownDataset, c.Title()+" has no endpoint /"+path, "/"+nearest)
	}
	return edge.NothingAt(r)
}

// endpointsOf returns the catalog of the release that a request asks for, or of the current one where it can't be had: the
// handler says why.
func (s *service) endpointsOf(r *http.Request, m *model) *catalog {
	if sel, err := param.Read(r.URL.RawQuery).Selector(m.contracts.Name, s.observation(r.Context(), m).catalog.Calendar, true); err == nil {
		if c, _, err := s.resolve(r.Context(), m, sel); err == nil {
			return c
		}
	}
	return s.observation(r.Context(), m).catalog
}

// rerouted routes a request to the endpoint that is at its path, and reports whether there is one.
func rerouted(r *http.Request, c *catalog, segments []string) bool {
	name, suffix := endpointAt(c, segments, true)
	switch {
	case name == "":
		return false
	case suffix == "":
		reroute(r, endpointRoute, edge.Param{Name: "endpoint", Value: name})
	default:
		reroute(r, endpointRoute+suffixPattern, edge.Param{Name: "endpoint", Value: name}, edge.Param{Name: "format", Value: suffix})
	}
	return true
}

// reroute routes a request to a route of a model's, below the model that its path names.
func reroute(r *http.Request, route string, params ...edge.Param) {
	if name, named := edge.PathParam(r, "model"); named {
		route, params = modelPrefix+route, append(params, edge.Param{Name: "model", Value: name})
	}
	edge.Reroute(r, route, params...)
}

// endpointAt returns the name of the endpoint that segments are of, "" for none, and the format that the last one ends
// with, if it may.
func endpointAt(c *catalog, segments []string, suffixed bool) (name, suffix string) {
	if slices.ContainsFunc(segments, func(s string) bool { return strings.Contains(s, "/") }) {
		return "", "" // a key's, which was escaped
	}
	path := strings.Join(segments, "/")
	if c.Behind(path) != nil {
		return path, ""
	}
	point := strings.LastIndexByte(path, '.')
	if suffixed && point > 0 && slices.Contains(formatNames(), path[point+1:]) && c.Behind(path[:point]) != nil {
		return path[:point], path[point+1:]
	}
	return "", ""
}
