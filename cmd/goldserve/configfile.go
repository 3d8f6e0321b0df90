package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// modelsFolder is the file's other key for the setting models, since models: may also be a map of overrides.
const modelsFolder = "modelsFolder"

// fileValue is one setting in goldserve.yaml.
type fileValue struct {
	origin string // as users write it: goldserve.yaml: store
	line   int
	value  ast.Node
}

// set gives a setting the file's value; problem says why it is invalid.
func (v *fileValue) set(f *pflag.Flag) (problem string) {
	if isNull(v.value) && slices.Contains(neverEmpty, f.Name) {
		return emptySetting(v.origin) + v.at()
	}
	found, ok := "a map", false
	if items, isList := v.value.(*ast.SequenceNode); isList {
		found, ok = "a list", setList(f.Value, items.Values)
	} else if text := scalarText(v.value); text != nil {
		if *text == "" && slices.Contains(neverEmpty, f.Name) {
			return emptySetting(v.origin) + v.at()
		}
		found, ok = *text, f.Value.Set(*text) == nil
	}
	if !ok {
		return fmt.Sprintf("%s is %s: expected %s%s", v.origin, found, expected(f), v.at())
	}
	return ""
}

// setList gives a list its items; it reports whether they are valid.
func setList(to pflag.Value, items []ast.Node) bool {
	list, ok := to.(pflag.SliceValue)
	texts := make([]string, len(items))
	for i, item := range items {
		text := scalarText(item)
		if text == nil {
			return false
		}
		texts[i] = *text
	}
	return ok && list.Replace(texts) == nil
}

func (v *fileValue) at() string { return fmt.Sprintf(" (line %d)", v.line) }

// readFile reads goldserve.yaml, or the file that --config names; every unknown key is a problem. The overrides of
// models are checked where models are loaded.
func (c *config) readFile(cmd *cobra.Command, settings *pflag.FlagSet) (values map[string]*fileValue, problems []string, err error) {
	path, named := "goldserve.yaml", ""
	if p := os.Getenv(envPrefix + "CONFIG"); p != "" {
		path, named = p, envPrefix+"CONFIG"
	}
	if f := cmd.Flags().Lookup("config"); f != nil && f.Changed {
		path, named = f.Value.String(), "--config"
	}
	c.origins["config"] = cmp.Or(named, "default: "+path+" if it exists")
	text, err := os.ReadFile(path) //nolint:gosec // the user names it
	if errors.Is(err, fs.ErrNotExist) && named == "" {
		return nil, nil, nil
	}
	if err == nil {
		c.file, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, nil, usagef("the configuration file can't be read: %w", err)
	}
	pairs, err := topLevel(path, text)
	if err != nil {
		return nil, nil, err
	}
	values = map[string]*fileValue{}
	for _, pair := range pairs {
		key := keyText(pair)
		v := &fileValue{path + ": " + key, pair.Key.GetToken().Position.Line, pair.Value}
		name := kebab(key)
		switch {
		case key == "models" && isMap(v.value):
			c.overlays = contract.Overlays{File: path, Text: text}
			continue
		case key == modelsFolder:
			name = "models"
		case requests[name] != "":
			problems = append(problems, requestProblem(cmd, v.origin, name)+v.at())
			continue
		case settings.Lookup(name) == nil || name == key && strings.Contains(key, "-"):
			problems = append(problems, unknownKey(path, key, settings)+v.at())
			continue
		}
		if isNull(v.value) && !slices.Contains(neverEmpty, name) { // all its values are commented out
			continue
		}
		if values[name] != nil {
			problems = append(problems, path+": models and "+modelsFolder+" both name a folder: leave one out"+v.at())
		}
		values[name] = v
	}
	return values, problems, nil
}

// topLevel returns the keys and values of a YAML file, with aliases resolved.
func topLevel(path string, text []byte) ([]*ast.MappingValueNode, error) {
	tree, err := parser.ParseBytes(text, 0)
	if syntax, ok := errors.AsType[yaml.Error](err); ok && syntax.GetToken() != nil {
		at := syntax.GetToken().Position
		return nil, usagef("%s:%d:%d: YAML: %s", path, at.Line, at.Column, syntax.GetMessage())
	}
	if err != nil {
		return nil, usagef("%s: YAML: %w", path, err)
	}
	var pairs []*ast.MappingValueNode
	anchors := map[string]ast.Node{}
	for _, doc := range tree.Docs {
		switch body := doc.Body.(type) {
		case nil:
		case *ast.MappingNode:
			pairs = append(pairs, body.Values...)
		case *ast.MappingValueNode:
			pairs = append(pairs, body)
		default:
			return nil, usagef("%s:%d: expected settings, such as store: sqlite:./goldserve.db", path, body.GetToken().Position.Line)
		}
	}
	for _, pair := range pairs {
		switch value := pair.Value.(type) {
		case *ast.AnchorNode:
			anchors[value.Name.GetToken().Value], pair.Value = value.Value, value.Value
		case *ast.AliasNode:
			name := value.Value.GetToken().Value
			if pair.Value = anchors[name]; pair.Value == nil {
				return nil, usagef("%s:%d: the alias *%s has no anchor &%s before it", path, value.GetToken().Position.Line, name, name)
			}
		}
	}
	return pairs, nil
}

func keyText(pair *ast.MappingValueNode) string {
	if key, ok := pair.Key.(*ast.StringNode); ok {
		return key.Value
	}
	return pair.Key.GetToken().Value
}

func isMap(value ast.Node) bool {
	_, one := value.(*ast.MappingValueNode)
	_, more := value.(*ast.MappingNode)
	return one || more
}

func isNull(value ast.Node) bool {
	_, null := value.(*ast.NullNode)
	return value == nil || null
}

// scalarText returns a scalar as written, without quotes; nil for a list or a map.
func scalarText(value ast.Node) *string {
	switch n := value.(type) {
	case *ast.StringNode:
		return &n.Value
	case *ast.LiteralNode:
		return &n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &value.GetToken().Value
	default:
		return nil
	}
}

// unknownKey is the problem of a key that is not a setting.
func unknownKey(path, key string, settings *pflag.FlagSet) string {
	known := []string{kebab(modelsFolder)}
	settings.VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	slices.Sort(known)
	problem := path + ": unknown key " + key
	if near := gold.Nearest(kebab(key), known); near != "" {
		problem += " (did you mean " + camel(near) + "?)"
	}
	return problem
}

// kebab turns corsOrigins into cors-origins.
func kebab(key string) string {
	var b strings.Builder
	for i, r := range key {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(rune(key[i-1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// camel turns cors-origins into corsOrigins.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}
