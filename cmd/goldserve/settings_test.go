package main

import (
	stdcmp "cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func TestConfigPrintSaysWhereEachSettingComesFrom(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	t.Setenv("MONGO_URI", "mongodb://someone:secret@127.0.0.1/shop?authSource=admin&password=secret")
	t.Setenv("MONGO_DB", "stock")
	t.Setenv("PORT", "5000")
	t.Setenv("GOLDSERVE_POLL", "2s")
	t.Setenv("GOLDSERVE_MEMORY", "1.5 GiB")
	t.Setenv("GOLDSERVE_KEEP", "") // as a compose file writes what is not set
	t.Setenv("XDG_DATA_HOME", "/data")
	writeFile(t, "goldserve.yaml", "keepMonths: 6\ncacheSize: 64MB\ncorsOrigins: [https://a]\nmodels:\n  retail: {currency: GBP, fields: {dim_clients.email: {mask: drop}}}\n")
	var all []setting
	if err := json.Unmarshal([]byte(mustCLI(t, "config", "print", "--json", "--cors-origins", "https://b")), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]setting{}
	for _, s := range all {
		got[s.Name] = s
	}
	for name, want := range map[string]setting{
		"store":                  {Value: "mongodb://127.0.0.1/shop (database stock)", Origin: "MONGO_URI"},
		"listen":                 {Value: "127.0.0.1:5000", Origin: "PORT"},
		"poll":                   {Value: "2s", Origin: "GOLDSERVE_POLL"},
		"keep-months":            {Value: 6.0, Origin: "goldserve.yaml: keepMonths"},
		"cache-size":             {Value: "64MB", Origin: "goldserve.yaml: cacheSize"},
		"memory":                 {Value: "1536MiB", Origin: "GOLDSERVE_MEMORY"},
		"keep":                   {Value: 10.0, Origin: "default"},
		"drain":                  {Value: "1s", Origin: "default"},
		"config":                 {Value: filepath.Join(folder, "goldserve.yaml"), Origin: "default: goldserve.yaml if it exists"},
		"data-folder":            {Value: "/data/goldserve", Origin: "default"},
		"models.retail.currency": {Value: "GBP", Origin: "goldserve.yaml"},
		"models.retail.fields.dim_clients.email.mask": {Value: "drop", Origin: "goldserve.yaml"},
	} {
		if want.Name = name; got[name] != want {
			t.Errorf("%s is %+v, expected %+v", name, got[name], want)
		}
	}
	everySetting().VisitAll(func(f *pflag.Flag) {
		if _, there := got[f.Name]; !there {
			t.Errorf("%s is not shown", f.Name)
		}
	})
	text := mustCLI(t, "config", "print", "--cors-origins", "https://b")
	if strings.Contains(text, "secret") || strings.Contains(text, "someone") || !strings.Contains(text, "https://b") {
		t.Errorf("config print:\n%s", text)
	}
	t.Setenv("MONGO_URI", "")
	if text := mustCLI(t, "config", "print"); !strings.Contains(text, "sqlite:/data/goldserve/goldserve.db") || !strings.Contains(text, "default: your data folder") {
		t.Errorf("without MONGO_URI:\n%s", text)
	}
}

func TestASettingThatCannotBeReadIsNamedByItsOrigin(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOLDSERVE_KEEP", "abc")
	t.Setenv("GOLDSERVE_POLL", "5")
	t.Setenv("GOLDSERVE_NO_AUTH", "perhaps")
	wantUsage(t, "GOLDSERVE_KEEP is abc: expected a whole number; GOLDSERVE_NO_AUTH is perhaps: expected true or false; GOLDSERVE_POLL is 5: expected a duration")
	for _, name := range []string{"GOLDSERVE_KEEP", "GOLDSERVE_POLL", "GOLDSERVE_NO_AUTH"} {
		t.Setenv(name, "")
	}
	t.Setenv("GOLDSERVE_DRAIN", "1ns")
	wantUsage(t, "GOLDSERVE_DRAIN is 1ns: expected a duration of at least 1ms")
	t.Setenv("GOLDSERVE_DRAIN", "")
	writeFile(t, "goldserve.yaml", "keep: many\n")
	wantUsage(t, "goldserve.yaml: keep is many: expected a whole number")
	writeFile(t, "goldserve.yaml", "store: postgres://x\n")
	code, _, stderr := cli(t, "releases")
	if code != exitUsage || !strings.Contains(stderr, "goldserve.yaml: store is") {
		t.Errorf("exit %d %s", code, stderr)
	}
}

// Whatever sets a setting, its flag reads it, and config print shows the same value.
func TestEverySettingIsReadAlikeFromEverySource(t *testing.T) {
	t.Chdir(t.TempDir())
	byType := map[string]string{"duration": "7s", "size": "5MiB", "bool": "true", "stringSlice": "a,b", "int": "3", "int64": "3", "string": "given"}
	byName := map[string]string{"log": "json", "log-level": "warn", "listen": "127.0.0.1:81", "s3-endpoint": "http://minio:9000", "catalog": "https://catalog.example.com", "s3-addressing": "path", "scratch-size": "256MiB", "watch-memory": "256MiB", "carbon-intensity": "56", "cpu-power": "65", "country": "FRA", "kafka-sasl": "plain", "mlflow": "http://127.0.0.1:5001"}
	beside := map[string]string{"tls-cert": "tlsKey: given\n", "tls-key": "tlsCert: given\n"} // which go together
	shown := func(name string, args ...string) setting {
		t.Helper()
		var all []setting
		if err := json.Unmarshal([]byte(mustCLI(t, append([]string{"config", "print", "--json"}, args...)...)), &all); err != nil {
			t.Fatal(err)
		}
		return all[slices.IndexFunc(all, func(s setting) bool { return s.Name == name })]
	}
	everySetting().VisitAll(func(f *pflag.Flag) {
		name, key, text := f.Name, camel(f.Name), stdcmp.Or(byName[f.Name], byType[f.Value.Type()])
		if name == "json" { // by which config print is read here
			return
		}
		writeFile(t, "goldserve.yaml", key+":\n  # nothing\n")
		var none setting
		if slices.Contains(neverEmpty, name) {
			wantUsage(t, "goldserve.yaml: "+key+" is empty: give it a value, or remove it (line 1)")
		} else if none = shown(name); none.Origin != "default" {
			t.Errorf("%s without a value in the file is %v, of %s", name, none.Value, none.Origin)
		}
		inFile := text
		if f.Value.Type() == "stringSlice" {
			inFile = "[a, b]"
		}
		writeFile(t, "goldserve.yaml", "# a comment\n"+key+": "+inFile+"\n"+beside[name])
		file := shown(name)
		writeFile(t, "goldserve.yaml", key+": {}\n"+beside[name]) // which the others win over
		flag := shown(name, "--"+name+"="+text)
		t.Setenv(variableOf(name), text)
		variable := shown(name)
		t.Setenv(variableOf(name), "")
		if want := flag.Value; cmp.Equal(want, none.Value) || !cmp.Equal(file.Value, want) || !cmp.Equal(variable.Value, want) {
			t.Errorf("%s is %v by a flag, %v by a variable, %v by the file, %v by none", name, want, variable.Value, file.Value, none.Value)
		}
		if flag.Origin != "--"+name || variable.Origin != variableOf(name) || file.Origin != "goldserve.yaml: "+key {
			t.Errorf("%s comes from %s, %s, %s", name, flag.Origin, variable.Origin, file.Origin)
		}
	})
}

func TestTheFileIsToldWhatIsWrongWithAllOfIt(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOLDSERVE_POLL", "often")
	t.Setenv("GOLDSERVE_DRY_RUN", "true")
	writeFile(t, "goldserve.yaml", "keep: 1.5\ndrain: 5\nstor: x\n\nlake: [a]\ncorsOrigins:\n- {a: b}\nnoAuth: perhaps\n")
	for _, says := range []string{
		"goldserve.yaml: keep is 1.5: expected a whole number (line 1)",
		"goldserve.yaml: drain is 5: expected a duration with its unit, such as 5s (line 2)",
		"goldserve.yaml: unknown key stor (did you mean store?) (line 3)",
		"goldserve.yaml: lake is a list: expected a text (line 5)",
		"goldserve.yaml: corsOrigins is a list: expected a list of texts (line 6)",
		"goldserve.yaml: noAuth is perhaps: expected true or false (line 8)",
		"GOLDSERVE_POLL is often: expected a duration",
		"GOLDSERVE_DRY_RUN would apply to every run",
	} {
		wantUsage(t, says)
	}
	t.Setenv("GOLDSERVE_POLL", "")
	t.Setenv("GOLDSERVE_DRY_RUN", "")
	for text, says := range map[string]string{
		"keep: 1\nkeep: 2\n":                   "goldserve.yaml:2:1: YAML: ",
		"keep: 1\n\tdrain: 5s\n":               "goldserve.yaml:2:",
		"- keep\n":                             "goldserve.yaml:1: expected settings, such as store: sqlite:./goldserve.db",
		"keep: *many\n":                        "goldserve.yaml:1: the alias *many has no anchor &many before it",
		"models: a\nmodelsFolder: b\n":         "models and modelsFolder both name a folder",
		"keep: -1\nrateLimit: -1\npoll: 1ns\n": "goldserve.yaml: keep is -1: expected a number of releases",
		"poll: 1ns\nrateLimit: -1\n":           "goldserve.yaml: rateLimit is -1: expected a number of requests",
		"listen: 127.0.0.1:http\n":             "goldserve.yaml: listen names port \"http\": expected 0 to 65535",
	} {
		writeFile(t, "goldserve.yaml", text)
		wantUsage(t, says)
	}
	writeFile(t, "goldserve.yaml", "maxListeners: &many 0x10\nmaxConnections: *many\ncacheDir: 007\nhmacKeyFile: 'it''s'\n")
	print := mustCLI(t, "config", "print")
	for _, says := range []string{`(?m)^max-listeners +16 `, `(?m)^max-connections +16 `, `(?m)^cache-dir +007 `, `(?m)^hmac-key-file +it's `} {
		if !regexp.MustCompile(says).MatchString(print) {
			t.Errorf("expected %s:\n%s", says, print)
		}
	}
}

// What a variable or the file said would apply to every run.
func TestWhatBelongsToOneRunIsNoSetting(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, c := range map[string]struct{ value, with string }{
		"allow-shrink":   {"true", "goldserve publish --allow-shrink"},
		"allow-breaking": {"false", "goldserve publish --allow-breaking"},
		"again":          {"1", "goldserve publish --again"},
		"reload":         {"fact_achats", "goldserve publish --reload"},
		"partial":        {"true", "goldserve check --partial or goldserve manifest --partial or goldserve publish --partial"},
		"dry-run":        {"true", "goldserve prune --dry-run or goldserve publish --dry-run"},
		"as-of":          {"2026-01-31", "goldserve publish --as-of or goldserve query --as-of"},
		"all":            {"true", "goldserve verify --all"},
		"where":          {"pays=France", "goldserve query --where"},
	} {
		variable := envPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		t.Setenv(variable, c.value)
		wantUsage(t, variable+" would apply to every run, and "+requests[name])
		wantUsage(t, c.with)
		t.Setenv(variable, "") // as a compose file writes what is not set
		writeFile(t, "goldserve.yaml", camel(name)+": "+c.value+"\n")
		wantUsage(t, "goldserve.yaml: "+camel(name)+" would apply to every run, and "+requests[name])
		writeFile(t, "goldserve.yaml", "")
		mustCLI(t, "version")
	}
	t.Setenv("GOLDSERVE_AGAIN", "true")
	writeFile(t, "goldserve.yaml", "allowShrink: true\nstor: x\n")
	for _, says := range []string{"GOLDSERVE_AGAIN", "allowShrink", "did you mean store"} { // all at once
		wantUsage(t, says)
	}
}

// A new flag has to choose: it is a setting, a field of a part of config, or asked of one run.
func TestEveryFlagIsASettingOrBelongsToOneRun(t *testing.T) {
	settings, types := everySetting(), map[string]string{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if _, ok := f.Value.(*parameterFlag); ok { // a model names it
				return
			}
			setting := settings.Lookup(f.Name) != nil
			if once := requests[f.Name] != ""; f.Name != "config" && f.Name != "help" && setting == once {
				t.Errorf("%s --%s is a setting: %v, belongs to one run: %v", c.CommandPath(), f.Name, setting, once)
			}
			if setting && types[f.Name] != "" && types[f.Name] != f.Value.Type() {
				t.Errorf("%s --%s is of type %s, in another command %s", c.CommandPath(), f.Name, f.Value.Type(), types[f.Name])
			}
			types[f.Name] = f.Value.Type()
		})
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&app{}).root())
	for name := range requests {
		if types[name] == "" {
			t.Errorf("no command has --%s", name)
		}
	}
}

// config print has the flags of all other commands, with their words.
func TestConfigPrintDescribesSettings(t *testing.T) {
	root := (&app{}).root()
	help := func(args ...string) *pflag.FlagSet {
		c, _, err := root.Find(args)
		if err != nil {
			t.Fatal(err)
		}
		return c.Flags()
	}
	show := help("config", "print")
	for name := range requests {
		if show.Lookup(name) != nil {
			t.Errorf("config print has --%s, which is no setting", name)
		}
	}
	for name, of := range map[string]*pflag.FlagSet{"listen": help("serve"), "tls-cert": help("serve"), "memory": help("publish"), "json": help("status")} {
		if got, want := show.Lookup(name).Usage, of.Lookup(name).Usage; got != want {
			t.Errorf("config print --%s: %s, expected %s", name, got, want)
		}
	}
}

func TestZeroIsAValue(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{ // what means nothing is refused
		{"publish", "--lease-ttl", "0s"},
		{"publish", "--refresh-ttl", "0s"},
		{"serve", "--poll", "0s"},
		{"serve", "--request-timeout", "0s"},
		{"serve", "--max-connections", "0"},
		{"serve", "--max-listeners", "0"},
		{"prune", "--keep", "-1"},
		{"prune", "--grace", "1ns"},
		{"publish", "--store", ""},
		{"publish", "--lake", ""},
		{"publish", "--as-of", ""},
		{"serve", "--listen", ""},
		{"releases", "--model", ""},
		{"query", "ca_monthly", "--release", ""},
		{"query", "ca_monthly", "--limit", ""},
	} {
		if code, _, stderr := cli(t, args...); code != exitUsage || !strings.Contains(stderr, args[len(args)-2]+" is ") {
			t.Errorf("%q: exit %d %s", args, code, stderr)
		}
	}
	values := func(args ...string) map[string]any {
		var all []setting
		if err := json.Unmarshal([]byte(mustCLI(t, append([]string{"config", "print", "--json"}, args...)...)), &all); err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		for _, s := range all {
			got[s.Name] = s.Value
		}
		return got
	}
	zeros := map[string]any{
		"keep": 0.0, "keep-months": 0.0, "grace": "0s", "drain": "0s", "cache-max-age": "0s", "stale-max": "0s",
		"cache-size": "0", "accelerate-memory": "0", "memory": "0", "rate-limit": 0.0,
	}
	defaults := values()
	for name, want := range zeros {
		if got := values("--" + name + "=0")[name]; got != want {
			t.Errorf("--%s=0 is %v", name, got)
		}
		if name != "cache-max-age" && defaults[name] == want {
			t.Errorf("without --%s it is %v", name, want)
		}
	}
}

func everySetting() *pflag.FlagSet {
	settings := pflag.NewFlagSet("", pflag.ContinueOnError)
	(&config{}).all(settings)
	return settings
}

func wantUsage(t *testing.T, says string) {
	t.Helper()
	if code, _, stderr := cli(t, "version"); code != exitUsage || !strings.Contains(stderr, says) {
		t.Errorf("exit %d, expected %d and %q:\n%s", code, exitUsage, says, stderr)
	}
}

// writeFile writes a file in one step, for who follows the folder.
func writeFile(t *testing.T, name, text string) {
	t.Helper()
	written := filepath.Join(t.TempDir(), "written")
	if err := os.WriteFile(written, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(written, name); err != nil {
		t.Fatal(err)
	}
}
