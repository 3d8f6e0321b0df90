package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// describedServer holds every answer of a server of the shop against the description.
type describedServer struct {
	t    *testing.T
	next http.Handler
	docs map[string]*openapi3.T // by the prefix of their paths
}

// described returns a handler whose answers are held against the description of the shop.
func described(t *testing.T, next http.Handler) http.Handler {
	return &describedServer{t, next, shopDescriptions(t)}
}

var descriptions struct {
	once sync.Once
	docs map[string]*openapi3.T
}

// shopDescriptions returns the descriptions of the shop, made once.
func shopDescriptions(t *testing.T) map[string]*openapi3.T {
	descriptions.once.Do(func() {
		s, err := api.New(api.Config{Reader: newMemory(2), Models: []gold.Model{shop()}})
		if err != nil {
			t.Fatal(err)
		}
		descriptions.docs = map[string]*openapi3.T{
			"": description(t, s.Handler(), "/openapi.json"), "/m/shop": description(t, s.Handler(), "/m/shop/openapi.json"),
		}
	})
	return descriptions.docs
}

func (d *describedServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.next.ServeHTTP(w, r)
	recorder, ok := w.(*httptest.ResponseRecorder)
	if !ok || d.docs == nil || r.Context().Err() != nil || r.Method != http.MethodGet {
		return
	}
	d.check(r, recorder)
}

// A key figure may be a text or a time, which is described as one.
func TestKeyFiguresAreDescribedByTheirKind(t *testing.T) {
	reader := newMemory(1)
	for i := range reader.releases[0].Versions {
		if d := &reader.releases[0].Versions[i].Dataset; d.Name == "achats" {
			for _, m := range []gold.Measure{{Func: gold.Min, Field: "pays"}, {Func: gold.Max, Field: "le"}} {
				d.Metrics = append(slices.Clone(d.Metrics), gold.Metric{Name: m.Field + "_" + m.Func.String(), Measure: &m})
				reader.releases[0].KPIs = append(slices.Clone(reader.releases[0].KPIs), m.Field+"_"+m.Func.String())
			}
		}
	}
	h := newConfigured(t, api.Config{Reader: reader}).Handler()
	held := &describedServer{t, h, map[string]*openapi3.T{"": description(t, h, "/openapi.json")}}
	for _, filter := range []string{"", "?montant__gte=1", "?le=2011-07-01&compare=previous"} {
		if w := ask(held, "GET /kpis"+filter); w.Code != http.StatusOK || filter != "" && !strings.Contains(w.Body.String(), `"le_max":"20`) {
			t.Errorf("%s: %d %s", filter, w.Code, w.Body)
		}
	}
}

// description reads a description, and checks that it is a valid one.
func description(t *testing.T, h http.Handler, path string) *openapi3.T {
	t.Helper()
	w := ask(h, "GET "+path)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	if err == nil {
		err = doc.Validate(context.Background(), openapi3.EnableExamplesValidation())
	}
	if err != nil {
		t.Fatalf("%s is invalid: %v", path, err)
	}
	return doc
}

// check holds an answer, and the request where it was taken, against the description.
func (d *describedServer) check(r *http.Request, w *httptest.ResponseRecorder) {
	prefix := ""
	if strings.HasPrefix(r.URL.Path, "/m/shop") {
		prefix = "/m/shop"
	}
	escaped := r.URL.EscapedPath()
	if end := strings.LastIndexByte(escaped, '.'); end > strings.LastIndexByte(escaped, '/') {
		if _, ok := format.Parse(escaped[end+1:]); ok && !strings.HasSuffix(escaped[:end], "/openapi") {
			escaped = escaped[:end] // short for format=
		}
	}
	path, item, params := find(d.docs[prefix], escaped)
	switch {
	case w.Code == http.StatusPermanentRedirect:
		return // to a path that is described
	case (item == nil || item.Get == nil) && (w.Code >= http.StatusBadRequest || strings.HasPrefix(r.URL.Path, "/docs/")):
		return // nothing is there, and nothing is described
	case item == nil:
		d.t.Errorf("GET %s: %d, and nothing describes it", r.URL, w.Code)
		return
	}
	request := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, QueryParams: r.URL.Query(),
		Route: &routers.Route{Spec: d.docs[prefix], Path: path, PathItem: item, Method: http.MethodGet, Operation: item.Get},
	}
	mediaType, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	if content := item.Get.Responses.Status(w.Code); content == nil || len(content.Value.Content) > 0 && content.Value.Content[mediaType] == nil {
		d.t.Errorf("GET %s: nothing describes an answer of %d as %s", r.URL, w.Code, mediaType)
	}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(plainBody(d.t, w))),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: !strings.HasSuffix(mediaType, "/json") && !strings.HasSuffix(mediaType, "+json")},
	})
	if err != nil {
		d.t.Errorf("GET %s: the answer isn't as described: %v", r.URL, err)
	}
	if w.Code == http.StatusOK {
		d.checkParameters(request)
	}
}

// checkParameters checks that a request that was taken is one that the description allows.
func (d *describedServer) checkParameters(in *openapi3filter.RequestValidationInput) {
	for name := range in.QueryParams {
		p := in.Route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, strings.TrimSuffix(name, "__eq"))
		if p == nil {
			p = in.Route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name)
		}
		free := in.Route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, "having") != nil && p == nil
		switch {
		case strings.HasPrefix(name, "_"), free:
		case p != nil && strings.Contains(in.QueryParams.Get(name), `"`): // the filter splits lists at quoted commas too
		case name == "limit" && in.QueryParams.Get("format") != "json": // only JSON has the maximum
		case p == nil:
			d.t.Errorf("GET %s: %s was taken, and nothing describes it", in.Request.URL, name)
		default:
			if err := openapi3filter.ValidateParameter(context.Background(), in, p); err != nil {
				d.t.Errorf("GET %s: %s was taken, and the description forbids it: %v", in.Request.URL, name, err)
			}
		}
	}
}

// find returns the described path of a URL, the one with the fewest parameters, and the values of those.
func find(doc *openapi3.T, escaped string) (path string, item *openapi3.PathItem, params map[string]string) {
	segments := strings.Split(escaped, "/")
	for candidate, i := range doc.Paths.Map() {
		values, ok := match(strings.Split(candidate, "/"), segments)
		if ok && (item == nil || len(values) < len(params)) {
			path, item, params = candidate, i, values
		}
	}
	return path, item, params
}

func match(pattern, segments []string) (map[string]string, bool) {
	values := map[string]string{}
	if len(pattern) != len(segments) {
		return nil, false
	}
	for i, p := range pattern {
		value, err := url.PathUnescape(segments[i])
		if name, ok := strings.CutPrefix(p, "{"); ok && err == nil && value != "" {
			values[strings.TrimSuffix(name, "}")] = value
		} else if p != value {
			return nil, false
		}
	}
	return values, true
}

func plainBody(t *testing.T, w *httptest.ResponseRecorder) []byte {
	switch w.Header().Get("Content-Encoding") {
	case "":
		return w.Body.Bytes()
	case "gzip":
		r, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
		if err != nil {
			t.Error(err)
			return nil
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Error(err)
		}
		return body
	default:
		r, err := zstd.NewReader(nil)
		if err != nil {
			t.Error(err)
			return nil
		}
		defer r.Close()
		body, err := r.DecodeAll(w.Body.Bytes(), nil)
		if err != nil {
			t.Error(err)
		}
		return body
	}
}

func TestTheDescriptionHasEveryRouteAndNoOther(t *testing.T) {
	other := shop()
	other.Name = "other"
	s, err := api.New(api.Config{Reader: newMemory(2), Models: []gold.Model{shop(), other}, DefaultModel: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	all := description(t, s.Handler(), "/openapi.json")
	for path := range all.Paths.Map() {
		if strings.HasPrefix(path, "/m/other") {
			all.Paths.Delete(path)
		}
	}
	if n := all.Paths.Len(); n < 50 {
		t.Errorf("%d paths of the default model", n)
	}
	api.CheckRoutes(t, s, all, "")
	api.CheckRoutes(t, s, description(t, s.Handler(), "/m/other/openapi.json"), "/m/other")
}

func TestTheDescriptionBeforeAPublish(t *testing.T) {
	if doc := description(t, newServer(t, newMemory(0)), "/openapi.json"); doc.Paths.Value("/par_pays") == nil {
		t.Error("what the contracts on disk say is missing")
	}
	other := shop()
	other.Name = "other"
	s, err := api.New(api.Config{Reader: newMemory(2), Models: []gold.Model{shop(), other}})
	if err != nil {
		t.Fatal(err)
	}
	doc := description(t, s.Handler(), "/openapi.json")
	for _, path := range []string{"/m/shop/par_pays", "/m/other/par_pays", "/livez"} {
		if doc.Paths.Value(path) == nil {
			t.Errorf("without a default model %s is missing", path)
		}
	}
	w := ask(s.Handler(), "GET /openapi.json?format=json&release=1")
	checkProblem(t, w, http.StatusBadRequest, "invalid_parameter")
	if text := w.Body.String(); !strings.Contains(text, "use /m/{model}/openapi.json") || strings.Contains(text, "did you mean") || strings.Contains(text, "format:") {
		t.Errorf("a release of no model: %s", text)
	}
}

func TestEveryFieldAndOperatorIsATypedParameter(t *testing.T) {
	h := newServer(t, newMemory(2))
	doc := description(t, h, "/openapi.json")
	if !strings.Contains(ask(h, "GET /openapi.json").Body.String(), `"maximum":9223372036854775807,"minimum":-9223372036854775808`) {
		t.Error("the bounds of integers aren't exact") // the loader rounds them
	}
	op := doc.Paths.Value("/datasets/achats/rows").Get
	for name, want := range map[string]string{
		"pays":              `{"examples":["France"],"pattern":"^[^\\x00]*$","type":"string"}`,
		"count__eq":         `{"examples":[0],"format":"int64","maximum":9223372036854776000,"minimum":-9223372036854776000,"type":"integer"}`,
		"produit__isnull":   `{"enum":["true","false"],"examples":["false"],"type":"string"}`,
		"montant__gte":      `{"examples":[0],"format":"double","type":"number"}`,
		"produit__contains": `{"examples":["tray,"],"maxLength":64,"minLength":1,"pattern":"^[^\\x00]*$","type":"string"}`,
		"limit":             `{"default":8,"format":"int64","maximum":8,"minimum":0,"type":"integer"}`,
	} {
		p := op.Parameters.GetByInAndName("query", name)
		if p == nil {
			t.Errorf("no parameter %s", name)
			continue
		}
		if got, err := json.Marshal(p.Schema); err != nil || string(got) != want {
			t.Errorf("%s is %s (%v), want %s", name, got, err, want)
		}
	}
	segment := doc.Paths.Value("/scores").Get.Parameters.GetByInAndName("query", "segment__in")
	if got, _ := json.Marshal(segment.Schema.Value.Items); string(got) != `{"enum":["A relancer","Actifs","VIP"],"type":"string"}` {
		t.Errorf("the items of segment__in are %s", got)
	}
	for _, never := range []string{"count", "email", "email__eq", "montant", "paye__ne"} {
		if p := op.Parameters.GetByInAndName("query", never); p != nil && never != "count" {
			t.Errorf("%s can't be filtered, and is described", never)
		}
	}
	if p := op.Parameters.GetByInAndName("query", "ville"); p == nil {
		t.Error("the looked-up field ville is missing")
	}
	if doc.Paths.Value("/scores/{client}") == nil {
		t.Error("the key isn't called by its field")
	}
}

func TestTheDescriptionFollowsItsRelease(t *testing.T) {
	reader := newMemory(2)
	h := newServer(t, reader)
	first := ask(h, "GET /openapi.json")
	asked := reader.asked.Load()
	again := ask(h, "GET /openapi.json\nIf-None-Match: "+first.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || reader.asked.Load() != asked {
		t.Errorf("the same description: %d, and %d more questions to the store", again.Code, reader.asked.Load()-asked)
	}
	old := ask(h, "GET /openapi.json?release=1")
	if old.Code != http.StatusOK || old.Header().Get("ETag") == first.Header().Get("ETag") || old.Header().Get("Goldserve-Release") != "shop/1" {
		t.Errorf("of release 1: %d %v", old.Code, old.Header())
	}
	yaml := ask(h, "GET /openapi.yaml")
	if yaml.Header().Get("Content-Type") != "application/yaml" || !strings.Contains(yaml.Body.String(), "openapi: 3.1.0\n") {
		t.Errorf("YAML: %v %.60s", yaml.Header(), yaml.Body)
	}
	if _, err := openapi3.NewLoader().LoadFromData(yaml.Body.Bytes()); err != nil {
		t.Errorf("YAML: %v", err)
	}
	if w := ask(h, "GET /openapi.json\nAccept: text/html"); w.Code != http.StatusNotAcceptable {
		t.Errorf("as HTML: %d", w.Code)
	}
}

func TestDocsNeedNothingFromElsewhere(t *testing.T) {
	h := newServer(t, newMemory(2))
	page := ask(h, "GET /docs")
	policy := page.Header().Get("Content-Security-Policy")
	if page.Code != http.StatusOK || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "script-src 'self' 'sha256-") {
		t.Errorf("%d %s", page.Code, policy)
	}
	if body := page.Body.String(); strings.Contains(body, "://unpkg") || strings.Contains(body, "://cdn") || strings.Count(body, "<script>") != 2 {
		t.Errorf("the page: %s", body)
	}
	for _, file := range []string{"swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"} {
		if w := ask(h, "GET /docs/"+file+"\nAccept-Encoding: gzip"); w.Code != http.StatusOK || w.Body.Len() < 500 {
			t.Errorf("%s: %d with %d bytes", file, w.Code, w.Body.Len())
		}
	}
	for _, file := range []string{"nope.js", "..%2F..%2Fetc%2Fpasswd", "embed.go"} {
		checkProblem(t, ask(h, "GET /docs/"+file), http.StatusNotFound, "not_found")
	}
	if !slices.Contains([]string{"text/css; charset=utf-8", "text/css"}, ask(h, "GET /docs/swagger-ui.css").Header().Get("Content-Type")) {
		t.Error("the style sheet has no type")
	}
}

// Clients are generated from the lists of the description, so they hold what meta.explain can say and nothing else.
func TestTheDescriptionListsRewritesAndReasons(t *testing.T) {
	var rewrites, reasons []any
	for r := query.Resolve; r <= query.Page; r++ {
		rewrites = append(rewrites, r.String())
	}
	for r := query.NoLookup; r <= query.Whole; r++ {
		reasons = append(reasons, r.String())
	}
	for prefix, doc := range shopDescriptions(t) {
		properties := doc.Components.Schemas["Rewrite"].Value.Properties
		if diff := cmp.Diff(rewrites, properties["rewrite"].Value.Enum); diff != "" {
			t.Errorf("%q: rewrites (-engine +description):\n%s", prefix, diff)
		}
		if diff := cmp.Diff(reasons, properties["reason"].Value.Enum); diff != "" {
			t.Errorf("%q: reasons (-engine +description):\n%s", prefix, diff)
		}
	}
}

// TestAModelThatIsUnlistedIsListedOnceItHasARelease: until then its URLs answer as those of any model without a release.
func TestAModelThatIsUnlistedIsListedOnceItHasARelease(t *testing.T) {
	for _, releases := range []int{0, 1} {
		shown := shop()
		shown.Name = "shown"
		h := newConfigured(t, api.Config{Reader: newMemory(releases), Models: []gold.Model{shop(), shown}, DefaultModel: "shown", Unlisted: []string{"shop", "shown"}}).Handler()
		listed := map[string]bool{"/": strings.Contains(ask(h, "GET /").Body.String(), "/m/shop"), "/readyz": strings.Contains(ask(h, "GET /readyz").Body.String(), `"shop"`)}
		listed["/openapi.json"] = description(t, h, "/openapi.json").Paths.Value("/m/shop/par_pays") != nil
		for url, is := range listed {
			if is != (releases > 0) {
				t.Errorf("%d releases: %s lists the model: %t", releases, url, is)
			}
		}
		if listed := description(t, h, "/openapi.json").Paths.Value("/par_pays") != nil; !listed {
			t.Error("the default model is not described")
		}
		if code := ask(h, "GET /m/shop/par_pays").Code; (code == http.StatusOK) != (releases > 0) || code == http.StatusNotFound {
			t.Errorf("%d releases: %d", releases, code)
		}
	}
}
