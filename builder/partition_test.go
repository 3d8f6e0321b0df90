package builder

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestMarksOfParts: the mark of a folder of parts goes along, wherever the engine left it, and goes after the parts that it stands for.
func TestMarksOfParts(t *testing.T) {
	c := &commit{lake: &Lake{}, scratch: t.TempDir()}
	parts := []string{"gold/plain.parquet", "gold/spark.parquet/part-0.parquet", "gold/split/a=1/b=2/part-0.parquet", "gold/split/a=1/b=3/part-0.parquet", "gold/empty/_SUCCESS"}
	for _, file := range append(slices.Clone(parts), "gold/_SUCCESS", "gold/spark.parquet/_SUCCESS", "gold/split/_SUCCESS") {
		name := filepath.Join(c.scratch, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := c.files(t.Context(), nil, "gold", parts, nil)
	if err != nil || len(files) != len(parts) {
		t.Errorf("%v %v", files, err)
	}
	var names []string
	for _, p := range c.puts {
		names = append(names, p.name)
	}
	want := []string{
		"plain.parquet", "spark.parquet/part-0.parquet", "split/a=1/b=2/part-0.parquet", "split/a=1/b=3/part-0.parquet", "empty/_SUCCESS",
		"spark.parquet/_SUCCESS", "split/_SUCCESS",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}
