// Package content is the seam between a table and the formats of its files: what a format is given of a file, and what it
// tells about it besides rows.
//
// The package must not know any format, or where a file lies.
package content
