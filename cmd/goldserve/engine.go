package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"goldserve/builder"
	"goldserve/builder/duckdb"
	"goldserve/builder/spark"
	"goldserve/gold"
	"goldserve/gold/lake/s3"
)

// engineSettings say what runs a model's SQL.
type engineSettings struct {
	Engine    string
	DuckDB    string
	Threads   int
	Spark     string
	SparkPath []string
}

var engines = []string{"duckdb", "spark"}

func (s *engineSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Engine, "engine", engines[0], "what runs a model's SQL: "+strings.Join(engines, " or "))
	flags.StringVar(&s.DuckDB, "duckdb", "", "the duckdb program that runs a model's SQL (default: the one in PATH)")
	flags.IntVar(&s.Threads, "threads", 0, "number of threads that run a model's SQL (default: one for each core, one alone for less than 4 MB of raw files)")
	flags.StringVar(&s.Spark, "spark", "", "URL of the Spark Connect server of the engine spark, such as sc://host:15002")
	flags.StringSliceVar(&s.SparkPath, "spark-path", nil, "where Spark sees folders of this machine, or buckets: HERE=THERE, such as /mnt/lake=hdfs://name/lake or s3://lake=s3a://lake")
}

// engineFlags adds the settings that say what runs a model's SQL, and with how much memory.
func (a *app) engineFlags(flags *pflag.FlagSet) {
	a.config.engineSettings.flags(flags)
	a.setting(flags, "memory").Usage = "memory limit of the engine, which then spills to disk"
}

// openEngine returns the engine that runs a model's SQL.
func (a *app) openEngine() (builder.Engine, error) {
	c := &a.config
	if c.Threads < 0 || c.Threads == 0 && c.origins["threads"] != "" {
		return nil, usagef("%s is %d: expected 1 or more; without it there is one for each core", c.origin("threads"), c.Threads)
	}
	switch c.Engine {
	case "duckdb":
	case "spark":
		return c.openSpark(a.logger())
	default:
		problem := fmt.Sprintf("%s is %q: expected %s", c.origin("engine"), c.Engine, strings.Join(engines, " or "))
		if near := gold.Nearest(c.Engine, engines); near != "" {
			problem += " (did you mean " + near + "?)"
		}
		return nil, usagef("%s", problem)
	}
	return duckdb.New(duckdb.Options{Executable: c.DuckDB, Memory: int64(c.Memory), Threads: c.Threads}), nil
}

func (c *config) openSpark(log *slog.Logger) (builder.Engine, error) {
	if c.Spark == "" {
		return nil, usagef("the engine spark needs the URL of a Spark Connect server: --spark sc://host:15002")
	}
	remote, err := spark.ParseRemote(c.Spark)
	if err != nil {
		return nil, usagef("%s: %v", c.origin("spark"), err)
	}
	paths, err := c.sparkPaths()
	if err != nil {
		return nil, err
	}
	return spark.New(spark.Options{Remote: remote, Paths: paths, Progress: progressOf(log, time.Now)}), nil
}

// sparkPaths returns where Spark sees folders and buckets.
func (c *config) sparkPaths() ([]spark.Path, error) {
	var paths []spark.Path
	for _, pair := range c.SparkPath {
		here, there, ok := strings.Cut(pair, "=")
		if !ok || here == "" || there == "" {
			return nil, usagef("%s has %q: expected HERE=THERE, such as /mnt/lake=hdfs://name/lake or s3://lake=s3a://lake", c.origin("spark-path"), pair)
		}
		if s3.IsLocation(here) {
			if err := s3.CheckLocation(here); err != nil {
				return nil, usagef("%s: %w", c.origin("spark-path"), err)
			}
		}
		paths = append(paths, spark.Path{Here: here, There: there})
	}
	return paths, nil
}

// reachesBuckets reports whether the engine reads and writes the buckets of a lake itself. It must reach all of them.
func (c *config) reachesBuckets(stages []stageAt) (bool, error) {
	if c.Engine != "spark" {
		return false, nil
	}
	paths, err := c.sparkPaths()
	if err != nil {
		return false, err
	}
	paths = slices.DeleteFunc(paths, func(p spark.Path) bool { return !s3.IsLocation(p.Here) })
	if len(paths) == 0 {
		return false, nil
	}
	for _, s := range stages {
		if s3.IsLocation(s.location) && !slices.ContainsFunc(paths, func(p spark.Path) bool { return liesIn(s.location, p.Here) }) {
			return false, usagef("%s says where Spark sees buckets, but not %s: name each bucket of the lake, as in %[2]s=%s",
				c.origin("spark-path"), s.location, strings.Replace(s.location, "s3://", "s3a://", 1))
		}
	}
	return true, nil
}

const progressEvery = 10 * time.Second

// progressOf logs how far Spark is with a table that takes long.
func progressOf(log *slog.Logger, now func() time.Time) func(spark.Progress) {
	said, table := now(), ""
	return func(p spark.Progress) {
		if p.Table != table {
			said, table = now(), p.Table
		}
		if now().Sub(said) >= progressEvery {
			said = now()
			log.Info("table in progress", "table", p.Table, "tasks", p.Done, "of", p.Tasks)
		}
	}
}
