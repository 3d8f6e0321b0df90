package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/gold"
)

func TestACommandLineIsToldWhatItProbablyMeant(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		name, line, says string
	}{
		{"a misspelled command", "publsh", "unknown command publsh: did you mean goldserve publish?"},
		{"a word that is like no command", "xyzzy", "unknown command xyzzy: expected one of benchmark,"},
		{"a misspelled flag", "publish --laek x", "unknown flag: --laek of goldserve publish: did you mean --lake?"},
		{"a flag of another command", "publish --where a=b", "unknown flag: --where of goldserve publish"},
		{"a duration in days", "publish --keep-for 1d", "--keep-for is 1d: expected a duration with its unit, such as 5s\n"},
		{"a duration without its unit", "publish --watch 5", "--watch is 5: expected a duration with its unit, such as 5s\n"},
		{"a size in an unknown unit", "publish --keep-bytes 5x", "--keep-bytes is 5x: expected a number of bytes, such as 64MiB, 1GB or 0\n"},
		{"a question about nothing", "query", "query needs the name of a dataset, such as goldserve query"},
		{"a filter that the shell split", "query client_scores France", "query takes one dataset, not 2"},
		{"a file of an unknown format", "query client_scores -o x.xls", "no format has the suffix .xls; expected a name that ends with .json,"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := cli(t, strings.Fields(c.line)...)
			if code != exitUsage || !strings.Contains(stderr, c.says) || stdout != "" {
				t.Errorf("exit %d, expected %d and %q:\n%s%s", code, exitUsage, c.says, stdout, stderr)
			}
		})
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAQuestionIsHelped(t *testing.T) {
	t.Parallel()
	p := sqlitePlace(t)
	if code, stdout, stderr := cli(t, "releases", "--store", p.store); code != exitRefused || !strings.Contains(stderr, "there is no store at ") || stdout != "" {
		t.Errorf("releases of no store: exit %d\n%s%s", code, stdout, stderr)
	}
	if code, _, stderr := cli(t, "publish", "--lake", filepath.Join(sample, "gold"), "--store", p.store, "--memory", "10000"); code != exitRefused || !strings.Contains(stderr, "--memory raises the limit") {
		t.Errorf("publish within too little memory: exit %d\n%s", code, stderr)
	}
	for name, says := range map[string]string{"fact_acht": "model retail has no dataset fact_acht: did you mean fact_achats?", "xyzzy": "has no dataset xyzzy: expected one of ca_country,"} {
		if code, _, stderr := cli(t, "publish", "--lake", filepath.Join(sample, "gold"), "--store", p.store, "--reload", name); code != exitUsage || !strings.Contains(stderr, says) {
			t.Errorf("publish --reload %s: exit %d, expected %d and %q\n%s", name, code, exitUsage, says, stderr)
		}
	}
	publishLake(t, p, filepath.Join(sample, "gold"))
	for _, args := range [][]string{
		{"client_scores", "--fields", "id_client"},
		{"client_scores", "--format", "ndjson"},
		{"fact_achats", "--group-by", "produit", "--measures", "count()"},
	} {
		code, _, stderr := cli(t, slices.Concat([]string{"query"}, args, []string{"--where", "pays=Frnace", "--store", p.store})...)
		if code != exitDone || !strings.Contains(stderr, "no row has pays=Frnace: did you mean France?") {
			t.Errorf("%v: exit %d, no hint\n%s", args, code, stderr)
		}
	}
	if code, _, stderr := cli(t, "query", "client_scores", "--where", "pays=France", "--store", p.store); code != exitDone || stderr != "" {
		t.Errorf("a value that rows have: exit %d\n%s", code, stderr)
	}
	for model, want := range map[string]string{"retail": "fact_achats", "weather": "readings"} {
		help := mustCLI(t, "query", "--models", "testdata/models", "--model", model, "--help")
		if _, names, ok := strings.Cut(help, "Datasets of this model: "); !ok || !strings.Contains(names, want) {
			t.Errorf("help of model %s names %q", model, names)
		}
	}
}

// The driver's view of all servers helps nobody who mistyped a port.
func TestAServerThatIsNotThereIsToldShortly(t *testing.T) {
	t.Parallel()
	code, _, stderr := cli(t, "releases", "--store", "mongodb://127.0.0.1:1/gold?serverSelectionTimeoutMS=200")
	if code != exitUnavailable || !strings.Contains(stderr, "connection refused") || strings.Contains(strings.ToLower(stderr), "topology") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}

// A lake that is none of the model's is told from what lies in it.
func TestALakeThatDoesNotFitIsToldWhy(t *testing.T) {
	t.Parallel()
	above := filepath.Dir(copyLake(t))
	excel, csv := t.TempDir(), filepath.Join(t.TempDir(), "gold")
	if err := os.Mkdir(csv, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(excel, "fact_achats.xlsx"), "")
	writeFile(t, filepath.Join(csv, "fact_achats.csv"), "id_achat\n1\n")
	strange, others := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(others, "loans.csv"), "id\n1\n")
	for _, c := range []struct {
		name, lake, model, says string
	}{
		{"the folder above", above, "retail", "The folder gold in it holds files of model retail: give --lake " + filepath.Join(above, "gold") + "."},
		{"another model's", filepath.Join(above, "gold"), "weather", "It holds files of model retail: give --model retail."},
		{"CSV above", filepath.Dir(csv), "retail", "The folder gold in it holds files of model retail: give --lake " + csv + "."},
		{"Excel", excel, "retail", "It holds Excel files (fact_achats.xlsx), and goldserve reads Parquet, CSV and JSON"},
		{"other files", others, "retail", "Its files are not those of model retail. To serve them without contracts, run goldserve up " + others + "; to write contracts, goldserve init " + others + " --model NAME."},
		{"nothing", strange, "retail", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, command := range []string{"check", "publish"} {
				args := []string{command, "--models", "testdata/models", "--model", c.model, "--lake", c.lake}
				if command == "publish" {
					args = append(args, "--json", "--store", sqlitePlace(t).store)
				}
				code, stdout, stderr := cli(t, args...)
				if code != exitRefused || !strings.Contains(stderr, c.says) || c.says == "" && strings.Contains(stderr, "It holds") {
					t.Errorf("%s: exit %d, expected %d and %q:\n%s%s", command, code, exitRefused, c.says, stdout, stderr)
				}
			}
		})
	}
}

// A further root that is not there is no fault of the lake.
func TestALakeRootThatIsNotThereIsNamedWithItsFlag(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "other")
	code, _, stderr := cli(t, "check", "--lake", filepath.Join(sample, "gold"), "--lake-roots", missing)
	if code != exitUsage || !strings.Contains(stderr, "--lake-roots: the lake "+missing+" does not exist") || strings.Contains(stderr, "--lake names") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// What would let a run pass is advised once, and not to a run that has been given it.
func TestARefusalIsToldWhatLetsItPass(t *testing.T) {
	t.Parallel()
	lake, p := copyLake(t), sqlitePlace(t)
	remove(t, lake, "fact_achats.parquet")
	remove(t, lake, "client_scores.parquet")
	const partial = "--partial publishes without the file: the dataset keeps its current rows."
	code, stdout, stderr := cli(t, "publish", "--json", "--lake", lake, "--store", p.store)
	var failed failureEvent
	lastEvent(t, stdout, &failed)
	if code != exitRefused || strings.Count(stderr, partial) != 1 || failed.Next != partial || strings.Contains(failed.Message, "--") {
		t.Errorf("two files missing: exit %d, %+v\n%s", code, failed, stderr)
	}
	code, _, stderr = cli(t, "publish", "--partial", "--lake", lake, "--store", p.store)
	if code != exitRefused || !strings.Contains(stderr, "there is nothing to keep in its place") || strings.Contains(stderr, partial) {
		t.Errorf("nothing to keep: exit %d\n%s", code, stderr)
	}
	publishLake(t, p, filepath.Join(sample, "gold"))
	code, _, stderr = cli(t, "publish", "--partial", "--reload", "fact_achats", "--lake", lake, "--store", p.store)
	if code != exitRefused || !strings.Contains(stderr, "it is to be loaded again") || strings.Contains(stderr, partial) {
		t.Errorf("a missing file to be loaded again: exit %d\n%s", code, stderr)
	}
	command, _, err := (&app{}).root().Find([]string{"publish"})
	if err != nil {
		t.Fatal(err)
	}
	for code, says := range map[gold.Code]string{gold.CodeBreakingChange: "--allow-breaking ", gold.CodeVersionDamaged: "--reload DATASET", gold.CodeLakeNotFound: "--lake "} {
		if lines := (&app{}).advice(command, gold.Errorf(gold.Invalid, code, "x")); len(lines) != 1 || !strings.Contains(lines[0], says) {
			t.Errorf("%s: %q", code, lines)
		}
	}
	if lines := (&app{}).advice(command.Root(), gold.Errorf(gold.Invalid, gold.CodeBreakingChange, "x")); lines != nil {
		t.Errorf("a command without the flag is told %q", lines)
	}
}

// Flags are the command line's: what lies below it names none, and the advice that is given for its codes names those that
// a command has.
func TestFlagsAreNamedAtTheCommandLineAlone(t *testing.T) {
	flags := map[string]bool{}
	var each func(c *cobra.Command)
	each = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = true })
		for _, below := range c.Commands() {
			each(below)
		}
	}
	each((&app{}).root())
	named := regexp.MustCompile(`(?:^|[^-\w])--([a-z][a-z-]+)`)
	for code, help := range advised {
		if help.flag != "" && !strings.Contains(help.text, "--"+help.flag) {
			t.Errorf("the advice of %s is for a command with --%s, and doesn't name it: %s", code, help.flag, help.text)
		}
		for _, m := range named.FindAllStringSubmatch(help.text, -1) {
			if !flags[m[1]] {
				t.Errorf("the advice of %s names --%s, which no command has", code, m[1])
			}
		}
	}
	for pkg := range allowed {
		if pkg == "cmd/goldserve" || pkg == "web" || pkg == "gold/reference" || pkg == "bench" { // a page of the docs; flags of a script
			continue
		}
		for text := range literals(t, "../../"+pkg) {
			for _, m := range named.FindAllStringSubmatch(text, -1) {
				if m[1] != "data-urlencode" { // curl's
					t.Errorf("%s: --%s, which who reads it may not have: %s", pkg, m[1], text)
				}
			}
		}
	}
}

// literals yields the texts of a folder's Go files, without tests.
func literals(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", folder, len(files), err)
	}
	found := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				found[literal.Value] = true
			}
			return true
		})
	}
	return found
}
