package main

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed is the import table of the design: what each package may import of ours. Tests may import storetest,
// periodtest, objecttest and test/fixture besides.
var allowed = map[string][]string{
	"gold":              {},
	"gold/columnar":     {"gold", "gold/measure"},
	"gold/contract":     {"gold", "gold/dashboard", "gold/measure", "gold/yaml", "scoring", "scoring/onnx"},
	"gold/dashboard":    {"gold", "gold/yaml"},
	"gold/dbt":          {"gold"},
	"gold/diff":         {"gold"},
	"gold/filelock":     {},
	"gold/format":       {"gold"},
	"gold/infer":        {"gold", "gold/contract", "gold/dashboard", "gold/dbt", "gold/lake", "gold/measure", "gold/yaml"},
	"gold/lake":         {"gold", "gold/lake/catalog", "gold/lake/content", "gold/lake/delta", "gold/lake/dir", "gold/lake/iceberg", "gold/lake/object", "gold/lake/parquet", "gold/lake/text"},
	"gold/lake/cast":    {"gold"},
	"gold/lake/catalog": {"gold", "gold/lake/object"},
	"gold/lake/delta":   {"gold", "gold/lake/content", "gold/lake/object", "gold/lake/parquet", "gold/lake/vector"},
	"gold/lake/dir":     {"gold", "gold/lake/object"},
	"gold/lake/iceberg": {"gold", "gold/lake/content", "gold/lake/object", "gold/lake/parquet", "gold/lake/vector"},
	"gold/lake/object":  {"gold"},
	"gold/lake/content": {"gold", "gold/lake/cast"},
	"gold/lake/parquet": {"gold", "gold/lake/cast", "gold/lake/content"},
	"gold/lake/text":    {"gold", "gold/lake/cast", "gold/lake/content"},
	"gold/lake/s3":      {"gold", "gold/lake/object"},
	"gold/lake/vector":  {},
	"gold/mask":         {"gold"},
	"gold/measure":      {"gold"},
	"gold/mongostore":   {"gold", "gold/measure"},
	"gold/quality":      {"gold"},
	"gold/query":        {"gold", "gold/measure"},
	"gold/query/body":   {"gold", "gold/diff", "gold/format", "gold/query", "gold/query/param"},
	"gold/query/param":  {"gold", "gold/format", "gold/measure", "gold/query"},
	"gold/reference":    {"gold", "gold/contract", "gold/dashboard", "gold/yaml"},
	"gold/sqlitestore":  {"gold", "gold/filelock", "gold/measure"},
	"gold/storetest":    {"gold"},
	"gold/yaml":         {"gold"},
	"builder/place":     {"builder", "gold", "gold/filelock", "gold/lake/object", "gold/lake/dir", "gold/lake/s3"},
	"builder/duckdb":    {"builder", "gold"},
	"builder/spark":     {"builder", "gold"},
	"bench":             {},
	"eco":               {"gold", "gold/filelock"},
	"mlflow":            {},
	"models":            {},
	"openapi":           {"gold", "gold/dashboard"},
	"web":               {},
	"watch":             {"gold"},
	"builder":           {"gold", "gold/yaml"},
	"builder/landing":   {"builder", "gold", "gold/format", "gold/lake", "gold/lake/dir", "gold/lake/object", "gold/lake/parquet", "gold/lake/text", "gold/mask"},
	"scoring/onnx":      {},
	"scoring":           {"gold", "scoring/onnx"},
	"scoring/train":     {"gold", "scoring/onnx"},
	"mirror":            {"gold"},
	"mirror/mysql":      {"gold", "mirror"},
	"mirror/postgres":   {"gold", "mirror"},
	"pack":              {"gold", "gold/format"},
	"publisher":         {"gold", "gold/contract", "gold/lake", "gold/mask", "gold/measure", "gold/quality", "scoring"},
	"stream":            {"gold", "stream/parts"},
	"stream/parts":      {},
	"api/edge":          {"gold", "gold/format", "gold/query", "gold/query/param"},
	"api/respond":       {"api/edge", "gold", "gold/format", "gold/query", "gold/query/body", "gold/query/param"},
	"api":               {"api/edge", "api/respond", "gold", "gold/dashboard", "gold/diff", "gold/format", "gold/query", "gold/query/body", "gold/query/param", "openapi", "scoring", "web"},
	"cmd/goldserve": {
		"api", "api/edge", "bench", "builder", "builder/duckdb", "builder/landing", "builder/place", "builder/spark", "eco", "gold", "gold/columnar", "gold/contract", "gold/dashboard", "gold/dbt", "gold/diff", "gold/format", "gold/infer", "gold/lake", "gold/lake/catalog", "gold/lake/dir", "gold/lake/object", "gold/lake/s3", "gold/mongostore", "gold/query", "gold/query/body", "gold/query/param", "gold/reference", "gold/sqlitestore", "gold/yaml", "mirror", "mirror/mysql", "mirror/postgres", "mlflow", "models", "pack", "publisher", "scoring", "scoring/train", "stream", "watch",
	},
	"gold/storetest/periodtest":   {"gold", "gold/format", "gold/measure", "gold/query", "gold/query/param", "gold/storetest"},
	"gold/lake/object/objecttest": {"gold/lake/object"},
	"test/fixture":                {"gold/lake", "gold/storetest"},
	"test/e2e":                    {},
	"test/lakes":                  {},
}

// drivers may be imported by these packages alone.
var drivers = map[string][]string{
	"go.mongodb.org/mongo-driver":         {"gold/mongostore", "test/fixture"},
	"modernc.org/sqlite":                  {"gold/sqlitestore"},
	"github.com/parquet-go/parquet-go":    {"gold/format", "gold/lake/parquet", "stream/parts", "test/fixture"},
	"github.com/RoaringBitmap/roaring":    {"gold/lake", "gold/lake/delta", "gold/lake/iceberg", "gold/lake/parquet", "gold/lake/vector"},
	"github.com/goccy/go-yaml":            {"cmd/goldserve", "gold/yaml"},
	"github.com/go-chi/chi":               {"api", "api/edge"},
	"github.com/go-chi/httprate":          {"api/edge"},
	"github.com/prometheus/client_golang": {"api", "cmd/goldserve", "gold/columnar"},
	"github.com/spf13/cobra":              {"cmd/goldserve"},
	"github.com/vbauerster/mpb":           {"cmd/goldserve"},
	"github.com/dustin/go-humanize":       {"cmd/goldserve"},
	"github.com/apache/arrow-go":          {"builder/spark", "gold/format"},
	"google.golang.org/protobuf":          {"builder/spark"},
	"github.com/xuri/excelize":            {"gold/format"},
	"github.com/minio/minio-go":           {"gold/lake/s3", "test/fixture"},
	"gopkg.in/ini.v1":                     {"gold/lake/s3"},
	"gonum.org/v1/gonum":                  {"scoring/train"},
	"github.com/twmb/franz-go":            {"stream"},
	"github.com/jackc/pgx":                {"mirror/postgres"},
	"github.com/go-sql-driver/mysql":      {"mirror/mysql"},
}

func TestImportsFollowTheTable(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "goldserve/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for scanner := bufio.NewScanner(bytes.NewReader(out)); scanner.Scan(); {
		words := strings.Fields(scanner.Text())
		pkg := strings.TrimPrefix(words[0], "goldserve/")
		may, known := allowed[pkg]
		if !known {
			t.Errorf("package %s is not in the import table", pkg)
			continue
		}
		seen[pkg] = true
		for _, imported := range words[1:] {
			if ours, ok := strings.CutPrefix(imported, "goldserve/"); ok && !slices.Contains(may, ours) {
				t.Errorf("%s may not import %s", pkg, ours)
			}
			for driver, owners := range drivers {
				if strings.HasPrefix(imported, driver) && !slices.Contains(owners, pkg) {
					t.Errorf("%s may not import %s: only %s may", pkg, imported, strings.Join(owners, " and "))
				}
			}
		}
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("package %s of the import table does not exist", pkg)
		}
	}
}
