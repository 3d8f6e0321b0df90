package infer

import (
	"context"
	"strings"
	"unicode/utf8"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// unnamed are the signs that the name of a source can't have in a contract.
const unnamed = `{}\*?:`

// readable returns an error where a contract can't name a source.
func readable(s lake.Spec) error {
	if strings.ContainsAny(s.Source, unnamed) {
		return gold.Invalidf(gold.Problem{File: s.File(), Code: gold.CodeSourceUnreadable}, "a contract can't name it: rename it without any of the signs %s", `{ } \ * ? :`)
	}
	if !utf8.ValidString(s.Source) {
		return gold.Invalidf(gold.Problem{File: s.File(), Code: gold.CodeSourceUnreadable}, "its name has bytes that are no UTF-8: rename it")
	}
	return nil
}

// leave leaves out a source that can't be read. It returns other errors, and those of sources that earlier contracts serve.
func (m *Model) leave(ctx context.Context, source string, err error, earlier *Earlier) error {
	if err != nil && (ctx.Err() != nil || gold.KindOf(err) != gold.Invalid || earlier.serves(source)) {
		return err
	}
	if err != nil {
		m.LeftOut = append(m.LeftOut, LeftOut{source, inOneLine(err.Error())})
	}
	return nil
}
