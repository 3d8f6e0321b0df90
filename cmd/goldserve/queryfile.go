package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"goldserve/gold/query"
	"goldserve/gold/query/param"
)

// takeFile reads the query of --file, a JSON object of parameters, and returns the dataset that it or the argument names.
func (q *queryFlags) takeFile(cmd *cobra.Command, args []string) (dataset string, err error) {
	if len(args) > 0 {
		dataset = args[0]
	}
	if q.file == "" {
		return dataset, nil
	}
	text, err := q.readFile(cmd.InOrStdin())
	if err != nil {
		return "", usagef("--file: %w", err)
	}
	p := param.ReadDocument(text)
	if len(p.Problems) > 0 {
		return "", usagef("--file %s: %w", q.file, query.InvalidParameters(p.Problems))
	}
	for _, pair := range p.Pairs {
		switch {
		case pair.Name == "format" && q.format == "":
			q.format = pair.Value
		case pair.Name != "dataset":
			q.asked = append(q.asked, pair)
		case dataset != "" && dataset != pair.Value:
			return "", usagef("--file %s asks %s, not %s: leave one of the two out", q.file, pair.Value, dataset)
		default:
			dataset = pair.Value
		}
	}
	if dataset == "" {
		return "", usagef("--file %s names no dataset: give DATASET, or the member dataset", q.file)
	}
	return dataset, nil
}

// readFile reads the file's text, or that of standard input.
func (q *queryFlags) readFile(stdin io.Reader) ([]byte, error) {
	from := stdin
	if q.file != "-" {
		f, err := os.Open(q.file)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // it was only read
		from = f
	}
	text, err := io.ReadAll(io.LimitReader(from, param.MaxDocument+1))
	if err == nil && len(text) > param.MaxDocument {
		err = fmt.Errorf("%s has more than %d bytes", q.file, param.MaxDocument)
	}
	return text, err
}

// grouped reports whether the query asks for groups.
func (q *queryFlags) grouped() bool {
	return q.groupBy != "" || q.measures != "" || slices.ContainsFunc(q.asked, func(p param.Pair) bool { return p.Name == "group_by" || p.Name == "measures" })
}
