package eco

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
)

// few are the columns of a small file; older versions of CodeCarbon have about as many.
const few = "timestamp,project_name,run_id,duration,emissions,energy_consumed,country_name,tracking_mode,codecarbon_version\n"

func mergeTexts(t *testing.T, texts map[string]string) (*Report, error) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range texts {
		writeText(t, filepath.Join(folder, name), text)
	}
	t.Chdir(folder)
	files, err := FilesOf([]string{"."})
	if err != nil {
		t.Fatal(err)
	}
	return Merge(files)
}

func TestEachRunCountsOnce(t *testing.T) {
	a := "2026-03-01T12:00:00,shop/build,a,10,0.002,0.01,France,machine,goldserve 1\n"
	b := "2026-03-01T12:01:00,shop/publish,b,20,0.004,0.02,France,process (estimated),goldserve 1\n"
	c1 := "2026-03-01T11:00:00,notebook,c,5,0.1,0.5,Sweden,process,3.3.2\n"
	c2 := "2026-03-01T11:00:05,notebook,c,10,0.2,1,Sweden,process,3.3.2\n"
	rewritten := strings.Replace(a, "0.002", "0.0020000000000000001", 1)
	r, err := mergeTexts(t, map[string]string{
		"emissions.csv":     few + a + b + c1 + c2,
		"emissions.csv.1":   few + a + rewritten,
		"emissions.csv.bak": few + c1,
		"emissions_b.csv":   "is none of these",
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Repeated != 3 || r.Continued != 1 || len(r.Conflicts) != 0 || r.Sum.Runs != 3 {
		t.Errorf("%+v", r)
	}
	near(t, "energy", r.Sum.KWh, 1.03)
	near(t, "CO2e", r.Sum.KgCO2e, 0.206)
	near(t, "time", r.Sum.Seconds, 40)
	want := []Total{{"notebook", "-", 1, 10, 1, 0.2}, {"shop", "build", 1, 10, 0.01, 0.002}, {"shop", "publish", 1, 20, 0.02, 0.004}}
	if !slices.Equal(r.Totals, want) {
		t.Errorf("%+v", r.Totals)
	}
	var bases []string
	for _, b := range r.Bases {
		bases = append(bases, b.Project)
	}
	if !slices.Equal(bases, []string{Estimated, Measured, NotStated}) || r.From != "2026-03-01T11:00:05" || r.To != "2026-03-01T12:01:00" {
		t.Errorf("%v, from %s to %s", bases, r.From, r.To)
	}

	writeText(t, "all.csv", string(r.CSV()))
	again, err := Merge([]string{"all.csv", "emissions.csv", "emissions.csv.1"})
	if err != nil || again.Sum != r.Sum {
		t.Errorf("merged again: %v %+v", err, again)
	}
	for range 5 { // maps have no order
		other, err := Merge([]string{"./emissions.csv.1", "./emissions.csv.bak", "./emissions.csv"})
		same, sameErr := Merge([]string{"./emissions.csv", "./emissions.csv.bak", "./emissions.csv.1"})
		if err != nil || sameErr != nil || !bytes.Equal(other.Markdown(), same.Markdown()) || !bytes.Equal(other.CSV(), r.CSV()) {
			t.Fatalf("the order of files matters: %v %v", err, sameErr)
		}
	}
}

func TestRowsThatContradictEachOther(t *testing.T) {
	row := func(seconds, kg, kWh string) string {
		return "2026-03-01T12:00:00,shop/build,a," + seconds + "," + kg + "," + kWh + ",France,machine,goldserve 1\n"
	}
	for name, c := range map[string]struct{ second string }{
		"as long, with more energy":         {row("10", "0.2", "2")},
		"longer, with less energy":          {row("20", "0.1", "0.5")},
		"longer, with less CO2e":            {row("20", "0.05", "2")},
		"longer, of another project":        {strings.Replace(row("20", "0.2", "2"), "shop", "shoe", 1)},
		"longer, and earlier":               {strings.Replace(row("20", "0.2", "2"), "12:00:00", "11:00:00", 1)},
		"another time, and all else as is":  {strings.Replace(row("10", "0.1", "1"), "12:00:00", "13:00:00", 1)},
		"three rows, of which one is wrong": {row("20", "0.2", "2") + row("30", "0.3", "1.5")},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := mergeTexts(t, map[string]string{"emissions.csv": few + row("10", "0.1", "1") + c.second})
			if err != nil {
				t.Fatal(err)
			}
			page := string(r.Markdown())
			if len(r.Conflicts) != 1 || r.Sum.Runs != 1 || !strings.Contains(page, "## Conflicts") || !strings.Contains(page, "emissions.csv:2") || !strings.Contains(page, "emissions.csv:3") {
				t.Errorf("%+v\n%s", r.Conflicts, page)
			}
		})
	}
}

func TestOlderAndOtherFiles(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte("\ufeff" + few + "2026-03-03 12:00:00,x,z,1,1e-3,2,France,machine,3.3.2\r\n")) // a buffer takes everything
	_ = z.Close()                                                                                        // the same
	r, err := mergeTexts(t, map[string]string{
		// CodeCarbon 1
		"emissions.csv.bak":  "timestamp,experiment_id,project_name,duration,emissions,energy_consumed,country_name,country_iso_code,region\n2021-01-01T00:00:00,old,codecarbon,1,2,3,France,FRA,\n",
		"emissions.csv.1.gz": packed.String(),
		"emissions.csv.2":    "",
		"emissions.csv.3":    few,
		// another order, an unknown column, a quoted line break and a character of Markdown
		"emissions.csv": "energy_consumed,notes,run_id,emissions,duration,project_name,timestamp\n1,hm,q,2,3,\"a\n|b\",2026-03-02T00:00:00.123456\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	page := string(r.Markdown())
	if r.Sum.Runs != 3 || r.Sum.KWh != 6 || !strings.Contains(page, `| a \|b | - | 1 |`) || !strings.Contains(page, "| notes |") {
		t.Errorf("%+v\n%s", r.Sum, page)
	}
	writeText(t, "again.csv", string(r.CSV()))
	if again, err := Merge([]string{"again.csv"}); err != nil || again.Sum != r.Sum {
		t.Errorf("%+v %v", again, err)
	}
	none, err := mergeTexts(t, map[string]string{"emissions.csv": ""})
	if err != nil || !strings.Contains(string(none.Markdown()), "No runs in 1 file") {
		t.Errorf("%v %s", err, none.Markdown())
	}
}

func TestInvalidFilesAreToldWithTheirPlace(t *testing.T) {
	good := "2026-03-01T12:00:00,p,%ID%,1,2,3,France,machine,1\n"
	row := func(old, to string) string {
		return strings.Replace(strings.Replace(good, "%ID%", "a", 1), old, to, 1)
	}
	for name, c := range map[string]struct{ text, says string }{
		"NaN":                      {few + row(",1,2,3,", ",NaN,2,3,"), `emissions.csv:2, column duration: "NaN" is no number`},
		"negative":                 {few + good + row(",1,2,3,", ",1,-2,3,"), "emissions.csv:3, column emissions: -2 is negative"},
		"infinite":                 {few + row(",1,2,3,", ",1,2,inf,"), "emissions.csv:2, column energy_consumed: inf is too much"},
		"huge":                     {few + row(",1,2,3,", ",1,2,1e400,"), "energy_consumed: 1e400 is too much"},
		"too much":                 {few + row(",1,2,3,", ",1,2,1e15,"), "energy_consumed: 1e15 is too much"},
		"empty":                    {few + row(",1,2,3,", ",1,,3,"), "column emissions: it is empty"},
		"no number":                {few + row(",1,2,3,", ",\"1,5\",2,3,"), `"1,5" is no number`},
		"no time":                  {few + row("2026-03-01T12:00:00", "yesterday"), `column timestamp: "yesterday" is no time`},
		"no id":                    {few + row(",a,", ",,"), "column run_id: it is empty"},
		"a torn row":               {few + good + "2026-03-01T12:00:00,p,b", "emissions.csv:3: the row has 3 fields and the file 9 columns"},
		"a row that is too long":   {few + row("machine", "machine,x"), "the row has 10 fields"},
		"a quote that never ends":  {few + `2026-03-01T12:00:00,"p,a,1,2,3,France,machine,1` + "\n", "emissions.csv:"},
		"a stray quote":            {few + row(",p,", `,p"q,`), "emissions.csv:2: bare"},
		"a column twice":           {strings.Replace(few, "country_name", "duration", 1) + good, "emissions.csv:1, column duration: the column is there twice"},
		"a column is missing":      {strings.Replace(few, "duration", "durations", 1) + good, "column duration: the column is missing, which a file of emissions has (did you mean durations?)"},
		"no id of runs":            {strings.Replace(few, "run_id", "runid", 1) + good, "column run_id: the column is missing"},
		"another file":             {"a;b\n1;2\n", "column timestamp: the column is missing"},
		"zeros":                    {"\x00\x00", "column timestamp: the column is missing"},
		"line breaks and one flaw": {few + "2026-03-01T12:00:00,\"a\n\nb\",a,1,2,3,x,y,1\n" + row(",1,2,3,", ",x,2,3,"), `emissions.csv:5, column duration: "x" is no number`},
		"a negative part":          {strings.Replace(few, "country_name", "cpu_energy", 1) + row("France", "-1"), "column cpu_energy: -1 is negative"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mergeTexts(t, map[string]string{"emissions.csv": strings.ReplaceAll(c.text, "%ID%", "g")})
			if err == nil || !strings.Contains(err.Error(), c.says) || gold.CodeOf(err) != gold.CodeEmissionsInvalid || gold.KindOf(err) != gold.Invalid {
				t.Errorf("%v", err)
			}
		})
	}
	many := few + strings.Repeat(row(",1,2,3,", ",x,y,z,"), 1000)
	if _, err := mergeTexts(t, map[string]string{"emissions.csv": many}); err == nil || strings.Count(err.Error(), "\n") != mostProblems-1 {
		t.Errorf("%v", err)
	}
	if _, err := mergeTexts(t, map[string]string{"emissions.csv.gz": few}); err == nil || !strings.Contains(err.Error(), "gzip") {
		t.Errorf("%v", err)
	}
	folder := t.TempDir()
	for _, path := range []string{folder, filepath.Join(folder, "none.csv")} {
		if _, err := FilesOf([]string{path}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 mWh": Energy(0), "1.81 mWh": Energy(1.8124e-6), "0.0182 mWh": Energy(1.8199e-8), "999 Wh": Energy(0.9994), "12.3 kWh": Energy(12.345), "5.37e-09 mWh": Energy(5.37e-15),
		"0.102 mg": Mass(1.0157e-7), "2 t": Mass(2000), "3.45 s": Span(3.4521), "1.5 h": Span(5400), "2 d": Span(172800),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(few + "2026-03-01T12:00:00,p,a,1,2,3,France,machine,1\n"))
	f.Add([]byte("a,\"b\n\"\n,,\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Merge([]string{path})
		if err != nil {
			return
		}
		r.Markdown()
		again := filepath.Join(t.TempDir(), FileName)
		if err := os.WriteFile(again, r.CSV(), 0o600); err != nil {
			t.Fatal(err)
		}
		if other, err := Merge([]string{again}); err != nil || other.Sum != r.Sum {
			t.Errorf("%v: %+v %+v", err, other, r.Sum)
		}
	})
}
