// Package query is the engine: it answers questions about a release from the rows of a store, which it reads through
// gold.Reader alone.
//
// Rules:
//
//  1. It knows no HTTP, no cached answers and no texts of parameters: a question is closed data, asked within the scope of a
//     dataset or the catalog of a release; gold/query/param reads questions from texts.
//  2. One method of Engine for each question: Rows, Row, Aggregate, KPIs, Values, Concentration. Each gives an Answer: rows
//     cut at the question's limit, and metadata.
//  3. What a question may name is resolved in one place, scope.go: a dataset's own fields, those that it looks up, and
//     those of the dataset that it is derived from.
//  4. Recomputed rows are computed by the store or gold/measure, in the shape of the stored ones.
//  5. An answer never mixes two releases: it reads one catalog alone.
package query
