package gold

import "slices"

// Lineage says of what a build made the datasets of a release.
type Lineage struct {
	Build      string            `json:"build"`                         // its id
	Engine     string            `json:"engine" example:"duckdb 1.5.6"` // and its version
	Parameters map[string]string `json:"parameters"`                    // the values of those that the tables read
	Tables     []LineageTable    `json:"tables"`                        // each after those that it reads
	// Datasets are the names of the tables whose files datasets were read from, by dataset.
	Datasets map[string]string `json:"datasets,omitempty" swaggerignore:"true"`
} // @name Lineage

// LineageTable is a table that a dataset was made of: raw files, a table that the build's SQL made, or a derived dataset.
type LineageTable struct {
	Name       string    `json:"name" example:"silver.orders"`                         // with its stage; a derived dataset has none
	Dataset    string    `json:"dataset,omitempty"`                                    // of the release, that is read from it
	ID         string    `json:"id,omitempty"`                                         // of all that it was made of
	Files      int       `json:"files,omitempty"`                                      // of raw files: their number
	Bytes      int64     `json:"bytes,omitempty"`                                      // of them
	Listed     []RawFile `json:"listed,omitempty"`                                     // the first 20 of them; 1,200 of a source whose history is frozen, and of a model that declares its packs
	Absent     []string  `json:"absent,omitempty" example:"channel"`                   // of raw files: the optional columns that none has
	SQL        string    `json:"sql,omitempty" example:"sql/silver.orders.sql"`        // the file that made it
	SQLSHA256  string    `json:"sql_sha256,omitempty"`                                 // of its bytes
	Parameters []string  `json:"parameters,omitempty" example:"max_amount"`            // that it reads
	Reads      []string  `json:"reads,omitempty" example:"bronze.orders,bronze.shops"` // the tables that it was made of
	Rows       *int64    `json:"rows,omitempty"`                                       // of a table
	Rejected   int64     `json:"rejected,omitempty"`                                   // rows of the raw files that it left out
	Derived    bool      `json:"derived,omitempty"`                                    // from other datasets, when they were published
} // @name LineageTable

// RawFile is a raw file.
type RawFile struct {
	Path   string `json:"path" example:"orders_2026-01.csv"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
} // @name RawFile

// RawStage begins the names of raw tables in a lineage.
const RawStage = "bronze."

// mostListed is how many files of a source a lineage lists: it is part of every release.
const mostListed = 20

// mostNeeded is how many where something needs them all, as frozen history and packs with copies do: a month's file for a hundred years.
const mostNeeded = 1200

// above returns the part of a lineage that some tables were made of, with them.
func (l *Lineage) above(names []string) *Lineage {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	part := &Lineage{Build: l.Build, Engine: l.Engine, Parameters: map[string]string{}, Datasets: l.Datasets}
	for _, t := range slices.Backward(l.Tables) {
		if !wanted[t.Name] {
			continue
		}
		for _, read := range t.Reads {
			wanted[read] = true
		}
		for _, name := range t.Parameters {
			if value, ok := l.Parameters[name]; ok {
				part.Parameters[name] = value
			}
		}
		part.Tables = append(part.Tables, t)
	}
	slices.Reverse(part.Tables)
	return part
}
