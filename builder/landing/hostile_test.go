package landing

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// textCases are what the text files become: rows, broken ones of them, and the error.
var textCases = map[string]struct {
	rows, broken int64
	code         gold.Code
}{
	"csv-bare-quote": {50, 1, ""}, "csv-blank-lines": {50, 0, ""}, "csv-cr-only": {0, 0, gold.CodeBuildSchema}, "csv-decimal-comma": {50, 0, ""},
	"csv-duplicate-header": {0, 0, gold.CodeBuildSchema}, "csv-empty": {0, 0, gold.CodeFileInvalid}, "csv-header-only": {0, 0, gold.CodeBuildSchema},
	"csv-latin-1": {50, 0, ""}, "csv-long-line": {50, 0, ""}, "csv-many-columns": {0, 0, gold.CodeFileUnsupported}, "csv-no-header": {0, 0, gold.CodeBuildSchema},
	"csv-nul": {0, 0, gold.CodeFileInvalid}, "csv-numbers-nan": {50, 0, ""}, "csv-numbers-odd": {50, 0, ""}, "csv-semicolons": {50, 0, ""}, "csv-sound": {50, 0, ""},
	"csv-text-after-quote": {50, 1, ""}, "csv-too-few-fields": {50, 1, ""}, "csv-too-many-fields": {50, 1, ""}, "csv-unclosed-quote": {50, 1, ""}, "csv-utf-16": {50, 0, ""},
}

// Every hostile file becomes rows, or an error of the file: text as it is, Parquet through its masks, in bounded memory.
func TestHostileFilesEndInRowsOrInAnErrorOfTheFile(t *testing.T) {
	folder := filepath.Join(storetest.Shared(t), "data", "hostile")
	cases, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	for _, c := range cases {
		files, _ := filepath.Glob(filepath.Join(folder, c.Name(), "c[al]*.*"))
		if len(files) != 1 {
			continue // of several
		}
		content, err := os.ReadFile(files[0])
		if err != nil {
			continue // a folder of parts
		}
		b := newBench(t)
		b.write(filepath.Base(files[0]), string(content))
		want, isText := textCases[c.Name()]
		s := source("client_scores", "id_client whole", "segment_label text hmac")
		switch filepath.Base(files[0]) {
		case "ca_product.csv":
			s = source("ca_product", "produit text", "ca money")
		case "ca_product.parquet":
			s = source("ca_product", "produit text first_letter", "ca money")
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, landed, err := b.land(s)
		runtime.ReadMemStats(&after)
		if grown := int64(after.Sys) - int64(before.Sys); grown > 256<<20 {
			t.Errorf("%s: landing it took %d MiB", c.Name(), grown>>20)
		}
		code := gold.Code("")
		if known, ok := errors.AsType[*gold.Error](err); ok {
			code = known.Code
		}
		switch {
		case err != nil && gold.KindOf(err) != gold.Invalid:
			t.Errorf("%s: %v", c.Name(), err)
		case isText && (landed.Rows != want.rows || landed.Broken != want.broken || code != want.code):
			t.Errorf("%s: %d rows, %d of them broken, %v", c.Name(), landed.Rows, landed.Broken, err)
		case isText:
			texts++
		case err != nil:
		case landed.Rows == 0:
			t.Errorf("%s: no rows, and no error", c.Name())
		}
	}
	if texts != len(textCases) {
		t.Errorf("%d of %d text files were landed as they should be", texts, len(textCases))
	}
}
