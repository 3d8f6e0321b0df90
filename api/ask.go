package api

import (
	"context"
	"net/http"

	"goldserve/api/edge"
	"goldserve/gold"
)

// Ask answers a URL within the process, such as /releases, if it is no query of the engine. It returns the error that
// HTTP would answer.
func (s *Server) Ask(ctx context.Context, target string) (body []byte, err error) {
	ctx = edge.InProcess(ctx, func(why error) { err = why })
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, &gold.Error{Kind: gold.Invalid, Code: gold.CodeNotFound, Message: target + " is no path of the API", Err: err}
	}
	request.RequestURI = target
	request.Header.Set("Accept", edge.TypeJSON)
	answer := newCaptured()
	s.handler.ServeHTTP(answer, request)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return answer.Bytes(), err
}
