package main

import (
	"github.com/spf13/pflag"

	"goldserve/builder"
	"goldserve/builder/duckdb"
)

// engineSettings say what runs a model's SQL.
type engineSettings struct {
	DuckDB  string
	Threads int
}

func (s *engineSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.DuckDB, "duckdb", "", "the duckdb program that runs a model's SQL (default: the one in PATH)")
	flags.IntVar(&s.Threads, "threads", 0, "number of threads that run a model's SQL (default: one for each core)")
}

// engineFlags adds the settings that say what runs a model's SQL, and with how much memory.
func (a *app) engineFlags(flags *pflag.FlagSet) {
	a.config.engineSettings.flags(flags)
	a.setting(flags, "memory").Usage = "memory limit of the engine, which then spills to disk"
}

// openEngine returns the engine that runs a model's SQL.
func (a *app) openEngine() (builder.Engine, error) {
	c := &a.config
	if c.Threads < 0 {
		return nil, usagef("%s is %d: expected 0 or more", c.origin("threads"), c.Threads)
	}
	return duckdb.New(duckdb.Options{Executable: c.DuckDB, Memory: int64(c.Memory), Threads: c.Threads}), nil
}
