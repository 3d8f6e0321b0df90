// Package web holds the dashboard: a page that shows a model's releases, made of nothing but the API's answers.
//
// Rules:
//
//  1. src is its source (TypeScript, Preact), dist what `make web` builds of it. Both are committed, so that the program
//     builds without Node; CI fails where they differ.
//  2. Files of the build have fixed names. The server adds a tag of their content, so that browsers ask whether a file
//     is still the same and fetch it only where it isn't.
//  3. It knows no model: what stands where comes from /dashboard, labels and units from contracts.
//  4. It asks its own server alone, by URLs relative to <base href>, which the server writes.
package web
