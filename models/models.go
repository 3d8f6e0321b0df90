package models

import "embed"

// FS holds the shipped models, each in a folder of its name: retail/model.yaml, retail/dashboard.yaml,
// retail/contracts/*.odcs.yaml, retail/sql/{generate,silver,gold}/*.sql, the gold of retail/sample/gold, and ONNX files and their cards in
// orders/artifacts.
//
//go:embed */model.yaml */dashboard.yaml */contracts/*.odcs.yaml */sql/*/*.sql */sample/gold */artifacts
var FS embed.FS
