package api

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"goldserve/gold"
	"goldserve/gold/query"
)

// problemPage documents one code at /problems/{code}.
type problemPage struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Code   string `json:"code"`
	Status []int  `json:"status"` // of answers with the code; none: it is no answer's
	When   string `json:"when"`
	Help   string `json:"help"`
} // @name Problem

// Where a code that is no answer's own is found.
const (
	inErrors  = " It stands in errors[].code of an invalid_parameter, beside the parameter's name."
	inPublish = " It is one of goldserve publish, check, verify and rollback, which end with exit code 3, 4 or 5; no answer of this API has it."
)

// problemPages are all codes, in the order of the index: those of answers, those of parameters, those of the command line.
var problemPages = []problemPage{
	{Code: gold.CodeInvalidParameter, Status: []int{400}, When: "Something in the query or path can't be used: an unknown, repeated or badly encoded parameter, a value of the wrong type, an operator that the field doesn't have. Nothing was asked of the store.", Help: "errors names every parameter with what was expected, and did_you_mean the nearest valid word. /datasets/{dataset} lists the fields and their filters."},
	{Code: gold.CodeUnknownDataset, Status: []int{404}, When: "The release has no dataset or endpoint of that name.", Help: "The detail names the nearest one; / and /datasets list what there is."},
	{Code: query.CodeUnknownField, Status: []int{404}, When: "The path names a field that the dataset hasn't.", Help: "/datasets/{dataset} lists its fields."},
	{Code: query.CodeUnknownModel, Status: []int{404}, When: "The path names a model that isn't served, or none where there is no default model.", Help: "/ lists the models; --default-model names the one of the bare URLs."},
	{Code: gold.CodeRowNotFound, Status: []int{404}, When: "The dataset has no row with this key in this release.", Help: "A key is one segment of the path: escape slashes as %2F, and join the fields of a composite key by commas, quoted as in CSV."},
	{Code: codeNotFound, Status: []int{404}, When: "There is nothing at this URL.", Help: "/ lists the URLs."},
	{Code: gold.CodeUnknownRelease, Status: []int{404}, When: "release= names a release that was never published.", Help: "/releases lists those that there are."},
	{Code: gold.CodeNoReleaseAsOf, Status: []int{404}, When: "as_of= is before the first release that is kept.", Help: "The detail names the oldest one. as_of chooses a release; rows are filtered by their own date field."},
	{Code: codeMethodNotAllowed, Status: []int{405}, When: "The method is none of GET, HEAD and OPTIONS: this API is read only.", Help: "Use GET. Data is published by goldserve publish."},
	{Code: codeNotAcceptable, Status: []int{406}, When: "The URL can't be answered in any media type of Accept, or in the format that format= names.", Help: "The detail lists what there is."},
	{Code: gold.CodeReleasePruned, Status: []int{410}, When: "The release is past its retention: its record is kept, its rows are no longer answered, and are dropped once --grace has passed. A cursor lives as long as its release.", Help: "Ask for the current release, or for one that /releases doesn't call pruned; start again without the cursor."},
	{Code: codeURITooLong, Status: []int{414}, When: "The URL is longer than 4 KiB, or 8 KiB with a cursor.", Help: "Name fewer values, or use a range."},
	{Code: codePreconditionFailed, Status: []int{412}, When: "If-Match names none of the tags of a whole dataset as Parquet: another release has other rows.", Help: "Read the file anew, from its beginning."},
	{Code: codeRangeNotSatisfiable, Status: []int{416}, When: "Range asks for bytes that a whole dataset as Parquet hasn't, or can't be read.", Help: "Content-Range says how many there are. The footer is at the end: Range: bytes=-8."},
	{Code: codeMisdirected, Status: []int{421}, When: "The request's Host (:authority in HTTP/2) is none of this server's names: those of loopback, the address that it came in at, and --allowed-hosts. So no page can read answers by a name of its own that leads here.", Help: "Use one of those names. Operators: --allowed-hosts with the name that is used, also where a proxy hands it on."},
	{Code: gold.CodeIntegerOverflow, Status: []int{400}, When: "A sum of integers leaves the range of 64-bit integers.", Help: "Narrow the filter, or group by more."},
	{Code: gold.CodeMemoryLimit, Status: []int{413}, When: "The question, or a rule of a publish, needs more memory by itself than all questions may hold together: too many groups or different values, or too many keys to be looked up.", Help: "Narrow the filter, group by less, or ask a derived dataset that has fewer rows. Operators: raise --memory, of serve or publish."},
	{Code: gold.CodeOverloaded, Status: []int{429, 503}, When: "429: your address asks more often than --rate-limit allows. 503: the server has as much to do, or holds as much for questions (--memory), as it can, or has as many listeners as --max-listeners allows.", Help: "Wait as long as Retry-After says, and ask again. Keep answers by their ETag: a 304 is cheap, but counts."},
	{Code: gold.CodeDatasetEmpty, Status: []int{503}, When: "The dataset has no rows in this release, or was never published. It never speaks of a filter: one that finds nothing is 200 with no rows.", Help: "Publish the dataset: goldserve publish. Ask again after Retry-After."},
	{Code: gold.CodeNoRelease, Status: []int{503}, When: "Nothing is published for the model yet.", Help: "goldserve publish --lake FOLDER makes the first release; the server finds it by itself."},
	{Code: gold.CodeStoreUnavailable, Status: []int{503}, When: "The store can't be reached, and no answer that is still right is kept.", Help: "Ask again after Retry-After. Operators: /readyz and the log say since when."},
	{Code: gold.CodeQueryTimeout, Status: []int{504}, When: "The answer took longer than --request-timeout.", Help: "Filter more, ask for fewer groups, or page with limit. Asking the same again costs the same again."},
	{Code: gold.CodeInternal, Status: []int{500}, When: "Something failed that should not have.", Help: "Tell the operator the request_id: the log has the cause under it."},
	{Code: gold.CodeReleaseInconsistent, Status: []int{500}, When: "The store doesn't hold what the release says: rows were deleted or changed behind goldserve's back. No shorter answer is given instead.", Help: "Operators: goldserve verify finds the dataset, goldserve publish --reload DATASET mends it."},
	{Code: gold.CodeStoreFailed, Status: []int{500}, When: "The store refused or failed a read that should have worked.", Help: "Tell the operator the request_id: the log has the store's own error under it."},
	{Code: gold.CodeVersionSkew, Status: []int{500}, When: "The store holds records that another version of goldserve wrote, and this one can't read.", Help: "Serve with the version that published, or publish again with this one."},

	{Code: query.ProblemUnknownParameter, When: "No parameter and no field of that name can be given here." + inErrors, Help: "did_you_mean names the nearest. Parameters that start with _ are ignored."},
	{Code: query.ProblemDuplicateParameter, When: "A parameter was given more than once." + inErrors, Help: "Give it once; lists are one value: field__in=a,b."},
	{Code: query.ProblemInvalidEncoding, When: "A name, value or path is not valid UTF-8, holds a NUL, or is badly escaped." + inErrors, Help: "Escape each name and value by itself: encodeURIComponent, urllib.parse.quote, curl --data-urlencode with -G."},
	{Code: query.ProblemInvalidValue, When: "A value isn't what the parameter or the field's type expects." + inErrors, Help: "The detail says what was expected, did_you_mean the nearest valid value."},
	{Code: query.ProblemInvalidOperator, When: "The field can be filtered, but not by this operator." + inErrors, Help: "/datasets/{dataset} lists each field's operators."},
	{Code: query.ProblemInvalidCursor, When: "The cursor is damaged, of another dataset or query, or disagrees with a parameter beside it." + inErrors, Help: "Call meta.next as it is; or start again without the cursor."},
	{Code: query.ProblemNotFilterable, When: "The contract doesn't let this field be filtered." + inErrors, Help: "/datasets/{dataset} lists the filters; the contract's filters: adds one."},
	{Code: query.ProblemAmbiguous, When: "The name is a parameter's and a field's." + inErrors, Help: "Filter the field as name__eq=value."},
	{Code: query.ProblemTooMany, When: "The request has more parameters than are read." + inErrors, Help: "Use lists (field__in=a,b) and ranges."},

	{Code: gold.CodeReleaseWithdrawn, When: "The files are those of a release that was rolled back." + inPublish, Help: "Publish other files, or these again with --again."},
	{Code: gold.CodePublishConflict, When: "Another publisher is at work on the model, or took over." + inPublish, Help: "Wait for it; goldserve status names it."},
	{Code: gold.CodeBITargetTaken, When: "A collection, table or view that isn't goldserve's has the name of a dataset's." + inPublish, Help: "Rename one of them."},
	{Code: gold.CodeBreakingChange, When: "A field changes its type, which saved questions of BI tools would not survive." + inPublish, Help: "Give the field another name, or publish with --allow-breaking."},
	{Code: gold.CodeContractInvalid, When: "A contract or its overlay is wrong." + inPublish, Help: "goldserve contracts lint names every mistake with its line."},
	{Code: gold.CodeLakeNotFound, When: "The lake's folder isn't there or can't be read." + inPublish, Help: "Give --lake the folder that holds the gold files."},
	{Code: gold.CodeSourceMissing, When: "The lake has no file or folder for a dataset." + inPublish, Help: "Write it; the message names the nearest name that is there."},
	{Code: gold.CodeSourceUnreadable, When: "A file can't be opened or read." + inPublish, Help: "See to its rights and to the disk, then publish again."},
	{Code: gold.CodeSourceChanged, When: "A file changed while it was read." + inPublish, Help: "Publish again once the writer is done."},
	{Code: gold.CodeIntegrityFailed, When: "A file of the lake is not the one that the manifest says: it is missing, added or changed; or the manifest can't be read." + inPublish, Help: "Write the file again, or the manifest with goldserve manifest where the lake is right; the message names each file."},
	{Code: gold.CodeFileInvalid, When: "A file is damaged or isn't what its name says." + inPublish, Help: "Write it again; the message names file, row group and column."},
	{Code: gold.CodeFileUnsupported, When: "A file uses what goldserve doesn't read: encryption, or sizes beyond its limits." + inPublish, Help: "Write it as the message says."},
	{Code: gold.CodeSchemaMissing, When: "A file lacks a column that the contract names." + inPublish, Help: "Write the column, or take it out of the contract."},
	{Code: gold.CodeSchemaType, When: "A column's type can't become the contract's." + inPublish, Help: "Cast it when the file is written, or change the contract."},
	{Code: gold.CodeSchemaDuplicate, When: "A file has two columns of one name." + inPublish, Help: "Rename one of them."},
	{Code: gold.CodeValueNull, When: "A required field is null in some row." + inPublish, Help: "Mend the row, or let the contract's field be empty (required: false)."},
	{Code: gold.CodeValueType, When: "A value isn't of the contract's type." + inPublish, Help: "Mend the row; the message names it."},
	{Code: gold.CodeValueRange, When: "A value can't be held: an integer beyond 64 bits, a year beyond 9999, a text that is too long." + inPublish, Help: "Mend the row; the message names it."},
	{Code: gold.CodeDuplicateKey, When: "Two rows have the same key." + inPublish, Help: "Make the key unique; the message names one that isn't."},
	{Code: gold.CodeDatasetShrank, When: "A dataset has far fewer rows than in the release before, as after an export that broke off." + inPublish, Help: "Look at the files; the message says how to publish them all the same."},
	{Code: gold.CodeRowCount, When: "A file, or the store, holds another number of rows than it says." + inPublish, Help: "Write the file again, or publish again."},
	{Code: gold.CodeQualityFailed, When: "A rule of severity error is broken." + inPublish, Help: "The message names the rule and rows. Mend them, or the rule."},
	{Code: gold.CodeVersionDamaged, When: "Rows in the store aren't those that were published." + inPublish, Help: "goldserve publish --reload DATASET loads them again."},
}

const mediaTypeHTML = "text/html"

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
//	@Summary		Every code of an error
//	@Description	What each means, and what to do: a page for browsers.
//	@Tags			server
//	@Produce		json
//	@Produce		text/html
//	@Success		200	{object}	problemIndex	"the codes"
//	@Failure		406	{object}	problemBody	"not_acceptable"
//	@Router			/problems [get]
func (s *Server) handleProblems(w http.ResponseWriter, r *http.Request) error {
	pages := make([]problemPage, len(problemPages))
	for i, p := range problemPages {
		pages[i] = p.at(s.baseOf(r))
	}
	return sendPages(w, r, "Problems", pages, problemIndex{pages})
}

// handleProblemPage says what a code means and what to do: to browsers as HTML, else as JSON.
//
//	@ID				problem
//	@Summary		What an error's code means
//	@Description	When it happens and what to do: a page for browsers. `type` of an error leads here.
//	@Tags			server
//	@Produce		json
//	@Produce		text/html
//	@Param			code	path	string	true	"the code"
//	@Success		200	{object}	problemPage	"the code"
//	@Failure		404	{object}	problemBody	"not_found"
//	@Failure		406	{object}	problemBody	"not_acceptable"
//	@Router			/problems/{code} [get]
func (s *Server) handleProblemPage(w http.ResponseWriter, r *http.Request) error {
	code, _ := pathParam(r, "code")
	i := slices.IndexFunc(problemPages, func(p problemPage) bool { return p.Code == code })
	if i < 0 {
		return query.Unknown(codeNotFound, "there is no problem "+code+"; /problems lists them all", gold.Nearest(code, problemCodes()))
	}
	page := problemPages[i].at(s.baseOf(r))
	return sendPages(w, r, page.Title, []problemPage{page}, page)
}

func (p problemPage) at(base string) problemPage {
	p.Type, p.Title = base+"/problems/"+p.Code, title(p.Code)
	if p.Status == nil {
		p.Status = []int{}
	}
	return p
}

func problemCodes() []string {
	codes := make([]string, len(problemPages))
	for i, p := range problemPages {
		codes[i] = p.Code
	}
	return codes
}

// sendPages sends what changes with the program alone.
func sendPages(w http.ResponseWriter, r *http.Request, title string, pages []problemPage, data any) error {
	if err := noParameters(r); err != nil {
		return err
	}
	w.Header()["Vary"] = vary
	switch favourite(r.Header["Accept"], []offer{{mediaTypes: []string{mediaTypeJSON}}, {mediaTypes: []string{mediaTypeHTML}}}) {
	case -1:
		return gold.Errorf(gold.Invalid, codeNotAcceptable, "this URL answers as %s or %s", mediaTypeJSON, mediaTypeHTML)
	case 0:
		return sendJSON(w, http.StatusOK, data)
	}
	var body bytes.Buffer
	if err := problemHTML.Execute(&body, struct {
		Title string
		Pages []problemPage
	}{title, pages}); err != nil {
		return fmt.Errorf("write a page: %w", err)
	}
	w.Header().Set("Content-Type", mediaTypeHTML+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	send(w, http.StatusOK, body.Bytes())
	return nil
}
