// Package openapi describes the API as OpenAPI 3.1.
//
// Rules:
//
//  1. swagger.json is swag's, made by `make gen` from the comments of package api's handlers: what each URL is for.
//  2. components.json is written by hand: what many URLs have in common, and what no Go type says.
//  3. Document completes both from contracts: one path for each dataset and endpoint, one typed parameter for each field
//     and operator. It knows nothing of HTTP that Source doesn't tell: a description can't promise what package api
//     doesn't take.
//  4. It reads no store: examples come with Source.
package openapi
