package parquet

import (
	"errors"
	"strings"
	"testing"

	"goldserve/gold"
)

func TestAPanicWhileDecodingIsTheFiles(t *testing.T) {
	d, content := smallDataset(), memory(smallFiles(t)[0])
	f, err := Open(t.Context(), "facts.parquet", content, &d, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.columns[3].convert = func(*gold.Column, *values, int, int, *int64) (int, *valueProblem) { panic("boom") }
	_, err = digestOf(t.Context(), f, content, &d)
	want := "facts.parquet, column amount: row group 1: it can't be decoded: the file is damaged, write it again"
	var e *gold.Error
	if !errors.As(err, &e) || e.Kind != gold.Invalid || e.Code != gold.CodeFileInvalid || e.Message != want || !strings.Contains(e.Err.Error(), "boom") {
		t.Errorf("%v, want %s, and the panic in the cause alone", err, want)
	}
}
