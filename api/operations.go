package api

import (
	"goldserve/gold/query/param"
	"goldserve/openapi"
)

// newOperations returns the table. It has every URL for clients, once: those of a model exist twice, bare for the default
// model and under /m/{model}, and those with {endpoint} follow from the contracts of the release that answers. The words
// of each are its handler's annotation.
func newOperations(s *Server) []operation {
	type of = openapi.Operation
	return []operation{
		{of{ID: "index", Path: "/", Parameters: formatParameters}, s.handleIndex, "this index; the dashboard in a browser"},
		{of{ID: "health", Path: "/health"}, s.handleHealth, "whether the model can be answered"},
		{of{ID: "livez", Path: "/livez", Shared: true}, s.handleLive, "whether the process runs"},
		{of{ID: "readyz", Path: "/readyz", Shared: true}, s.handleReady, "for each dataset whether it can be answered, and why not"},
		{of{ID: "version", Path: "/version", Shared: true}, s.handleVersion, "name and version of the program"},
		{of{ID: "openapi_json", Path: "/openapi.json", Parameters: releaseParameters}, s.handleOpenAPI, "this API as OpenAPI 3.1"},
		{of{ID: "openapi_yaml", Path: "/openapi.yaml", Parameters: releaseParameters}, s.handleOpenAPIYAML, "the same as YAML"},
		{of{ID: "docs", Path: "/docs", Shared: true}, s.docs.handleDocs, "the same in a browser, to try"},
		{of{ID: "events", Path: "/events", Parameters: eventsParameters}, s.handleEvents, "a stream of events, one for each release that becomes current"},
		{of{ID: "problems", Path: "/problems", Shared: true}, s.handleProblems, "every code of an error"},
		{of{ID: "problem", Path: "/problems/{code}", Shared: true}, s.handleProblemPage, "what an error's code means, and what to do"},
		{of{ID: "dashboard", Path: "/dashboard", Parameters: releaseParameters, Body: openapi.Enveloped}, s.handleDashboard, "what the dashboard shows, and where"},
		{of{ID: "ui", Path: "/ui"}, s.handleUI, "the dashboard, in a browser"},

		{of{ID: "kpis", Path: "/kpis", Parameters: param.KPIParameters, Filters: openapi.FigureFilters, Body: openapi.KeyFigures, Failures: openapi.SumFailures}, s.handleKPIs, "the model's key figures"},
		{of{ID: "releases", Path: "/releases", Parameters: releasesParameters, Limit: releasesLimit, Body: openapi.Enveloped}, s.handleReleases, "releases, newest first"},
		{of{ID: "current_release", Path: "/releases/current", Parameters: formatParameters, Body: openapi.Enveloped}, s.handleCurrentRelease, "the current release with its datasets and quality results"},
		{of{ID: "release", Path: "/releases/{release}", Parameters: formatParameters, Body: openapi.Enveloped}, s.handleRelease, "one release by number"},
		{of{ID: "diff", Path: "/releases/{release}/diff", Parameters: diffParameters, Body: openapi.Enveloped}, s.handleDiff, "what differs between two releases"},
		{of{ID: "diff_rows", Path: "/releases/{release}/diff/{dataset}", Parameters: diffRowsParameters, Limit: diffLimit, Body: openapi.Enveloped}, s.handleDiffRows, "the rows of a dataset that differ between two releases"},
		{of{ID: "datasets", Path: "/datasets", Parameters: releaseParameters, Body: openapi.Enveloped}, s.handleDatasets, "datasets with their rows"},
		{of{ID: "dataset", Path: "/datasets/{dataset}", Parameters: releaseParameters, Body: openapi.Enveloped}, s.handleDataset, "one dataset: fields, filters, key, metrics"},
		{of{ID: "schema", Path: "/datasets/{dataset}/schema", Parameters: releaseParameters}, s.handleSchema, "JSON Schema of one row"},
		{of{ID: "quality", Path: "/datasets/{dataset}/quality", Parameters: releaseParameters, Body: openapi.Enveloped}, s.handleQuality, "what became of the contract's rules"},

		{of{
			ID: "rows", Path: "/datasets/{dataset}/rows", EachDataset: true, Parameters: param.RowsParameters, Limit: limit(0, param.RowsLimit),
			Filters: openapi.WideFilters, Body: openapi.PageOfRows, WholeFile: true,
		}, s.handleRows, "rows, with limit, sort, fields and filters"},
		{of{
			ID: "row", Path: "/datasets/{dataset}/rows/{key}", EachDataset: true, Parameters: param.RowParameters, Body: openapi.OneRow,
		}, s.handleRow, "one row by its key"},
		{of{
			ID: "aggregate", Path: "/datasets/{dataset}/aggregate", EachDataset: true, Parameters: param.AggregateParameters, Limit: limit(0, param.RowsLimit),
			Filters: openapi.OwnFilters, NamesColumns: true, Body: openapi.GroupsAndTotals, Failures: openapi.SumFailures,
		}, s.handleAggregate, "groups with measures or metrics of each"},
		{of{
			ID: "values", Path: "/datasets/{dataset}/values/{field}", EachDataset: true, Parameters: param.ValuesParameters, Limit: limit(1, param.ValuesLimit),
			Filters: openapi.OwnFilters, Body: openapi.ValueCounts,
		}, s.handleValues, "distinct values of a field with their numbers of rows"},
		{of{
			ID: "concentration", Path: "/datasets/{dataset}/concentration/{field}", EachDataset: true, Parameters: param.ConcentrationParameters,
			Filters: openapi.OwnFilters, Additive: true, Body: openapi.Groups, Failures: openapi.SumFailures,
		}, s.handleConcentration, "how much of a measure the largest groups have"},
		{of{
			ID: "query", Path: "/query", Asked: "Question", Parameters: queryParameters, Body: openapi.GroupsAndTotals, Failures: append(openapi.SumFailures, unknownDataset),
		}, s.handleQuery, ""},
		{of{
			ID: "dataset_query", Path: "/datasets/{dataset}/query", Asked: "Question", Parameters: queryParameters, Body: openapi.GroupsAndTotals, Failures: openapi.SumFailures,
		}, s.handleDatasetQuery, ""},
		{of{ID: "models", Path: "/models", Parameters: releaseParameters, Body: openapi.Enveloped}, s.handleModels, "machine learning models that scored a release"},
		{of{
			ID: "score", Path: "/score", Asked: "ScoreRequest", Beside: true, Parameters: scoreParameters, Body: openapi.Scores, Failures: scoreFailures,
		}, s.handleScore, ""},
		{of{
			ID: "endpoint", Path: endpointRoute, EachDataset: true, Parameters: param.RowsParameters, Limit: limit(0, param.EndpointLimit),
			Filters: openapi.WideFilters, Body: openapi.PageOfRows,
		}, s.handleEndpoint, ""},
		{of{
			ID: "endpoint_row", Path: rowRoute, EachDataset: true, Parameters: param.RowParameters, Body: openapi.OneRow,
		}, s.handleEndpointRow, ""},
	}
}
