package scoring_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"goldserve/gold"
	"goldserve/scoring"
	"goldserve/scoring/onnx"
)

// echo has an output for each of its inputs, which it gives as they are.
func echo(t *testing.T, types ...onnx.Type) *scoring.File {
	t.Helper()
	g := onnx.Graph{Name: "echo", Domains: []onnx.Domain{{Version: 21}}}
	for i, typ := range types {
		in, out := fmt.Sprint("in", i), fmt.Sprint("out", i)
		g.Inputs = append(g.Inputs, onnx.Value{Name: in, Type: typ, Dims: []int{-1, 1}})
		g.Outputs = append(g.Outputs, onnx.Value{Name: out, Type: typ, Dims: []int{-1, 1}})
		g.Nodes = append(g.Nodes, onnx.Node{Name: out, Op: "Identity", Inputs: []string{in}, Outputs: []string{out}})
	}
	f, err := scoring.Load(g.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// scorerOf binds input i to field i of a dataset, and output i to the field that is behind all of them.
func scorerOf(t *testing.T, f *scoring.File, fields []gold.Field, outputs []gold.Field) *scoring.Scorer {
	t.Helper()
	d := &gold.Dataset{Name: "d", Fields: append(append([]gold.Field{}, fields...), outputs...)}
	s := &gold.Score{}
	for i := range fields {
		s.Inputs = append(s.Inputs, gold.ScoreInput{Name: fmt.Sprint("in", i), Fields: []string{fields[i].Name}})
		s.Outputs = append(s.Outputs, gold.ScoreOutput{Field: outputs[i].Name, Output: fmt.Sprint("out", i)})
	}
	scorer, err := scoring.New(f, d, s)
	if err != nil {
		t.Fatal(err)
	}
	return scorer
}

func TestValuesGoInAndOutAsTheyAre(t *testing.T) {
	f := echo(t, onnx.Float, onnx.Double, onnx.Double, onnx.Int64, onnx.String, onnx.Bool, onnx.Float)
	fields := []gold.Field{
		{Name: "price", Kind: gold.Decimal, Scale: 2},
		{Name: "weight", Kind: gold.Double},
		{Name: "flag", Kind: gold.Bool},
		{Name: "n", Kind: gold.Int},
		{Name: "country", Kind: gold.Text},
		{Name: "vip", Kind: gold.Bool},
		{Name: "big", Kind: gold.Int},
	}
	outputs := []gold.Field{
		{Name: "a", Kind: gold.Double, Nullable: true},
		{Name: "b", Kind: gold.Double, Nullable: true},
		{Name: "c", Kind: gold.Double, Nullable: true},
		{Name: "e", Kind: gold.Int},
		{Name: "g", Kind: gold.Text},
		{Name: "h", Kind: gold.Bool},
		{Name: "i", Kind: gold.Double, Nullable: true},
	}
	b := gold.NewBatch(fields, 2)
	b.AppendRow(gold.NewIntegral(gold.Decimal, 1010), gold.NewDouble(0.1), gold.NewBool(true), gold.NewInt(math.MaxInt64), gold.NewText("Élbonie"), gold.NewBool(false), gold.NewInt(16777217))
	b.AppendRow(gold.Value{}, gold.Value{}, gold.Value{}, gold.NewInt(-1), gold.Value{}, gold.NewBool(true), gold.Value{})
	columns, err := scorerOf(t, f, fields, outputs).NewSession().Run(b)
	if err != nil {
		t.Fatal(err)
	}
	tenPointOne := float64(float32(10.1))
	want := []string{
		gold.NewDouble(tenPointOne).String() + " ", "0.1 ", "1 ", "9223372036854775807 -1", "Élbonie ", "false true", gold.NewDouble(16777216).String() + " ",
	}
	for i, c := range columns {
		if got := c.Value(0).String() + " " + c.Value(1).String(); strings.ReplaceAll(got, "null", "") != want[i] {
			t.Errorf("%s: %q, expected %q", outputs[i].Name, got, want[i])
		}
	}
}

func TestRowsThatHaveNoScore(t *testing.T) {
	for name, c := range map[string]struct {
		typ        onnx.Type
		field, out gold.Field
		value      gold.Value
		want       string
	}{
		"a null of int64":    {onnx.Int64, gold.Field{Name: "n", Kind: gold.Int}, gold.Field{Name: "s", Kind: gold.Int}, gold.Value{}, "row 2: n: it is null, and input in0 of the model, of type int64, takes no nulls"},
		"a null of bool":     {onnx.Bool, gold.Field{Name: "n", Kind: gold.Bool}, gold.Field{Name: "s", Kind: gold.Bool}, gold.Value{}, "takes no nulls"},
		"beyond int32":       {onnx.Int32, gold.Field{Name: "n", Kind: gold.Int}, gold.Field{Name: "s", Kind: gold.Int}, gold.NewInt(1 << 40), "too large for input in0"},
		"a required score":   {onnx.Double, gold.Field{Name: "n", Kind: gold.Double}, gold.Field{Name: "s", Kind: gold.Double}, gold.Value{}, "row 2: s: output out0 of the model is no number for this row"},
		"an infinite number": {onnx.Float, gold.Field{Name: "n", Kind: gold.Double}, gold.Field{Name: "s", Kind: gold.Double}, gold.NewDouble(1e300), "is no number"},
	} {
		b := gold.NewBatch([]gold.Field{c.field}, 2)
		one := gold.NewIntegral(c.field.Kind, 1)
		if c.field.Kind == gold.Double {
			one = gold.NewDouble(1)
		}
		b.AppendRow(one)
		b.AppendRow(c.value)
		_, err := scorerOf(t, echo(t, c.typ), []gold.Field{c.field}, []gold.Field{c.out}).NewSession().Run(b)
		row, ok := errors.AsType[*scoring.RowError](err)
		if !ok || row.Row != 1 || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The size of a batch never shows in a score, nor do batches before it.
func TestLargeBatchesScoreAsRowsDo(t *testing.T) {
	data, err := os.ReadFile("../publisher/testdata/scored/returned.onnx")
	if err != nil {
		t.Fatal(err)
	}
	f, err := scoring.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	fields := []gold.Field{{Name: "price", Kind: gold.Double}, {Name: "weight", Kind: gold.Double}, {Name: "vip", Kind: gold.Bool}, {Name: "country", Kind: gold.Text}}
	d := &gold.Dataset{Name: "d", Fields: append(append([]gold.Field{}, fields...), gold.Field{Name: "s", Kind: gold.Double})}
	s := &gold.Score{Outputs: []gold.ScoreOutput{{Field: "s", Output: "probabilities[1]"}}}
	for _, in := range fields {
		s.Inputs = append(s.Inputs, gold.ScoreInput{Name: in.Name, Fields: []string{in.Name}})
	}
	scorer, err := scoring.New(f, d, s)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 10_000
	large := gold.NewBatch(fields, rows)
	for i := range rows {
		country := gold.NewText([]string{"France", "Spain", "Italy"}[i%3])
		if i%7 == 0 {
			country = gold.Value{}
		}
		large.AppendRow(gold.NewDouble(float64(i)/10), gold.NewDouble(float64(i%9)), gold.NewBool(i%2 == 0), country)
	}
	session, alone := scorer.NewSession(), scorer.NewSession()
	all, err := session.Run(large)
	if err != nil || all[0].Len() != rows {
		t.Fatal(err)
	}
	for i := 0; i < rows; i += 97 {
		b := gold.NewBatch(fields, 1)
		b.AppendRow(large.Row(i, nil)...)
		one, err := alone.Run(b)
		if err != nil || one[0].Floats[0] != all[0].Floats[i] {
			t.Errorf("row %d: %v alone, %v among others, %v", i, one[0].Floats, all[0].Floats[i], err)
		}
	}
}

// counted counts how often files are read.
type counted struct {
	fs.FS
	opened int
}

func (c *counted) Open(name string) (fs.File, error) { c.opened++; return c.FS.Open(name) }

func TestTheShelfGivesTheFileOfARelease(t *testing.T) {
	data, err := os.ReadFile("../publisher/testdata/scored/band.onnx")
	if err != nil {
		t.Fatal(err)
	}
	f, err := scoring.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	folder := &counted{FS: fstest.MapFS{"a/band.onnx": {Data: data}, "bad.onnx": {Data: bytes.Repeat([]byte{1}, 100)}}}
	shelf := scoring.NewShelf(map[string]fs.FS{"m": folder})
	for range 3 {
		got, err := shelf.File("m", &gold.Score{Model: "a/band.onnx", SHA256: f.SHA256})
		if err != nil || got.SHA256 != f.SHA256 {
			t.Fatal(err)
		}
	}
	if folder.opened != 1 {
		t.Errorf("the file was read %d times", folder.opened)
	}
	for _, c := range []struct{ model, name, want string }{
		{"m", "a/band.onnx", "but this server's file has " + f.SHA256},
		{"m", "bad.onnx", "which this server doesn't have"},
		{"m", "../a/band.onnx", "which this server doesn't have"},
		{"m", "none.onnx", "which this server doesn't have"},
		{"other", "a/band.onnx", "which this server doesn't have"},
	} {
		for range 2 {
			_, err := shelf.File(c.model, &gold.Score{Model: c.name, SHA256: "77"})
			if gold.CodeOf(err) != gold.CodeScoreUnavailable || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "77") {
				t.Errorf("%s %s: %v", c.model, c.name, err)
			}
		}
	}
	if folder.opened > 4 {
		t.Errorf("files that are not the release's were read %d times", folder.opened)
	}
}

func TestAReleaseKeepsNoLongLists(t *testing.T) {
	long := make([]string, 150)
	card := &gold.Card{Features: []gold.CardFeature{{Name: "a", Categories: long}}, Data: gold.CardData{Release: 7, Version: "v"}, Reference: &gold.CardReference{}}
	kept := scoring.Kept(card)
	if kept.Reference != nil || kept.Data.Release != 0 || kept.Data.Version != "v" || len(kept.Features[0].Categories) != 100 || kept.Features[0].More != 50 || len(card.Features[0].Categories) != 150 {
		t.Errorf("%+v", kept)
	}
	text, err := json.Marshal(kept)
	if err != nil || strings.Contains(string(text), "reference") {
		t.Errorf("%s %v", text, err)
	}
}
