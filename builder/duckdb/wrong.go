package duckdb

import (
	"context"
	"errors"

	"goldserve/builder"
	"goldserve/gold"
)

// mostWrong bounds how many tables' SQL is reported at once: each costs a child, as DuckDB's shell ends with its first error.
const mostWrong = 20

// alsoWrong adds to the error of a step what is wrong with the SQL of others that don't read its table, where SQL was at fault.
func (r *run) alsoWrong(ctx context.Context, failed int, err error) error {
	problems := sqlProblems(err)
	if problems == nil {
		return err
	}
	_, _ = r.session.end() // its error is err
	wrong := map[string]bool{r.stepName(failed): true}
	for range mostWrong - 1 {
		at, more := r.bindAll(ctx, failed, wrong)
		found := sqlProblems(more)
		if at < 0 || found == nil {
			break
		}
		problems = append(problems, found...)
		wrong[r.stepName(at)] = true
	}
	if ctx.Err() != nil || len(wrong) == 1 {
		return err
	}
	return gold.InvalidAll(problems)
}

func (r *run) stepName(i int) string {
	t := r.program.Steps[i].Table
	return string(t.Stage) + "." + t.Name
}

// sqlProblems returns the problems of an error that says what is wrong with SQL; nil: it is another one.
func sqlProblems(err error) []gold.Problem {
	if e, ok := errors.AsType[*gold.Error](err); ok && e.Code == gold.CodeBuildSQL {
		return e.Problems
	}
	return nil
}

// bindAll binds the queries in a child of their own and computes nothing. It leaves out those that are wrong and what reads them, and returns
// the first step that fails. Those before the step from have run.
func (r *run) bindAll(ctx context.Context, from int, wrong map[string]bool) (failed int, err error) {
	s, err := New(r.options).start(ctx, r.home)
	if err != nil {
		return -1, err
	}
	defer func() { _, _ = s.end() }() // after an error the child has none of interest
	b := &run{program: r.program, options: r.options, session: s, home: r.home}
	if err := b.prepare(); err != nil {
		return -1, err
	}
	if err := b.sources(); err != nil {
		return -1, err
	}
	unknown := map[string]bool{}
	for i, step := range r.program.Steps {
		name := r.stepName(i)
		unknown[name] = wrong[name]
		for _, ref := range step.Table.Query.References {
			if step.Present == nil && unknown[string(ref.Stage)+"."+ref.Name] {
				unknown[name] = true
			}
		}
		if unknown[name] {
			continue
		}
		if err := b.bind(step, i < from); err != nil {
			return i, err
		}
	}
	return -1, nil
}

// bind makes a view of a step's query.
func (r *run) bind(s builder.Step, known bool) error {
	t := s.Table
	if s.Present != nil {
		return r.present(s)
	}
	if !known {
		if err := r.oneQuery(t); err != nil {
			return err
		}
		if _, err := r.columns(t); err != nil {
			return err
		}
	}
	if q := t.Quarantine; q != nil {
		return r.create(t, "VIEW", "SELECT * EXCLUDE ("+name(q.Column)+", _file, _line) FROM (", ")")
	}
	return r.create(t, "VIEW", "", "")
}
