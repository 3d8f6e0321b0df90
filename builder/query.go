package builder

import (
	"slices"
	"strings"

	"goldserve/gold"
)

// parameterPrefix begins the names of the functions that stand for parameters.
const parameterPrefix = "param_"

// maxParentheses bounds how deep they may be nested.
const maxParentheses = 500

// The words that matter.
var (
	// queryWords begin a query.
	queryWords = []string{"select", "with", "from", "values"}
	// afterTable are the words that follow a table and are no alias.
	afterTable = []string{
		"on", "using", "where", "group", "order", "having", "limit", "offset", "fetch", "window", "qualify", "union", "intersect", "except", "minus",
		"join", "left", "right", "full", "inner", "outer", "cross", "natural", "semi", "anti", "asof", "positional", "lateral", "select", "tablesample",
		"pivot", "unpivot", "sort", "cluster", "distribute", "from", "with", "at", "values", "for", "insert",
	}
	// afterFrom end the list of tables.
	afterFrom = []string{
		"where", "group", "order", "having", "limit", "offset", "fetch", "window", "qualify", "union", "intersect", "except", "minus", "sort", "cluster",
		"distribute", "values",
	}
	// tableFunctions make rows of nothing but their arguments. Others read files, settings or the network.
	tableFunctions = []string{
		"explode", "explode_outer", "generate_series", "inline", "inline_outer", "json_each", "json_tree", "posexplode", "posexplode_outer", "range", "repeat",
		"stack", "unnest",
	}
	// fromFunctions take arguments with FROM between them.
	fromFunctions = []string{"trim", "ltrim", "rtrim", "btrim", "extract", "substring", "overlay", "position"}
)

// queryReader finds in the tokens of a statement which tables and parameters it reads.
type queryReader struct {
	sql    string
	tokens []token
	at     int
	depth  int
	query  *Query
	dotted []int // where expressions begin that could be the column of a table with its stage: stage.name.column
	errors []*sqlError
}

// scope are the names that WITH gives, of one pair of parentheses and of those around it.
type scope struct {
	outer *scope
	names []string
}

func (s *scope) has(name string) bool {
	for ; s != nil; s = s.outer {
		if slices.ContainsFunc(s.names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return true
		}
	}
	return false
}

// fail notes what is wrong at a token.
func (r *queryReader) fail(t token, detail string) {
	r.errors = append(r.errors, &sqlError{line: t.line, column: t.column(r.sql), detail: detail})
}

// column is where in its line a token begins, from 1.
func (t token) column(sql string) int { return t.start - strings.LastIndexByte(sql[:t.start], '\n') }

// after returns a token by its place; the end beyond it.
func (r *queryReader) after(i int) token {
	if i < len(r.tokens) {
		return r.tokens[i]
	}
	return token{kind: sign}
}

// peek returns the token n further on; a zero sign beyond the end.
func (r *queryReader) peek(n int) token {
	if r.at+n < 0 {
		return token{kind: sign}
	}
	return r.after(r.at + n)
}

// statement reads the whole statement.
func (r *queryReader) statement() {
	for i, t := range r.tokens {
		if t.sign(";") {
			if i+1 < len(r.tokens) {
				r.fail(r.tokens[i+1], "a second statement: the file of a table holds one query, and the file's name is the table's")
			}
			r.tokens = r.tokens[:i]
			break
		}
	}
	if len(r.tokens) == 0 {
		r.errors = append(r.errors, &sqlError{line: 1, column: 1, detail: "there is no query: expected SELECT, WITH, FROM or VALUES"})
		return
	}
	if first := r.tokens[0]; !first.is(queryWords...) {
		r.fail(first, "expected a query, which begins with SELECT, WITH, FROM or VALUES, found "+r.shown(first)+": the build itself makes tables and writes files")
		return
	}
	r.frame(nil, false, "")
	for _, at := range r.dotted {
		stage, name := r.tokens[at], r.tokens[at+2]
		if slices.ContainsFunc(r.query.References, func(ref Reference) bool { return string(ref.Stage) == stage.name && ref.Name == name.name }) {
			r.fail(stage, "a column with its table's stage: give "+stage.name+"."+name.name+" an alias, and write ALIAS."+r.shown(r.after(at+4)))
		}
	}
	if r.at < len(r.tokens) && len(r.errors) == 0 {
		r.fail(r.tokens[r.at], "found "+r.shown(r.tokens[r.at])+" that closes nothing")
	}
}

// shown is a token as written, cut short.
func (r *queryReader) shown(t token) string {
	if t.start >= t.end {
		return "the end"
	}
	return gold.Visible(string([]rune(r.sql[t.start:t.end])[:min(30, len([]rune(r.sql[t.start:t.end])))]))
}

// frame reads up to the end of a pair of parentheses, or of the statement. In the place of a table it may hold tables; otherwise it may be
// the arguments of a function.
func (r *queryReader) frame(outer *scope, table bool, function string) {
	s := &scope{outer: outer}
	if r.depth++; r.depth > maxParentheses {
		r.fail(r.peek(0), "parentheses are nested too deep")
		r.at = len(r.tokens)
	}
	defer func() { r.depth-- }()
	f := frame{from: table, expect: table, function: strings.ToLower(function)}
	if first := r.peek(0); first.is(queryWords...) && !r.argumentFrom(f, first) {
		f = frame{selects: true}
		if first.is("with") {
			r.with(s)
		}
	} else if first.is("table", "describe", "summarize", "show", "pivot", "unpivot") && r.peek(1).isName() && function == "" {
		r.fail(first, "expected a query that begins with SELECT, WITH, FROM or VALUES, found "+r.shown(first))
	}
	for r.at < len(r.tokens) && !r.peek(0).sign(")]}") {
		r.step(&f, s)
	}
}

// frame is the state within one pair of parentheses.
type frame struct {
	selects  bool   // it is a query
	from     bool   // in the list of tables
	expect   bool   // the next is a table
	function string // whose arguments it holds
}

// argumentFrom reports whether a FROM stands between the arguments of a function.
func (r *queryReader) argumentFrom(f frame, t token) bool {
	return t.is("from") && !f.selects && slices.Contains(fromFunctions, f.function)
}

// step reads one token, or one table.
func (r *queryReader) step(f *frame, s *scope) {
	t := r.peek(0)
	switch {
	case t.sign("([{"):
		before := r.peek(-1)
		function := ""
		if before.kind == word && !f.expect {
			function = before.name
		}
		table := f.expect && t.sign("(")
		f.expect = false
		r.inner(s, table, function)
		return
	case f.expect && !t.is("lateral", "values", "from", "select"):
		f.expect = false
		r.table(s)
		return
	case t.sign(","):
		f.expect = f.from
	case t.kind != word || r.peek(-1).sign("."):
		if t.isName() && r.peek(1).sign("(") {
			r.expression(t)
		}
	case t.is("lateral") && r.peek(1).is("view"):
		*f = frame{selects: f.selects, function: f.function}
		if r.at++; r.peek(1).is("outer") {
			r.at++
		}
	case t.is("from"):
		distinct := r.peek(-1).is("distinct") && r.peek(-2).is("is", "not")
		if !distinct && !r.argumentFrom(*f, t) {
			f.from, f.expect = true, true
		}
	case t.is("join"):
		f.expect = f.from
	case t.is("select"):
		f.selects, f.from, f.expect = true, false, false
	case t.is(afterFrom...) && (!t.is("group", "order", "sort", "cluster", "distribute") || r.peek(1).is("by")):
		f.from, f.expect = false, false
	case t.is("tablesample") || t.is("using") && r.peek(1).is("sample"):
		r.fail(t, "a sample "+chanceWords)
	case t.is("insert") && r.peek(1).is("into", "overwrite"):
		r.fail(t, "a query only reads: the build itself writes its rows")
	default:
		if r.peek(1).sign(".") && r.peek(3).sign(".") && r.peek(2).isName() {
			r.dotted = append(r.dotted, r.at)
		}
		r.expression(t)
	}
	r.at++
}

// inner reads a pair of parentheses with what is in it.
func (r *queryReader) inner(s *scope, table bool, function string) {
	open := r.peek(0)
	r.at++
	r.frame(s, table, function)
	switch end := r.peek(0); {
	case r.at >= len(r.tokens):
		if len(r.errors) == 0 {
			r.fail(open, "found "+r.shown(open)+" that nothing closes")
		}
	case !end.sign(closers[open.name]):
		r.fail(end, "found "+r.shown(end)+" where "+closers[open.name]+" is expected")
		r.at++
	default:
		r.at++
	}
}

var closers = map[string]string{"(": ")", "[": "]", "{": "}"}

// with reads the tables that WITH names, and leaves the query after them.
func (r *queryReader) with(s *scope) {
	r.at++
	recursive := r.peek(0).is("recursive")
	if recursive {
		r.at++
	}
	for r.at < len(r.tokens) {
		name := r.peek(0)
		if !name.isName() {
			r.fail(name, "expected the name of a table of WITH, found "+r.shown(name))
			return
		}
		if engineTable(name.name) {
			r.fail(name, "the name "+r.shown(name)+" of a table of WITH could be one of the engine's, or a file: take letters, digits and _, and none that begins with "+gold.Listed(enginePrefixes))
		}
		if r.at++; recursive {
			s.names = append(s.names, name.name)
		}
		for body := false; !body; {
			switch t := r.peek(0); {
			case t.sign("("):
				body = r.peek(-1).is("as", "materialized") || r.peek(1).is(queryWords...)
				r.inner(s, false, "")
			case t.is("as", "not", "materialized", "using", "key"):
				r.at++
			default:
				r.fail(t, "expected AS ( and a query after WITH "+name.name+", found "+r.shown(t))
				return
			}
		}
		s.names = append(s.names, name.name)
		if !r.peek(0).sign(",") {
			break
		}
		r.at++
	}
	if t := r.peek(0); !t.is(queryWords...) && !t.sign("(") {
		r.fail(t, "expected SELECT after WITH, found "+r.shown(t)+": a query only reads")
	}
}

// parameter notes a parameter that is read, and where it is read first.
func (r *queryReader) parameter(t token) {
	q, name := r.query, t.name[len(parameterPrefix):]
	if i, found := slices.BinarySearch(q.Parameters, name); !found {
		q.Parameters = slices.Insert(q.Parameters, i, name)
		q.Calls = append(q.Calls, Call{Parameter: name, Line: t.line, Column: t.column(r.sql)})
	}
}

// table reads what stands in the place of a table: stage.name, a name of WITH, or a function.
func (r *queryReader) table(s *scope) {
	first := r.peek(0)
	if first.kind == text {
		r.fail(first, "a file in place of a table: declare it as a source of the model, and read bronze.NAME")
		r.at++
		return
	}
	if !first.isName() {
		r.fail(first, "expected a table, found "+r.shown(first))
		r.at++
		return
	}
	parts := []token{first}
	for r.at++; r.peek(0).sign(".") && r.peek(1).isName(); r.at += 2 {
		parts = append(parts, r.peek(1))
	}
	last := parts[len(parts)-1]
	switch {
	case r.peek(0).sign("("):
		if len(parts) > 1 || first.kind != word || !slices.Contains(tableFunctions, strings.ToLower(first.name)) {
			r.fail(first, "the function "+r.shown(token{start: first.start, end: last.end})+" in place of a table: only "+strings.Join(tableFunctions, ", ")+" may stand there; files are read as sources of the model, as bronze.NAME")
		}
		r.inner(s, false, first.name)
		return
	case r.peek(0).sign(":"):
		r.fail(first, "an alias before its table: write it after the table, where both engines accept it")
	case len(parts) == 1 && !s.has(first.name):
		r.fail(first, "the table "+r.shown(first)+" is named without its stage: write bronze."+first.name+", silver."+first.name+" or gold."+first.name)
	case len(parts) > 2:
		r.fail(first, "expected a stage and a name, such as silver.clients, found "+r.shown(token{start: first.start, end: last.end}))
	case len(parts) == 2:
		r.reference(parts)
		return
	}
	r.alias()
}

// reference notes a table of the model.
func (r *queryReader) reference(parts []token) {
	ref := Reference{Stage: Stage(parts[0].name), Name: parts[1].name, Start: parts[0].start, End: parts[1].end, Line: parts[0].line}
	ref.Alias = r.alias()
	r.query.References = append(r.query.References, ref)
}

// alias reads the alias after a table, as written.
func (r *queryReader) alias() string {
	as := r.peek(0).is("as")
	if as {
		r.at++
	}
	t := r.peek(0)
	if !t.isName() || !as && t.is(afterTable...) {
		return ""
	}
	r.at++
	return r.sql[t.start:t.end]
}
