package models

import "embed"

// FS holds the shipped models, each in a folder of its name: retail/model.yaml, retail/dashboard.yaml,
// retail/contracts/*.odcs.yaml, retail/sql/{generate,silver,gold}/*.sql, and the gold of retail/sample/gold.
//
//go:embed */model.yaml */dashboard.yaml */contracts/*.odcs.yaml */sql/*/*.sql */sample/gold
var FS embed.FS
