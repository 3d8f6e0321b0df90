// Package openapi describes the API as OpenAPI 3.1.
//
// Rules:
//
//  1. swagger.json is swag's, made by `make gen` from the comments of package api's handlers: what each URL is for.
//  2. components.json is written by hand: what many URLs have in common, and what no Go type says.
//  3. Operation has the rest of a URL: parameters, filters, body, failures. Package api's table of operations has one for
//     each, which routes and index read too: a description can't promise what package api doesn't take. No code here asks
//     which operation it has before it.
//  4. Document completes all of them from contracts: one path for each dataset and endpoint, one typed parameter for each
//     field and operator.
//  5. It reads no store: examples come with Source.
package openapi
