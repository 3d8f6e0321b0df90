package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
)

// configFile writes a configuration file and returns the flags that name it.
func configFile(t testing.TB, text string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "goldserve.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--config", file}
}

// keyFile writes a key for masks by HMAC and returns the flags that name it.
func keyFile(t testing.TB, letter string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, bytes.Repeat([]byte(letter), 32), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--hmac-key-file", file}
}

// units returns the units of the fields of a dataset that have one.
func units(t *testing.T, server, path string, release int64) []string {
	t.Helper()
	var dataset struct {
		Fields  []struct{ Unit string }
		Metrics []struct{ Unit string }
	}
	if err := json.Unmarshal([]byte(data(t, server, path, release)), &dataset); err != nil {
		t.Fatal(err)
	}
	var units []string
	for _, f := range append(dataset.Fields, dataset.Metrics...) {
		if f.Unit != "" {
			units = append(units, f.Unit)
		}
	}
	return units
}

func TestACurrencyLaidOverAModelIsANewReleaseOfTheSameRows(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := filepath.Join(sample, "gold")
		publishSample(t, p)
		pounds := configFile(t, "models: {retail: {currency: GBP, locale: en-GB}}\n")
		if r := publishLake(t, p, lake, pounds...); r.Release != 2 || len(r.Loaded) != 0 || len(r.Unchanged) != 16 || r.Rows != 0 {
			t.Errorf("publish in pounds: %+v", r)
		}
		if r := publishLake(t, p, lake, pounds...); r.Release != 2 || r.Outcome != "unchanged" {
			t.Errorf("publish in pounds again: %+v", r)
		}
		server := served(t, p)
		for path, want := range map[string][]string{
			"/datasets/ca_monthly":                {"GBP"},
			"/datasets/ca_monthly?release=2":      {"GBP"},
			"/datasets/fact_achats":               {"GBP", "GBP", "GBP"}, // montant, total_ca, panier_moyen
			"/datasets/segment_summary":           {"GBP", "GBP", "GBP", "days"},
			"/datasets/segment_summary?release=1": {"EUR", "EUR", "EUR", "days"},
		} {
			release := int64(2)
			if strings.HasSuffix(path, "release=1") {
				release = 1
			}
			if got := units(t, server.URL, path, release); !slices.Equal(got, want) {
				t.Errorf("GET %s: units %v, want %v", path, got, want)
			}
		}
		var releases []struct {
			Units   map[string]string
			Changed []string
		}
		_, body := get(t, server.URL, "/releases")
		if err := json.Unmarshal(body, &struct{ Data any }{&releases}); err != nil || len(releases) != 2 {
			t.Fatalf("GET /releases: %v\n%s", err, body)
		}
		if now, before := releases[0], releases[1]; now.Units["total_ca"] != "GBP" || before.Units["total_ca"] != "EUR" || !slices.Contains(now.Changed, "fact_achats") {
			t.Errorf("GET /releases: %+v", releases)
		}
	})
}

func TestAMaskLaidOverAFieldIsAnotherVersionOfItsDataset(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, p place) {
		lake := filepath.Join(sample, "gold")
		publishSample(t, p)
		hashed := configFile(t, "models:\n  retail:\n    fields:\n      dim_clients.email: {mask: hmac}\n      dim_clients.nom: {mask: initials}\n")
		code, _, stderr := cli(t, append(hashed, "publish", "--lake", lake, "--store", p.store)...)
		if code != exitRefused || !strings.Contains(stderr, "--hmac-key-file") {
			t.Errorf("publish without a key: exit %d\n%s", code, stderr)
		}
		first := append(hashed, keyFile(t, "a")...)
		if r := publishLake(t, p, lake, first...); r.Release != 2 || !slices.Equal(r.Loaded, []string{"dim_clients"}) {
			t.Fatalf("publish with a key: %+v", r)
		}
		if r := publishLake(t, p, lake, first...); r.Outcome != "unchanged" {
			t.Errorf("publish with the same key again: %+v", r)
		}
		server := served(t, p)
		rows := data(t, server.URL, "/datasets/dim_clients/rows?limit=1&fields=email,nom", 2)
		if !regexp.MustCompile(`^\[\{"email":"[0-9a-f]{32}","nom":"(\p{L}\. ?)+"\}\]$`).MatchString(rows) {
			t.Errorf("masked fields: %s", rows)
		}
		if _, body := get(t, server.URL, "/datasets/dim_clients/rows?limit=0&release=2"); bytes.Contains(body, []byte("@")) {
			t.Error("an e-mail address is stored in clear")
		}
		for _, query := range []string{"email=x", "email__isnull=true", "nom__contains=a", "sort=email"} {
			for _, path := range []string{"/datasets/dim_clients/rows?", "/scores?"} {
				if status, body := get(t, server.URL, path+query); status != http.StatusBadRequest {
					t.Errorf("GET %s%s: %d %s", path, query, status, body)
				}
			}
		}
		if r := publishLake(t, p, lake, append(hashed, keyFile(t, "b")...)...); r.Release != 3 || !slices.Equal(r.Loaded, []string{"dim_clients"}) {
			t.Errorf("publish with another key: %+v", r)
		}
		// Without the overlay it is the first release's content again, at once.
		if r := publishLake(t, p, lake); r.Release != 4 || len(r.Loaded) != 0 {
			t.Errorf("publish without the overlay: %+v", r)
		}
		release, err := openPlace(t, p).Resolve(t.Context(), gold.Selector{Model: defaultModel})
		if err != nil || release.Version("dim_clients").Dataset.Field("email") != nil {
			t.Errorf("without the overlay the field is still there, %v", err)
		}
	})
}

func TestOverlaysThatCanNotBeUsedAreUsageErrors(t *testing.T) {
	for name, c := range map[string]struct {
		yaml string
		says []string
	}{
		"a model, a dataset, a field and a mask that are not there": {
			"models:\n  retial: {currency: GBP}\n  retail:\n    fields:\n      dim_client.email: {mask: hmac}\n      dim_clients.emial: {mask: hmac}\n      dim_clients.nom: {mask: hash}\n",
			[]string{
				"goldserve.yaml:2:3:", "did you mean retail?", "goldserve.yaml:5:7:", "did you mean dim_clients?", "goldserve.yaml:6:7:", "did you mean email?",
				"goldserve.yaml:7:31:", "expected one of drop, null, initials, first_letter, hmac, sha256_truncated, clear",
			},
		},
		"a key that is not there":          {"models: {retail: {curency: GBP}}", []string{"goldserve.yaml:1:19:", "did you mean currency?"}},
		"a field that is no personal data": {"models: {retail: {fields: {fact_achats.produit: {mask: hmac}}}}", []string{"goldserve.yaml:1:56:", "fact_achats.produit", "classification: pii"}},
		"a folder twice":                   {"models: a\nmodelsFolder: b\n", []string{"models and modelsFolder both name a folder"}},
		"a slip in modelsFolder":           {"modelFolder: b\n", []string{"did you mean modelsFolder?"}},
		"no YAML":                          {"models: {\n", []string{"goldserve.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := cli(t, append(configFile(t, c.yaml), "contracts", "lint")...)
			if code != exitUsage {
				t.Errorf("exit %d\n%s%s", code, stdout, stderr)
			}
			for _, says := range c.says {
				if !strings.Contains(stderr, says) {
					t.Errorf("not told: %s\n%s", says, stderr)
				}
			}
		})
	}
}

func TestTheModelsFolderBesideOverlays(t *testing.T) {
	folder, err := filepath.Abs(ownModels)
	if err != nil {
		t.Fatal(err)
	}
	laid := "models: {weather: {locale: de-CH}}\n"
	for name, c := range map[string]struct {
		yaml, variable string
		flags          []string
	}{
		"as text":         {yaml: "models: " + folder},
		"beside overlays": {yaml: laid + "modelsFolder: " + folder},
		"by variable":     {yaml: laid + "modelsFolder: nowhere", variable: folder},
		"by flag":         {yaml: laid + "modelsFolder: nowhere", variable: "nowhere", flags: []string{"--models", folder}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.variable != "" {
				t.Setenv("GOLDSERVE_MODELS", c.variable)
			}
			args := append(configFile(t, c.yaml), "contracts", "lint")
			if out := mustCLI(t, append(args, c.flags...)...); !strings.Contains(out, "weather: 3 contracts") {
				t.Error(out)
			}
		})
	}
	a := &app{}
	root := a.root()
	root.SetArgs(append(configFile(t, laid+"modelsFolder: "+folder), "version"))
	a.stdout = io.Discard
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	if all := soundModels(t, &a.config); named(all, "weather").Locale != "de-CH" {
		t.Errorf("%v", all)
	}
}
