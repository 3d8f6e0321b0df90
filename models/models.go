package models

import "embed"

// FS holds the shipped models, each in a folder of its name: retail/model.yaml, retail/dashboard.yaml,
// retail/contracts/*.odcs.yaml, retail/sql/{generate,silver,gold}/*.sql, retail/sample/gold/*.parquet.
//
//go:embed retail/model.yaml retail/dashboard.yaml retail/contracts/*.odcs.yaml retail/sql/generate/*.sql retail/sql/silver/*.sql retail/sql/gold/*.sql retail/sample/gold/*.parquet
var FS embed.FS
