package api

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"goldserve/api/edge"
	"goldserve/gold"
	"goldserve/gold/query"
)

// problemPage documents one code at /problems/{code}.
type problemPage struct {
	Type   string    `json:"type"`
	Title  string    `json:"title"`
	Code   gold.Code `json:"code"`
	Status []int     `json:"status"` // of answers with the code; none: it is no answer's
	When   string    `json:"when"`
	Help   string    `json:"help"`
} // @name Problem

// Where a code that is no answer's own is found.
const (
	inErrors  = " It stands in errors[].code of an invalid_parameter, beside the parameter's name."
	inPublish = " It is one of goldserve publish, check, verify and rollback, which end with exit code 3, 4 or 5; no answer of this API has it."
	inProgram = " It is one of the command line; no answer of this API has it."
)

// statuses are those of answers with a code.
var statuses = map[gold.Code][]int{
	gold.CodeInvalidParameter:    {400},
	gold.CodeUnknownDataset:      {404},
	gold.CodeUnknownField:        {404},
	gold.CodeUnknownModel:        {404},
	gold.CodeRowNotFound:         {404},
	gold.CodeNotFound:            {404},
	gold.CodeUnknownRelease:      {404},
	gold.CodeNoReleaseAsOf:       {404},
	gold.CodeMethodNotAllowed:    {405},
	gold.CodeNotAcceptable:       {406},
	gold.CodeReleasePruned:       {410},
	gold.CodeURITooLong:          {414},
	gold.CodeBodyTooLong:         {413},
	gold.CodeUnsupportedMedia:    {415},
	gold.CodePreconditionFailed:  {412},
	gold.CodeRangeNotSatisfiable: {416},
	gold.CodeMisdirected:         {421},
	gold.CodeIntegerOverflow:     {400},
	gold.CodeMemoryLimit:         {413},
	gold.CodeOverloaded:          {429, 503},
	gold.CodeDatasetEmpty:        {503},
	gold.CodeNoRelease:           {503},
	gold.CodeScoreUnavailable:    {503},
	gold.CodeStoreUnavailable:    {503},
	gold.CodeQueryTimeout:        {504},
	gold.CodeInternal:            {500},
	gold.CodeReleaseInconsistent: {500},
	gold.CodeStoreFailed:         {500},
	gold.CodeVersionSkew:         {500, 503},
}

// problemHTML is the page of one code, or of all. Its policy lets nothing be loaded, so it has no style of its own.
var problemHTML = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>{{.Title}}</title>
<main>
<h1>{{.Title}}</h1>
{{range .Pages}}<section>
<h2><a href="{{.Type}}">{{.Code}}</a>{{range .Status}} {{.}}{{end}}</h2>
<p>{{.When}}</p>
<p>{{.Help}}</p>
</section>
{{end}}</main>
</html>
`))

// problemIndex is /problems.
type problemIndex struct {
	Data []problemPage `json:"data"`
} // @name Problems

// handleProblems lists every code.
//
//	@ID				problems
//	@Summary		All error codes
//	@Description	The meaning of each, and what to do. Browsers get a page.
//	@Tags			server
//	@Produce		json
//	@Produce		text/html
//	@Success		200	{object}	problemIndex	"the codes"
//	@Failure		406	{object}	edge.Problem	"not_acceptable"
//	@Router			/problems [get]
func (s *service) handleProblems(w http.ResponseWriter, r *http.Request) error {
	meanings := gold.Meanings()
	pages := make([]problemPage, len(meanings))
	for i, m := range meanings {
		pages[i] = s.problemPage(r, m)
	}
	return sendPages(w, r, "Problems", pages, problemIndex{pages})
}

// handleProblemPage says what a code means and what to do: to browsers as HTML, else as JSON.
//
//	@ID				problem
//	@Summary		One error code
//	@Description	When it happens, and what to do. Browsers get a page. The `type` of an error is this URL.
//	@Tags			server
//	@Produce		json
//	@Produce		text/html
//	@Param			code	path	string	true	"the code"
//	@Success		200	{object}	problemPage	"the code"
//	@Failure		404	{object}	edge.Problem	"not_found"
//	@Failure		406	{object}	edge.Problem	"not_acceptable"
//	@Router			/problems/{code} [get]
func (s *service) handleProblemPage(w http.ResponseWriter, r *http.Request) error {
	code, _ := edge.PathParam(r, "code")
	meanings := gold.Meanings()
	i := slices.IndexFunc(meanings, func(m gold.Meaning) bool { return string(m.Code) == code })
	if i < 0 {
		return query.Unknown(gold.CodeNotFound, "there is no problem "+code+"; /problems lists them all", gold.Nearest(code, codesOf(meanings)))
	}
	page := s.problemPage(r, meanings[i])
	return sendPages(w, r, page.Title, []problemPage{page}, page)
}

// problemPage documents a code: what it means, and what the operators of this program can do.
func (s *service) problemPage(r *http.Request, m gold.Meaning) problemPage {
	p := problemPage{
		Type: s.edge.Base(r) + "/problems/" + string(m.Code), Title: m.Code.Title(), Code: m.Code, Status: statuses[m.Code], When: m.When, Help: m.Help,
	}
	if p.Status == nil {
		p.Status = []int{}
	}
	advice := s.advice[m.Code]
	switch m.Scope {
	case gold.OfAnswers:
		if advice != "" {
			advice = "Operators: " + advice
		}
	case gold.OfParameters:
		p.When += inErrors
	case gold.OfPublishing:
		p.When += inPublish
	case gold.OfTheProgram:
		p.When += inProgram
	}
	if advice != "" {
		p.Help += " " + advice
	}
	return p
}

func codesOf(meanings []gold.Meaning) []string {
	codes := make([]string, len(meanings))
	for i, m := range meanings {
		codes[i] = string(m.Code)
	}
	return codes
}

// sendPages sends what changes with the program alone.
func sendPages(w http.ResponseWriter, r *http.Request, title string, pages []problemPage, data any) error {
	if err := noParameters(r); err != nil {
		return err
	}
	w.Header()["Vary"] = edge.Vary
	switch edge.Favourite(r.Header["Accept"], []edge.Offer{{MediaTypes: []string{edge.TypeJSON}}, {MediaTypes: []string{edge.TypeHTML}}}) {
	case -1:
		return gold.Errorf(gold.Invalid, gold.CodeNotAcceptable, "this URL answers as %s or %s", edge.TypeJSON, edge.TypeHTML)
	case 0:
		return edge.SendJSON(w, http.StatusOK, data)
	}
	var body bytes.Buffer
	if err := problemHTML.Execute(&body, struct {
		Title string
		Pages []problemPage
	}{title, pages}); err != nil {
		return fmt.Errorf("write a page: %w", err)
	}
	w.Header().Set("Content-Type", edge.TypeHTML+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	edge.Send(w, http.StatusOK, body.Bytes())
	return nil
}
