package builder

import (
	"slices"
	"strings"
)

// refusedFunctions reach beyond the tables, or give something else each time. They are DuckDB's and Spark's.
var refusedFunctions = refused(map[string]string{
	"reads the environment": "getenv",
	"runs other code":       "reflect java_method try_reflect",
	clockWords: "now today current_date current_timestamp current_time curdate localtimestamp localtime current_localtimestamp current_localtime " +
		"get_current_time get_current_timestamp transaction_timestamp ago pg_postmaster_start_time pg_conf_load_time",
	chanceWords: "random rand randn randstr uniform uuid gen_random_uuid uuidv4 uuidv7 shuffle setseed nextval currval monotonically_increasing_id",
	engineWords: "txid_current current_query current_query_id current_transaction_id current_connection_id current_setting version current_database " +
		"current_catalog current_schema current_schemas in_search_path current_user session_user current_role user current_timezone stats " +
		"getvariable spark_partition_id input_file_name input_file_block_start input_file_block_length get_block_size inet_client_addr " +
		"inet_client_port inet_server_addr inet_server_port obj_description shobj_description col_description pg_get_viewdef " +
		"pg_get_constraintdef pg_get_expr format_type",
	"does something beside its answer": "write_log sleep_ms pg_sleep",
})

const (
	clockWords  = "reads the clock, so every build would give a different result: declare a parameter of kind instant, and read that"
	chanceWords = "gives a different value each time: compute it from a hash of the row's key"
	engineWords = "tells of the engine and its machine, not of the rows"
)

func refused(why map[string]string) map[string]string {
	functions := map[string]string{}
	for words, names := range why {
		for name := range strings.FieldsSeq(names) {
			functions[name] = words
		}
	}
	return functions
}

// clockWithout are functions that read the clock where an argument is missing, by how many they then have.
var clockWithout = map[string]int{"unix_timestamp": 0, "age": 1}

// bareFunctions need no parentheses.
var bareFunctions = []string{
	"current_date", "current_timestamp", "current_time", "localtimestamp", "localtime", "current_catalog", "current_schema", "current_user", "current_role", "session_user",
}

// enginePrefixes begin the names of the tables that an engine has of itself.
var enginePrefixes = []string{"duckdb_", "information_schema", "pg_", "pragma_", "sqlite_"}

// engineTable reports whether a name without a stage is one under which an engine finds a table of its own, or a file.
func engineTable(name string) bool {
	lower := strings.ToLower(name)
	return strings.ContainsAny(name, `.:/\*?[`) || slices.ContainsFunc(enginePrefixes, func(p string) bool { return strings.HasPrefix(lower, p) })
}

// expression looks at a word within an expression: a parameter, or a function that is refused.
func (r *queryReader) expression(t token) {
	lower := strings.ToLower(t.name)
	call := r.peek(1).sign("(")
	why, refused := refusedFunctions[lower]
	without, clock := clockWithout[lower]
	switch {
	case strings.HasPrefix(lower, parameterPrefix) && call:
		if !r.peek(2).sign(")") {
			r.fail(t, t.name+" takes no arguments: a parameter is read as "+t.name+"()")
		}
		r.parameter(t)
	case clock && call && r.arguments() <= without:
		r.fail(t, t.name+" "+clockWords)
	case refused && (call || slices.Contains(bareFunctions, lower) && !r.peek(-1).is("as")):
		r.fail(t, t.name+" "+why)
	}
}

// arguments counts the arguments of the call of a function that is read next.
func (r *queryReader) arguments() int {
	if r.peek(2).sign(")") {
		return 0
	}
	n := 1
	for depth, i := 1, 2; depth > 0 && r.at+i < len(r.tokens); i++ {
		switch t := r.peek(i); {
		case t.sign("([{"):
			depth++
		case t.sign(")]}"):
			depth--
		case t.sign(",") && depth == 1:
			n++
		}
	}
	return n
}
