package publisher

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/contract"
)

func TestHalfOfTheRowsIsTooMuchToLose(t *testing.T) {
	d := shop()
	it := &decision{input: &input{contract: &contract.Contract{Dataset: d}}, dataset: &d}
	for _, c := range []struct {
		before, now int64
		refused     bool
	}{
		{0, 0, false},
		{0, 5, false},
		{1, 1, false},
		{1, 0, true},
		{2, 1, true},
		{3, 2, false},
		{3, 1, true},
		{100, 51, false},
		{100, 50, true},
		{100, 0, true},
		{100, 200, false},
	} {
		t.Run(fmt.Sprintf("%d to %d", c.before, c.now), func(t *testing.T) {
			pl := &plan{inputs: &inputs{}, state: &gold.State{Current: &gold.Release{Versions: []gold.Version{{Dataset: d, Rows: c.before}}}}}
			if err := pl.shrunk(it, c.now); (err != nil) != c.refused || err != nil && gold.CodeOf(err) != gold.CodeDatasetShrank {
				t.Errorf("refused: %v, want %t", err, c.refused)
			}
			pl.request.AllowShrink = true
			if err := pl.shrunk(it, c.now); err != nil {
				t.Errorf("with AllowShrink: %v", err)
			}
		})
	}
	if err := (&plan{inputs: &inputs{}, state: &gold.State{}}).shrunk(it, 0); err != nil {
		t.Errorf("a first publish: %v", err)
	}
}

func TestOnlySourcesOfWhatShrankAreNamed(t *testing.T) {
	release := &gold.Release{}
	shrinking := func(name string, from *input, rows int64) *decision {
		d := shop()
		d.Name = name
		release.Versions = append(release.Versions, gold.Version{Dataset: d, Rows: 100})
		return &decision{input: &input{contract: &contract.Contract{Dataset: d}, from: from}, dataset: &d, known: &gold.Version{Rows: rows}}
	}
	sales := shrinking("sales", nil, 10)
	daily := shrinking("daily", sales.input, 5)
	growth := shrinking("growth", daily.input, 5)
	stock := shrinking("stock", nil, 90)
	top := shrinking("top", stock.input, 3)
	pl := &plan{inputs: &inputs{}, decisions: []*decision{sales, daily, growth, stock, top}, state: &gold.State{Current: release}}
	var named []string
	if e, ok := errors.AsType[*gold.Error](pl.refuseShrunk()); ok {
		for _, p := range e.Problems {
			named = append(named, p.Detail[:13])
		}
	}
	if fmt.Sprint(named) != "[dataset sales dataset top w]" {
		t.Errorf("named: %q", named)
	}
}

func TestRowsThatTheStoreLostAreLoadedAgain(t *testing.T) {
	d := shop()
	version := gold.Version{Dataset: d, ID: "x", Location: "shop__sales__x"}
	pl := &plan{inputs: &inputs{}, state: &gold.State{Current: &gold.Release{Versions: []gold.Version{version}}}}
	it := &decision{input: &input{contract: &contract.Contract{Dataset: d}}, dataset: &d, id: "x"}
	it.known = pl.stored(it) // no seal has it
	action, why, err := pl.explain(t.Context(), it)
	if err != nil || action != Load || len(why) != 1 || why[0].Reason != RowsMissing {
		t.Errorf("%s, %v (%v), want %s because of %s", action, why, err, Load, RowsMissing)
	}
}

// TestEveryReasonIsDocumented reads the constants of the source, so that none can be forgotten.
func TestEveryReasonIsDocumented(t *testing.T) {
	docs, err := os.ReadFile("../docs/publish.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("action.go")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?m)^\t\w+ +(?:Reason|Action) = "(\w+)"`).FindAllSubmatch(source, -1)
	if len(names) < 20 {
		t.Fatalf("%d reasons and actions, want at least 20", len(names))
	}
	for _, name := range names {
		if !strings.Contains(string(docs), "`"+string(name[1])+"`") {
			t.Errorf("docs/publish.md does not tell of `%s`", name[1])
		}
	}
}

func TestWhatAVersionWasMadeOfSaysWhyItIsLoadedAgain(t *testing.T) {
	now := gold.Origin{Format: storageFormat, Shape: "s", Content: "c", MaskKey: "k"}
	for name, c := range map[string]struct {
		change func(*gold.Origin)
		want   []Reason
	}{
		"another format":            {func(o *gold.Origin) { o.Format++ }, []Reason{StorageFormatNew}},
		"another key of masks":      {func(o *gold.Origin) { o.MaskKey = "other" }, []Reason{MaskKeyChanged}},
		"another source":            {func(o *gold.Origin) { o.Content = "other" }, []Reason{UpstreamChanged}},
		"another format and source": {func(o *gold.Origin) { o.Format, o.Content = 7, "other" }, []Reason{StorageFormatNew, UpstreamChanged}},
	} {
		d := shop()
		was := now
		c.change(&was)
		pl := &plan{inputs: &inputs{}, state: &gold.State{Current: &gold.Release{Versions: []gold.Version{{Dataset: d, ID: "old", Origin: &was}}}}}
		from := &input{contract: &contract.Contract{Dataset: gold.Dataset{Name: "origin"}}}
		it := &decision{input: &input{contract: &contract.Contract{Dataset: d}, from: from}, dataset: &d, id: "new", origin: now}
		_, why, err := pl.explain(t.Context(), it)
		var got []Reason
		for _, w := range why {
			got = append(got, w.Reason)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v (%v), want %v", name, got, err, c.want)
		}
	}
}
