package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// Report is benchmark.json.
type Report struct {
	Title       string            `json:"title"`
	GeneratedAt string            `json:"generated_at"`
	Machine     string            `json:"machine"`
	Runs        int               `json:"runs"` // of each engine at each scale
	Versions    map[string]string `json:"versions"`
	LeftOut     map[string]string `json:"left_out,omitempty"` // engines that could not be had, or failed, and why
	Results     []Result          `json:"results"`
}

// Result is a median of an engine at a scale. A measure that isn't known is left out.
type Result struct {
	Engine           string  `json:"engine"`
	Scale            int64   `json:"scale"` // raw rows
	Task             string  `json:"task"`
	Seconds          float64 `json:"seconds"`
	ProcessorSeconds float64 `json:"processor_seconds,omitempty"`
	RowsPerSecond    float64 `json:"rows_per_second"` // raw rows
	PeakMemoryMB     float64 `json:"peak_memory_mb,omitempty"`
}

// Write writes the report whole, and makes the folders above it.
func (r *Report) Write(name string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // others may read results
		return err
	}
	begun := name + ".part"
	if err := os.WriteFile(begun, append(text, '\n'), 0o644); err != nil { //nolint:gosec // others may read results
		return err
	}
	return os.Rename(begun, name)
}
