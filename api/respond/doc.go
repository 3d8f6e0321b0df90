// Package respond keeps answers of HTTP: a cache of bodies bounded in bytes, each computed once for all who ask at the same
// time, their encodings, and what conditional requests say of their tags. It knows no questions, routes or stores.
package respond
