package main

import (
	"errors"
	"strings"
	"testing"

	"goldserve/gold"
)

// TestEachProblemIsPrintedOnce, whatever the message says of them.
func TestEachProblemIsPrintedOnce(t *testing.T) {
	problems := []gold.Problem{{File: "a.parquet", Field: "x", Detail: "the file has no such column"}, {File: "b.parquet", Detail: "it is broken"}}
	counted := &gold.Error{Kind: gold.Invalid, Message: "2 problems in the contracts, the first: " + problems[0].String(), Problems: problems}
	other := &gold.Error{Kind: gold.Invalid, Message: "the lake can't be published: 2 problems", Problems: problems}
	for err, want := range map[error]string{
		gold.InvalidAll(problems):              "goldserve: a.parquet, column x: the file has no such column\nb.parquet: it is broken\n",
		errors.Join(gold.InvalidAll(problems)): "goldserve: a.parquet, column x: the file has no such column\nb.parquet: it is broken\n",
		counted:                                "goldserve: 2 problems in the contracts\n  a.parquet, column x: the file has no such column\n  b.parquet: it is broken\n",
		other:                                  "goldserve: the lake can't be published: 2 problems\n  a.parquet, column x: the file has no such column\n  b.parquet: it is broken\n",
		gold.InvalidAll(problems[1:]):          "goldserve: b.parquet: it is broken\n",
	} {
		var out strings.Builder
		if code := report(&out, err, nil); code != exitRefused || out.String() != want {
			t.Errorf("exit %d\n%s\nwant\n%s", code, out.String(), want)
		}
	}
}
