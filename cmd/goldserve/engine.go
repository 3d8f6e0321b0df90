package main

import (
	"github.com/spf13/pflag"

	"goldserve/builder"
	"goldserve/builder/duckdb"
)

// engineOptions say what runs a model's SQL.
type engineOptions struct {
	duckdb  string
	threads int
}

// engineFlags adds the flags that say what runs a model's SQL, and with how much of the machine.
func (a *app) engineFlags(flags *pflag.FlagSet, o *engineOptions) {
	flags.StringVar(&o.duckdb, "duckdb", "", "the duckdb program that runs the SQL (default: the one in PATH)")
	flags.IntVar(&o.threads, "threads", 0, "threads of the engine (default: one for each core)")
	a.setting(flags, "memory").Usage = "memory limit of the engine, which then spills to disk"
}

// openEngine returns the engine that runs a model's SQL.
func (a *app) openEngine(o *engineOptions) (builder.Engine, error) {
	if o.threads < 0 {
		return nil, usagef("--threads is %d: expected 1 or more", o.threads)
	}
	return duckdb.New(duckdb.Options{Executable: o.duckdb, Memory: int64(a.config.Memory), Threads: o.threads}), nil
}
