// Package dashboard is how the page of a model is laid out: which widget stands where, and what each of them shows.
//
// Rules:
//
//  1. Read reads a Layout from dashboard.yaml, with every problem and its line, and Derive makes one of a model that has
//     none. A release records the one that it was published with.
//  2. Within cuts a layout down to what a release has: the page never asks for what isn't there.
//  3. Keys is the one place that says which keys a type of widget has. The reader, the description of the API and, made
//     from that, the page's own types follow it.
//  4. It asks no store and knows no figures: widgets do, by the API.
package dashboard
