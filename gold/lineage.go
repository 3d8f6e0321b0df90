package gold

import (
	"maps"
	"slices"
)

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
	Listed     []RawFile `json:"listed,omitempty"`                                     // the first 20 of them
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

// mostListed is how many files of a source a lineage lists: it is part of every release.
const mostListed = 20

// Lineage returns of what a build made some datasets; datasets holds the names of the tables whose files they are read from.
func (r *BuildRecord) Lineage(datasets map[string]string) *Lineage {
	l := &Lineage{Build: r.Build, Engine: r.Engine.String(), Parameters: map[string]string{}, Datasets: datasets}
	for i := range r.Sources {
		s := &r.Sources[i]
		t := LineageTable{Name: "bronze." + s.Name, ID: s.ID, Files: len(s.Files)}
		for _, f := range s.Files {
			if t.Bytes += f.Bytes; len(t.Listed) < mostListed {
				t.Listed = append(t.Listed, RawFile{f.Path, f.Bytes, f.SHA256})
			}
		}
		l.Tables = append(l.Tables, t)
	}
	for i := range r.Tables {
		b := &r.Tables[i]
		t := LineageTable{Name: b.FullName(), ID: b.ID, SQL: b.SQL, SQLSHA256: b.SQLSHA256, Parameters: b.Parameters, Reads: b.Inputs, Rows: &b.Rows}
		for _, n := range b.Rejected {
			t.Rejected += n
		}
		l.Tables = append(l.Tables, t)
	}
	for _, p := range r.Parameters {
		l.Parameters[p.Name] = p.Value
	}
	return l.above(slices.Collect(maps.Values(datasets)))
}

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

// LineageOf returns of what a build made a dataset of the release, the dataset's own table last; nil: no build did, or it is not known.
// A derived dataset is its own last table.
func (r *Release) LineageOf(dataset string) *Lineage {
	if r.Lineage == nil {
		return nil
	}
	var tables []string
	var derived []LineageTable
	placed := map[string]bool{}
	var place func(dataset string) (table string)
	place = func(dataset string) string {
		v := r.Version(dataset)
		if v == nil || v.Dataset.Derive == nil {
			table := r.Lineage.Datasets[dataset]
			if table != "" {
				tables = append(tables, table)
			}
			return table
		}
		if placed[dataset] {
			return dataset
		}
		placed[dataset] = true
		t := LineageTable{Name: dataset, Dataset: dataset, Derived: true, Rows: &v.Rows}
		for _, from := range v.Dataset.Derive.Reads() {
			if name := place(from); name != "" {
				t.Reads = append(t.Reads, name)
			}
		}
		derived = append(derived, t)
		return dataset
	}
	if place(dataset); len(tables) == 0 {
		return nil
	}
	l := r.Lineage.above(tables)
	of := map[string]string{}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(l.Datasets))) {
		of[l.Datasets[name]] = name
	}
	if table := l.Datasets[dataset]; table != "" {
		of[table] = dataset // whatever other dataset is read from it
	}
	for i := range l.Tables {
		l.Tables[i].Dataset = of[l.Tables[i].Name]
	}
	l.Tables, l.Datasets = append(l.Tables, derived...), nil
	return l
}
