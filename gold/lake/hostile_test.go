package lake

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

// soundDigest is that of the table that most cases are made from, computed from what pandas reads.
const soundDigest = "12b5d160239c0627ae81128d49253d2638586149e3a1dbb5ab2c97145eb0aaaf"

// emptyDigest is that of no rows.
var emptyDigest = (&gold.Digest{}).String()

// hostile says what must happen to each case: the error's code, and words that its message must have, or the digest of
// the rows, as pandas reads them.
var hostile = map[string]struct {
	code          gold.Code
	words, digest string
}{
	"sound":                           {digest: soundDigest},
	"empty-file":                      {code: "file_invalid", words: "has 0 bytes"},
	"magic-only":                      {code: "file_invalid", words: "has 4 bytes"},
	"two-magics-only":                 {code: "file_invalid", words: "footer has 0 bytes"},
	"wrong-magic-head":                {code: "file_invalid", words: `starts with "PAR2"`},
	"wrong-magic-tail":                {code: "file_invalid", words: `ends with "PAR2"`},
	"web-page":                        {code: "file_invalid", words: "not a Parquet file"},
	"truncated-footer":                {code: "file_invalid", words: "cut short"},
	"truncated-half":                  {code: "file_invalid", words: "cut short"},
	"truncated-front":                 {code: "file_invalid"},
	"footer-length-zero":              {code: "file_invalid", words: "footer has 0 bytes"},
	"footer-length-short":             {code: "file_invalid", words: "footer"},
	"footer-length-long":              {code: "file_invalid", words: "footer"},
	"footer-length-beyond-file":       {code: "file_invalid", words: "footer has 9616 bytes"},
	"footer-length-2-gib":             {code: "file_invalid", words: "footer has 2147483647 bytes"},
	"footer-length-4-gib":             {code: "file_invalid", words: "footer has 4294967295 bytes"},
	"footer-noise":                    {code: "file_invalid", words: "footer"},
	"footer-huge-list":                {code: "file_invalid", words: "footer"},
	"footer-huge-string":              {code: "file_invalid", words: "footer"},
	"page-bit-flip-checksum":          {code: "file_invalid", words: "column monetary_12m: row group 1: page 1 does not have the checksum"},
	"page-bit-flip-silent":            {digest: "18a2d9ecfea91752c5fd659752f3f55855e7d732c1677efc9826ffc546f1ea1c"},
	"page-bit-flip-gzip":              {code: "file_invalid", words: "column monetary_12m: row group 1: page 1"},
	"page-bit-flip-zstd":              {digest: "f46d3f6479f3a315a05a1f2c17fd6ecb317630b7781a6f61a5571b89297f395d"},
	"rows-51-in-footer":               {code: "row_count", words: "says 51 rows, but its row groups hold 50"},
	"rows-negative":                   {code: "row_count", words: "-1 rows"},
	"rows-2-to-62":                    {code: "row_count", words: "4611686018427387904 values"},
	"values-49-of-50":                 {code: "row_count", words: "column monetary_12m: row group 1: it says 49 values"},
	"values-60-of-50":                 {code: "row_count", words: "column monetary_12m: row group 1: it says 60 values"},
	"page-values-40-of-50":            {code: "row_count", words: "column segment_label: row group 1: its pages end 10 rows too early"},
	"page-size-2-gib":                 {code: "file_unsupported", words: "column segment_label: row group 1: page 1 claims 2147483647 bytes"},
	"page-size-negative":              {code: "file_invalid", words: "negative size"},
	"page-unknown-encoding":           {code: "file_invalid", words: "encoding 77"},
	"unknown-codec":                   {code: "file_unsupported", words: "codec 99"},
	"offset-beyond-file":              {code: "file_invalid", words: "column monetary_12m: row group 1"},
	"offset-negative":                 {code: "file_invalid", words: "from -4 on"},
	"chunks-overlap":                  {code: "file_invalid", words: "total_spend_all"},
	"schema-too-many-children":        {code: "file_invalid", words: "more columns than it has"},
	"schema-deep":                     {code: "file_invalid", words: "32 groups"},
	"bomb-dictionary":                 {code: "file_unsupported", words: "column segment_label: row group 1: its 293 bytes expand"},
	"bomb-zstd":                       {code: "file_unsupported", words: "column segment_label: row group 1: page 1"},
	"row-groups-10000":                {digest: "f96743a0434a4a363ba1791729a4c0afec5d76122a7a7f67ef3df7491bafd13e"},
	"missing-column":                  {code: "schema_missing", words: "column expected_value_12m"},
	"extra-column":                    {digest: soundDigest},
	"extra-pii-column":                {digest: soundDigest},
	"text-for-number":                 {code: "schema_type", words: "column monetary_12m: it holds text, and the contract expects numbers"},
	"number-as-text":                  {code: "schema_type", words: "column monetary_12m: it holds text, and the contract expects numbers"},
	"number-for-text":                 {code: "schema_type", words: "column segment_label: it holds 64-bit integers, and the contract expects text"},
	"null-key":                        {code: "value_null", words: "column id_client, row 3: found null in a key"},
	"all-null-column":                 {code: "value_null", words: "column expected_value_12m, row 1"},
	"duplicate-column":                {code: "schema_duplicate", words: "column monetary_12m"},
	"column-case":                     {code: "schema_duplicate", words: "monetary_12m, MONETARY_12M"},
	"column-names":                    {digest: soundDigest},
	"no-rows":                         {digest: (&gold.Digest{}).String()},
	"no-row-groups":                   {digest: (&gold.Digest{}).String()},
	"empty-row-group":                 {digest: soundDigest},
	"no-columns":                      {code: "schema_missing", words: "it has none"},
	"parts-column-missing":            {code: "schema_missing", words: "part-00001.snappy.parquet, column expected_value_12m"},
	"parts-type-differs":              {code: "schema_type", words: "part-00001.snappy.parquet, column monetary_12m"},
	"parts-order-differs":             {digest: soundDigest},
	"parts-narrower-type":             {}, // values differ by what a float loses: TestFloatsAndIntsWiden
	"parts-one-broken":                {code: "file_invalid", words: "part-00001.snappy.parquet"},
	"parts-unfinished":                {code: "source_unreadable", words: "_SUCCESS"},
	"nan-infinity":                    {code: "value_range", words: "column monetary_12m, row 2: found +Inf"},
	"integral-double":                 {digest: "9dc364eda5d718e17f626bfd3169a5f7766620fbf9324d333f17a0541204d545"},
	"negative-zero":                   {digest: "bb8ffb9013ea890073246bd7218c738ff06be8022b29d4d18d6c0572a5a25d4f"},
	"double-with-fraction-in-integer": {code: "value_type", words: "column freq_12m, row 1: found 12.5, expected an integer"},
	"double-too-large-for-integer":    {code: "value_range", words: "column freq_12m, row 1: found 1e+300"},
	"uint64-max":                      {code: "value_range", words: "column freq_12m, row 1: found 18446744073709551615"},
	"int64-beyond-double":             {digest: "8e9c0e5faca3a208b43b99ece42b79a33833a4a8cc0f232756d7a4cbc2f15abf"},
	"timestamps-extreme":              {}, // TestExtremeTimestamps
	"timestamps-beyond-9999":          {code: "value_range", words: "column last_purchase, row 1: found a timestamp in the year 294247"},
	"timestamps-ns":                   {}, // TestExtremeTimestamps
	"timestamps-int96":                {}, // TestExtremeTimestamps
	"timestamps-zone":                 {digest: soundDigest},
	"date-for-timestamp":              {digest: soundDigest},
	"decimal-38":                      {}, // TestDecimalsBeyondDoubles
	"decimal-76":                      {}, // TestDecimalsBeyondDoubles
	"decimal-plain":                   {digest: soundDigest},
	"nested-list":                     {code: "schema_type", words: "column monetary_12m: it holds lists"},
	"nested-list-extra":               {digest: soundDigest},
	"nested-struct":                   {code: "schema_type", words: "column monetary_12m: it holds groups"},
	"nested-struct-extra":             {digest: soundDigest},
	"nested-map":                      {code: "schema_type", words: "column monetary_12m: it holds maps"},
	"nested-map-extra":                {digest: soundDigest},
	"odd-types-extra":                 {digest: soundDigest},
	"encrypted":                       {code: "file_unsupported", words: "encrypted"},
	"encrypted-columns":               {code: "file_unsupported", words: "encrypted columns"},
	"strings-nul":                     {digest: "b6bea61958b93bd5671c5b30b76b5cc98be40905eb678632e8a63365e52c354b"},
	"strings-unicode":                 {digest: "e1b672078880c1113b7993b5c1fa5424417168745571dd81a1ca8bbb3b7169f5"},
	"strings-markup":                  {digest: "dcd7f85ac318874f839ff76df848570e7a5bed66f4bb4db439f72a7112fcb453"},
	"strings-formula":                 {digest: "d701a0d07802597aedb5a9686b517d83e99008dd733ac6962f0d5bf39aa60616"},
	"csv-sound":                       {digest: "6e371fe2262d160d018b31178a30be9e0e162162a43a1967c8f9396085f1fa82"},
	"csv-empty":                       {code: "file_invalid", words: "ca_product.csv:1:1: it is empty"},
	"csv-header-only":                 {digest: emptyDigest},
	"csv-no-header":                   {code: "schema_missing", words: "the file has no such column"},
	"csv-unclosed-quote":              {code: "file_invalid", words: "a quote opens here and none closes it"},
	"csv-bare-quote":                  {code: "file_invalid", words: "ca_product.csv:2:2: a quote stands in a value that has none around it"},
	"csv-text-after-quote":            {code: "file_invalid", words: "a value goes on after the quote that closes it"},
	"csv-too-many-fields":             {code: "file_invalid", words: "row 2: it has 3 values, and the first line names 2 columns"},
	"csv-too-few-fields":              {code: "file_invalid", words: "row 2: it has 1 values, and the first line names 2 columns"},
	"csv-duplicate-header":            {code: "schema_duplicate", words: "column ca: the file has more than one column of that name"},
	"csv-blank-lines":                 {digest: "6e371fe2262d160d018b31178a30be9e0e162162a43a1967c8f9396085f1fa82"},
	"csv-cr-only":                     {code: "schema_missing"},
	"csv-nul":                         {code: "file_invalid", words: "it holds a zero byte"},
	"csv-utf-16":                      {code: "file_invalid", words: "ca_product.csv:1:1: it begins with the byte order mark of UTF-16: say so in the contract"},
	"csv-latin-1":                     {code: "value_type", words: "expected valid UTF-8: if the file has another encoding"},
	"csv-semicolons":                  {code: "schema_missing"},
	"csv-decimal-comma":               {code: "value_type", words: `expected a number such as 1234.56`},
	"csv-numbers-odd":                 {code: "value_type"},
	"csv-numbers-nan":                 {code: "value_null"},
	"csv-long-line":                   {digest: "083f1fd49d5f34f4c9a5670dbbd89dee2e040005b09c621b0da1eb9cebaaa153"},
	"csv-many-columns":                {code: "file_unsupported", words: "its first line names 10002 columns; at most 10000 are allowed"},
	"strings-1-mib":                   {digest: "8580c44608bf0c43aa40c6ef38315df692c9e2ed9549213f7ded4d6394e70107"},
	"strings-invalid-utf8":            {code: "value_type", words: "column produit, row 1: found"},
}

// notHere are the cases that this package passes on to another, with the reason.
var notHere = map[string]string{
	"duplicate-key":            "the store finds equal keys; Find locates them: TestFindLocatesEqualKeys",
	"duplicate-key-far":        "as duplicate-key",
	"parts-duplicate-key":      "as duplicate-key",
	"probability-out-of-range": "a rule of the contract, not a type",
}

func TestHostileFiles(t *testing.T) {
	dir := filepath.Join(storetest.Shared(t), "data/hostile")
	text, err := os.ReadFile(filepath.Join(dir, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]struct {
		Outcome string   `json:"outcome"`
		Files   []string `json:"files"`
		Why     string   `json:"why"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, c := range cases {
		if notHere[name] != "" {
			continue
		}
		seen++
		t.Run(name, func(t *testing.T) {
			want, ok := hostile[name]
			if !ok {
				t.Fatalf("no expectation for this case: %s", c.Why)
			}
			if c.Outcome == "accept" && want.code != "" || c.Outcome == "refuse" && want.code == "" {
				t.Fatalf("the expectation contradicts the case's outcome %s: %s", c.Outcome, c.Why)
			}
			file, _, _ := strings.Cut(c.Files[0], "/")
			start, before := time.Now(), allocated()
			digest, _, err := readLake(filepath.Join(dir, name), Spec{Dataset: known(strings.TrimSuffix(file, filepath.Ext(file)))})
			if took, bytes := time.Since(start), allocated()-before; took > 30*time.Second || bytes > 256<<20 {
				t.Errorf("took %s and %d bytes", took, bytes)
			}
			switch {
			case want.code != "" && err == nil:
				t.Errorf("accepted; want the error %s: %s", want.code, c.Why)
			case want.code != "":
				if gold.CodeOf(err) != want.code || gold.KindOf(err) != gold.Invalid || !strings.Contains(err.Error(), want.words) || !strings.Contains(err.Error(), file) {
					t.Errorf("error %s %s: %v\nwant %s with %q", gold.KindOf(err), gold.CodeOf(err), err, want.code, want.words)
				}
			case err != nil:
				t.Errorf("refused: %v", err)
			case want.digest != "" && digest.String() != want.digest:
				t.Errorf("%d rows, digest %s, want %s", digest.Rows(), digest, want.digest)
			}
		})
	}
	if missing := len(hostile) - seen; missing != 0 {
		t.Errorf("%d expectations have no case", missing)
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func hostileRows(t *testing.T, name string, fields ...string) ([][]gold.Value, *Report) {
	t.Helper()
	dir := filepath.Join(storetest.Shared(t), "data/hostile", name)
	rows, report, err := readRows(mustTable(t, dir, Spec{Dataset: known("client_scores")}), Read{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	return rows, report
}

// TestDecimalsBeyondDoubles reads decimals of more digits than a double has as doubles and as they are.
func TestDecimalsBeyondDoubles(t *testing.T) {
	for name, want := range map[string]float64{"decimal-38": 1234567890123456789012345678.9012345678, "decimal-76": 1e56} {
		rows, report := hostileRows(t, name, "monetary_12m")
		if rows[0][0] != gold.NewDouble(want) || report.Lossy["monetary_12m"] != 1 {
			t.Errorf("%s: %v, %d lossy, want %v rounded", name, rows[0][0], report.Lossy["monetary_12m"], want)
		}
	}
	for name, want := range map[string]string{
		"decimal-38": "1234567890123456789012345678.9012345678",
		"decimal-76": "value_range",
	} {
		d := known("client_scores")
		f := d.Field("monetary_12m")
		f.Kind, f.Precision, f.Scale = gold.WideDecimal, 38, 10
		if name == "decimal-76" {
			f.Scale = 20
		}
		dir := filepath.Join(storetest.Shared(t), "data/hostile", name)
		rows, _, err := readRows(mustTable(t, dir, Spec{Dataset: d}), Read{Fields: []string{"monetary_12m"}})
		got := string(gold.CodeOf(err))
		if err == nil {
			got = rows[0][0].Format(f.Scale)
		}
		if got != want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, want)
		}
	}
}

func TestExtremeTimestamps(t *testing.T) {
	for name, want := range map[string]struct {
		times []int64 // the first rows, in milliseconds
		lossy int64
	}{
		// From the microseconds and nanoseconds that pyarrow reads, rounded down.
		"timestamps-extreme": {[]int64{-62135596800000, -2208988800000, -1, 0, 253402300799999, 1727568000000}, 2},
		"timestamps-ns":      {[]int64{-9223372036855, 9223372036854, 1727827200000}, 2},
		"timestamps-int96":   {[]int64{-2208988800000, -1, 1727827200000}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			rows, report := hostileRows(t, name, "last_purchase")
			var got []int64
			for _, row := range rows[:len(want.times)] {
				got = append(got, row[0].Int())
			}
			if diff := cmp.Diff(want.times, got); diff != "" {
				t.Errorf("times (-want +got):\n%s", diff)
			}
			if report.Lossy["last_purchase"] != want.lossy {
				t.Errorf("lossy times %v, want %d", report.Lossy, want.lossy)
			}
		})
	}
}

func TestFloatsAndIntsWiden(t *testing.T) {
	rows, _ := hostileRows(t, "parts-narrower-type", "id_client", "freq_12m", "prob_reachat_12m")
	for _, row := range rows {
		n := row[0].Int() - 1
		if freq := n%12 + 1; row[1] != gold.NewInt(freq) {
			t.Errorf("id_client %d: freq_12m %v, want %d", n+1, row[1], freq)
		}
		prob := float64(n*7%50) / 50
		if row[0].Int() > 25 { // the second part
			prob = float64(float32(prob))
		}
		if row[2] != gold.NewDouble(prob) {
			t.Errorf("id_client %d: prob_reachat_12m %v, want %v", n+1, row[2], prob)
		}
	}
}

func TestFindLocatesEqualKeys(t *testing.T) {
	for name, want := range map[string][]int64{
		"duplicate-key": {7, 31}, "duplicate-key-far": {7, 31}, "parts-duplicate-key": nil,
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(storetest.Shared(t), "data/hostile", name)
			table := mustTable(t, dir, Spec{Dataset: known("client_scores")})
			got, err := table.Find(t.Context(), []string{"id_client"}, []gold.Value{gold.NewInt(7)})
			if err != nil {
				t.Fatal(err)
			}
			if want == nil { // in two parts, by the order of their names
				a, _ := table.Place(got[0])
				b, _ := table.Place(got[1])
				if len(got) != 2 || a == b || !strings.HasPrefix(b, "client_scores.parquet/part-00001") {
					t.Errorf("rows %v in %s and %s", got, a, b)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestColumnsThatNoContractNamesAreLeftOut(t *testing.T) {
	for name, others := range map[string]string{
		"sound": "", "extra-pii-column": "email:t", "nested-struct-extra": "",
		"column-names": "$where:f __proto__:f _id:f a.b:f nom\x00caché:f select:f 日本:f",
	} {
		dir := filepath.Join(storetest.Shared(t), "data/hostile", name)
		s := Spec{Dataset: known("client_scores")}
		table := mustTable(t, dir, s)
		var fields []string
		_, err := table.Read(t.Context(), Read{}, func(_ int, b *gold.Batch, _ int64) error {
			fields = (&gold.Dataset{Fields: b.Fields}).FieldNames()
			return nil
		})
		if diff := cmp.Diff(s.Dataset.FieldNames(), fields); diff != "" || err != nil {
			t.Errorf("%s: %v, columns read (-want +got):\n%s", name, err, diff)
		}
		// They are there.
		if others != "" {
			s.Optional = dataset("others", others).Fields
			if got := mustTable(t, dir, s).Dataset().Fields; len(got) != len(s.Dataset.Fields)+len(s.Optional) {
				t.Errorf("%s: the fields %v", name, got)
			}
		}
	}
}
