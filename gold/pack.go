package gold

// PackSettings say how a model's releases are packed, as model.yaml declares it. Empty: by default.
type PackSettings struct {
	File    string   `json:"file,omitempty"`     // the ZIP's name; empty: <model>_pack.zip
	Folder  string   `json:"folder,omitempty"`   // that the ZIP's files lie in; empty: the model's name
	Dataset string   `json:"dataset,omitempty"`  // that is packed; empty: the model's facts, or its only dataset
	DateMin string   `json:"date_min,omitempty"` // the field whose least value the quality report shows
	DateMax string   `json:"date_max,omitempty"` // the field whose greatest value it shows
	Checks  []string `json:"checks,omitempty"`   // ids of the rules that are its checks, in their order; none: all of the dataset
}

// Environment says what made a release.
type Environment struct {
	Goldserve string `json:"goldserve"`        // the version of the program that published it
	Engine    string `json:"engine,omitempty"` // of the build that made its files: duckdb 1.5.6; empty: no build did
	Platform  string `json:"platform"`         // of the program: linux/amd64
}
