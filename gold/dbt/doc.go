// Package dbt reads what a dbt project says of its models: their columns, descriptions and tests, from manifest.json, which
// dbt writes with every command, and catalog.json, which "dbt docs generate" writes.
//
// Rules:
//
//  1. What dbt says is a fact. What has no counterpart here, such as a test of some rows only, is told and left out.
//  2. The files are not trusted: their size is limited, and one that is no manifest is an error that says so.
//  3. Manifests of v7 to v12 are read (dbt 1.3 and later), by the same keys.
//
// The package must not know lakes or contracts.
package dbt
