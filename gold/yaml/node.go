package yaml

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The limits of one YAML file. A shipped contract has 2,000 tokens and is nested 8 deep.
const (
	maxFile  = 1 << 20 // bytes
	maxToken = 50_000  // the parser takes quadratic time over the keys of one map
	maxDepth = 32      // of lists and maps; the parser recurses
	maxNodes = 100_000 // after aliases are followed
)

// Kind is the shape of a node.
type Kind uint8

// The kinds. A scalar is a text until it is read as something else.
const (
	Scalar Kind = iota
	List
	Map
)

// Node is one value of a YAML file with its position. Aliases share the node of their anchor.
type Node struct {
	Kind         Kind
	Line, Column int     // from 1
	Text         string  // of a scalar, as meant (quotes and escapes undone)
	Plain        bool    // of a scalar: written without quotes, so that it may be a number, a boolean or nothing
	Items        []*Node // of a list
	Entries      []Entry // of a map, in the file's order, repeated keys included
	size         int     // number of nodes in this one, itself and resolved aliases included
}

// Entry is one key of a map and its value.
type Entry struct{ Key, Value *Node }

// IsNull reports whether the node has no value.
func (n *Node) IsNull() bool {
	return n.Kind == Scalar && n.Plain && (n.Text == "" || n.Text == "~" || strings.EqualFold(n.Text, "null"))
}

// What names the node's shape for messages.
func (n *Node) What() string {
	switch {
	case n.Kind == List:
		return "a list"
	case n.Kind == Map:
		return "a map"
	case n.IsNull():
		return "nothing"
	default:
		return Quote(n.Text)
	}
}

// Value returns the value of a key of a map, or nil.
func (n *Node) Value(key string) *Node {
	for _, e := range n.Entries {
		if e.Key.Text == key {
			return e.Value
		}
	}
	return nil
}

// Read reads and parses the file, up to maxFile bytes; nil after reporting a problem.
func (f *File) Read(fsys fs.FS) *Node {
	opened, err := fsys.Open(f.Name)
	if err != nil {
		f.Add(nil, "the file can't be read: %s", Reason(err))
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err = errors.Join(err, opened.Close()); err != nil {
		f.Add(nil, "the file can't be read: %s", Reason(err))
		return nil
	}
	if len(data) > maxFile {
		f.Add(nil, "the file is larger than 1 MiB")
		return nil
	}
	defer f.Report.Recover()
	f.Report.Reading(f, &Node{Line: 1, Column: 1})
	return f.Parse(data)
}

// Reason says why a file can't be read, without the path, which the problem has already.
func Reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// Parse parses one file into nodes, or reports why it can't. The checks before the parser limit its work: what they
// refuse (tags, complex keys, directives, deep nesting) is not used in models.
func (f *File) Parse(data []byte) *Node {
	text := strings.TrimPrefix(string(data), "\ufeff")
	if line, column, ok := firstOddByte(text); !ok {
		f.Add(&Node{Line: line, Column: column}, "expected UTF-8 text without control characters")
		return nil
	}
	tokens := lexer.Tokenize(text)
	if tk, reason := oddToken(tokens); reason != "" {
		f.Add(tokenNode(tk), "%s", reason)
		return nil
	}
	tree, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		f.addSyntax(err)
		return nil
	}
	var docs []*ast.DocumentNode
	for _, doc := range tree.Docs {
		if doc.Body != nil {
			docs = append(docs, doc)
		}
	}
	switch {
	case len(docs) == 0:
		f.Add(&Node{Line: 1, Column: 1}, "the file is empty")
		return nil
	case len(docs) > 1:
		f.Add(place(docs[1].Body), "a second YAML document begins here: one file holds one")
		return nil
	}
	c := converter{file: f, anchors: map[string]*Node{}}
	return c.convert(docs[0].Body)
}

// addSyntax reports the parser's error at its place.
func (f *File) addSyntax(err error) {
	if syntax, ok := errors.AsType[yaml.Error](err); ok {
		f.Add(tokenNode(syntax.GetToken()), "YAML: %s", syntax.GetMessage())
		return
	}
	f.Add(&Node{Line: 1, Column: 1}, "YAML: %s", err)
}

// firstOddByte returns the place of the first byte that is not UTF-8, or of a control character other than tab and
// line ends.
func firstOddByte(text string) (line, column int, ok bool) {
	line, column = 1, 1
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			return line, column, false
		case r == '\n':
			line, column = line+1, 1
		default:
			column++
		}
	}
	return 0, 0, true
}

// oddToken returns the first token that a file can't contain, and why.
func oddToken(tokens token.Tokens) (*token.Token, string) {
	depth, dashes, dashLine := 0, 0, 0
	for i, tk := range tokens {
		switch tk.Type {
		case token.TagType:
			return tk, "YAML tags (!…) are not used here"
		case token.MappingKeyType:
			return tk, "YAML complex keys (?) are not used here"
		case token.DirectiveType:
			return tk, "YAML directives (%…) are not used here"
		case token.MergeKeyType:
			return tk, "YAML merge keys (<<) are not used here: write the keys out"
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			if line := tk.Position.Line; line != dashLine {
				dashes, dashLine = 0, line
			}
			dashes++
		default:
		}
		switch {
		case i >= maxToken:
			return tk, "the file is too long: more than 50,000 YAML tokens"
		case depth > maxDepth || dashes > maxDepth:
			return tk, "lists and maps are nested too deep"
		}
	}
	return nil, ""
}

// tokenNode returns an empty node at a token's place.
func tokenNode(tk *token.Token) *Node {
	if tk == nil || tk.Position == nil {
		return &Node{Line: 1, Column: 1}
	}
	return &Node{Line: max(tk.Position.Line, 1), Column: max(tk.Position.Column, 1)}
}

// place returns an empty node where a value begins: a block map's own token is its first colon.
func place(tree ast.Node) *Node {
	switch t := tree.(type) {
	case *ast.MappingNode:
		if !t.IsFlowStyle && len(t.Values) > 0 {
			return tokenNode(t.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return tokenNode(t.Key.GetToken())
	}
	return tokenNode(tree.GetToken())
}

// converter turns the parser's tree into nodes, within maxDepth and maxNodes. After the first problem it stops.
type converter struct {
	file    *File
	anchors map[string]*Node
	depth   int
	nodes   int
	failed  bool
}

func (c *converter) fail(at *Node, format string, args ...any) *Node {
	if !c.failed {
		c.file.Add(at, format, args...)
	}
	c.failed = true
	return nil
}

// convert returns the node of a tree, or nil once something failed.
func (c *converter) convert(tree ast.Node) *Node {
	if c.failed || tree == nil {
		return c.fail(&Node{Line: 1, Column: 1}, "YAML: a value is missing")
	}
	n := place(tree)
	n.size = 1
	c.depth++
	defer func() { c.depth-- }()
	if c.depth > maxDepth {
		return c.fail(n, "lists and maps are nested too deep")
	}
	switch t := tree.(type) {
	case *ast.MappingNode:
		c.entries(n, t.Values)
	case *ast.MappingValueNode:
		c.entries(n, []*ast.MappingValueNode{t})
	case *ast.SequenceNode:
		n.Kind = List
		for _, value := range t.Values {
			item := c.convert(value)
			if item == nil {
				return nil
			}
			n.Items = append(n.Items, item)
			n.size += item.size
		}
	case *ast.AnchorNode:
		value := c.convert(t.Value)
		if value != nil && t.Name != nil {
			c.anchors[t.Name.GetToken().Value] = value
		}
		return value
	case *ast.AliasNode:
		return c.alias(n, t)
	default:
		c.scalar(n, tree)
	}
	if c.nodes++; c.nodes > maxNodes {
		return c.fail(n, "the file is too long: more than 100,000 values")
	}
	if c.failed {
		return nil
	}
	return n
}

// alias returns the node of an alias's anchor; its nodes count again towards maxNodes.
func (c *converter) alias(at *Node, t *ast.AliasNode) *Node {
	if t.Value == nil {
		return c.fail(at, "YAML: an alias without a name")
	}
	name := t.Value.GetToken().Value
	target := c.anchors[name]
	if target == nil {
		return c.fail(at, "the alias *%s has no anchor &%s before it", name, name)
	}
	if c.nodes += target.size; c.nodes > maxNodes {
		return c.fail(at, "aliases repeat too much: more than 100,000 values")
	}
	return target
}

func (c *converter) entries(n *Node, values []*ast.MappingValueNode) {
	n.Kind = Map
	for _, v := range values {
		key := tokenNode(v.Key.GetToken())
		key.size = 1
		if c.scalar(key, v.Key); c.failed {
			return
		}
		if v.Key.Type() == ast.NullType {
			key.Text = v.Key.GetToken().Value // a key is a word: null
		}
		value := c.convert(v.Value)
		if value == nil {
			return
		}
		n.Entries = append(n.Entries, Entry{key, value})
		n.size += 1 + value.size
	}
}

// scalar fills a scalar node. Numbers keep the text they are written in: the readers decide what they mean.
func (c *converter) scalar(n *Node, tree ast.Node) {
	tk := tree.GetToken()
	switch t := tree.(type) {
	case *ast.LiteralNode:
		n.Text = t.Value.Value
	case *ast.StringNode:
		n.Text = t.Value
		n.Plain = tk.Type != token.SingleQuoteType && tk.Type != token.DoubleQuoteType
	case *ast.NullNode:
		n.Plain = true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		n.Text, n.Plain = tk.Value, true
	default:
		c.fail(n, "YAML: %s can't be used here", strings.ToLower(tree.Type().YAMLName()))
	}
}
