package scoring

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"goldserve/gold"
	"goldserve/scoring/onnx"
)

// File is an ONNX file that can be evaluated. It is immutable.
type File struct {
	SHA256 string
	model  *onnx.Model
}

// Load reads an ONNX file. The error is an *onnx.Error.
func Load(data []byte) (*File, error) {
	m, err := onnx.Load(data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return &File{SHA256: hex.EncodeToString(sum[:]), model: m}, nil
}

// Inputs returns what the file takes, in its order.
func (f *File) Inputs() []onnx.Input { return f.model.Inputs() }

// Output is one column of an output of a file.
type Output struct {
	Text   string // as a gold.ScoreOutput has it
	Type   onnx.Type
	at     int // of the file's outputs
	column int
	width  int
}

// Output returns the one that a text names: prediction, or probabilities[1] where the output has several columns.
func (f *File) Output(text string) (Output, error) {
	name, column := text, -1
	if open := strings.LastIndexByte(text, '['); open > 0 && strings.HasSuffix(text, "]") {
		k, err := strconv.Atoi(text[open+1 : len(text)-1])
		if err != nil || k < 0 || strconv.Itoa(k) != text[open+1:len(text)-1] {
			return Output{}, fmt.Errorf("expected an output and the number of its column, such as probabilities[1], found %q", text)
		}
		name, column = text[:open], k
	}
	var names []string
	for at, out := range f.model.Outputs() {
		if out.Name != name {
			names = append(names, out.Name)
			continue
		}
		switch {
		case column < 0 && out.Width != 1:
			return Output{}, fmt.Errorf("output %s has %d columns: choose one of %s[0] to %s[%d]", name, out.Width, name, name, out.Width-1)
		case column >= out.Width:
			return Output{}, fmt.Errorf("output %s has %s, counted from 0: there is no %s", name, gold.Counted(out.Width, "column"), text)
		}
		if out.Width == 1 {
			text, column = name, 0
		}
		return Output{Text: text, Type: out.Type, at: at, column: column, width: out.Width}, nil
	}
	return Output{}, fmt.Errorf("the file has no output %s: it has %s", name, gold.Listed(names))
}

// Gives says why a field can't hold the output, "" if it can.
func (o Output) Gives(f *gold.Field) string {
	kind, logical := gold.Double, "number"
	switch o.Type {
	case onnx.Int64, onnx.Int32:
		kind, logical = gold.Int, "integer"
	case onnx.Bool:
		kind, logical = gold.Bool, "boolean"
	case onnx.String:
		kind, logical = gold.Text, "string"
	case onnx.Float, onnx.Double:
	}
	switch {
	case f.Kind != kind || f.Base64:
		return fmt.Sprintf("output %s is of type %s, which is no %s: declare logicalType: %s", o.Text, o.Type, f.Kind, logical)
	case f.Single && o.Type == onnx.Double:
		return fmt.Sprintf("output %s is of type double: leave physicalType out", o.Text)
	}
	return ""
}

// Takes says why an input can't take the values of a field, "" if it can.
func Takes(in onnx.Input, f *gold.Field) string {
	ok, wanted := f.Kind.Countable(), "a number or a boolean"
	switch in.Type {
	case onnx.Int64, onnx.Int32:
		ok, wanted = f.Kind == gold.Int || f.Kind == gold.Bool, "an int or a bool"
	case onnx.Bool:
		ok, wanted = f.Kind == gold.Bool, "a bool"
	case onnx.String:
		ok, wanted = f.Kind == gold.Text, "a text"
	case onnx.Float, onnx.Double:
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("input %s is of type %s: expected %s, but %s is %s", in.Name, in.Type, wanted, f.Name, f.Kind.WithArticle())
}
