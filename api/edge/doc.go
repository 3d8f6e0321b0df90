// Package edge is what happens to every request, whatever it asks: who may ask, under which name and base path, how often
// and how long; its id, its log record, its deadline, the pace that its client must keep, and the one shape of errors. It
// knows no models, routes or stores.
package edge
