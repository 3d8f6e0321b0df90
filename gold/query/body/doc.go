// Package body writes the answers of the engine: as JSON with what is said of them, or as files of their rows.
package body
