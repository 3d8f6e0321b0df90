// Package body writes the answers of the engine: as JSON with their meta, or as files of their rows.
package body
