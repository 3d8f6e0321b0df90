package duckdb

import (
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
)

//go:embed prelude.sql
var prelude string

// settings are the statements that come before all others: what DuckDB may use, and the files that it may touch: the program's sources, one
// by one, and scratch.
func settings(p *builder.Program, o Options, spill string) string {
	files, folders := paths(p)
	set := []string{
		"errors_as_json = true",
		"enable_progress_bar = false",
		"lambda_syntax = 'ENABLE_SINGLE_ARROW'", // else the shell prints a warning of x -> … among the rows
		"TimeZone = 'UTC'",
		"preserve_insertion_order = true",
		"block_allocator_memory = '1GiB'", // address space, not memory: pages are used again, which saves a twentieth of the processor time
		"autoinstall_known_extensions = false",
		"autoload_known_extensions = false",
		"allow_community_extensions = false",
		"allow_persistent_secrets = false",
		"temp_directory = " + text(spill),
		"allowed_paths = " + allowed(files),
		"allowed_directories = " + allowed(folders),
	}
	if o.Memory > 0 {
		set = append(set, fmt.Sprintf("memory_limit = '%dKiB'", max(o.Memory>>10, 1)))
	}
	switch {
	case o.Threads == 1, o.Threads == 0 && isSmall(files):
		// Planned for two threads, of which one is never there: rows are then cut into row groups as with more threads, not by
		// whatever a filter left of each chunk.
		set = append(set, "threads = 2", "external_threads = 2")
	case o.Threads > 1:
		set = append(set, fmt.Sprintf("threads = %d", o.Threads))
	}
	return "SET " + strings.Join(set, ";\nSET ") + ";"
}

// isSmall reports whether files are read faster by one thread than by several. DuckDB's main thread doesn't sleep while another works: of half
// a million rows, in 3 MB of Parquet, waiting costs a fifth of the processor time, and saves none.
func isSmall(files []string) bool {
	sum := int64(0)
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			sum += info.Size()
		}
	}
	return len(files) > 0 && sum < 4<<20
}

// allowed lists paths as they are, and as they are read.
func allowed(paths []string) string {
	all := slices.Clone(paths)
	for _, p := range paths {
		if l := literal(p); l != p {
			all = append(all, l)
		}
	}
	return texts(all)
}

const locked = "SELECT current_setting('enable_external_access') AS reaches, current_setting('lock_configuration') AS locked;"

// checkLocked returns an error unless the answer to the query locked says that DuckDB is shut off.
func checkLocked(answer []row) error {
	if len(answer) == 1 && isFalse(answer[0]["reaches"]) && isTrue(answer[0]["locked"]) {
		return nil
	}
	return gold.Errorf(gold.Internal, gold.CodeBuildEngine, "DuckDB could not be cut off from files and the network: it says %v", answer)
}

func isTrue(v any) bool  { return v == true || v == "true" }
func isFalse(v any) bool { return v == false || v == "false" }

// duckType is the type of a kind of values.
func duckType(kind gold.RawKind) (string, bool) {
	t, ok := map[gold.RawKind]string{
		gold.RawText: "VARCHAR", gold.RawWhole: "BIGINT", gold.RawNumber: "DOUBLE", gold.RawMoney: "DECIMAL(18,4)",
		gold.RawInstant: "TIMESTAMP", gold.RawDate: "DATE", gold.RawBoolean: "BOOLEAN",
	}[kind]
	return t, ok
}

// parameter defines the function by which SQL reads a parameter.
func parameter(v builder.Value) (string, error) {
	t, ok := duckType(v.Kind)
	if !ok {
		return "", gold.Errorf(gold.Internal, gold.CodeBuildEngine, "parameter %s is of the kind %q, which DuckDB's engine doesn't know", v.Name, v.Kind)
	}
	value := "CAST(" + text(v.Text) + " AS " + t + ")"
	if v.Kind == gold.RawInstant {
		value = "CAST(CAST(" + text(v.Text) + " AS TIMESTAMPTZ) AS TIMESTAMP)" // a plain cast would drop an offset
	}
	return "CREATE MACRO " + name("param_"+v.Name) + "() AS " + value + ";", nil
}
