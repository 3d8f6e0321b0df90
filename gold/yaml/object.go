package yaml

import "slices"

// Object is a map being read: take each possible key, then call Done.
type Object struct {
	File    *File
	At      *Node
	What    string
	entries []Entry
	known   []string
}

// Object reads a map with the format's own keys. If the node is not a map, it reports that and returns an empty object,
// whose missing keys are not reported.
func (f *File) Object(n *Node, what string) *Object {
	return &Object{File: f, At: n, What: what, entries: f.Pairs(n, what)}
}

// Pairs reads a map whose keys are the contract's names. It returns the first entry of each key and reports repeated
// keys.
func (f *File) Pairs(n *Node, what string) []Entry {
	f.Report.Reading(f, n)
	if n.Kind != Map {
		f.Add(n, "%s: expected a map, found %s", what, n.What())
		return nil
	}
	seen := map[string]*Node{}
	unique := make([]Entry, 0, len(n.Entries))
	for _, e := range n.Entries {
		if first := seen[e.Key.Text]; first != nil {
			f.Add(e.Key, "%s: the key %s is repeated: it is on line %d already", what, Quote(e.Key.Text), first.Line)
			continue
		}
		seen[e.Key.Text] = e.Key
		unique = append(unique, e)
	}
	return unique
}

// Take returns the value of a key, or nil.
func (o *Object) Take(key string) *Node {
	o.known = append(o.known, key)
	for _, e := range o.entries {
		if e.Key.Text == key {
			return e.Value
		}
	}
	return nil
}

// Need is Take for a required key.
func (o *Object) Need(key string) *Node {
	n := o.Take(key)
	if n == nil && o.At.Kind == Map {
		o.File.Add(o.At, "%s: the key %s is missing", o.What, key)
	}
	return n
}

// Text takes a key with a text; "" if there is none.
func (o *Object) Text(key string) string {
	n := o.Take(key)
	if n == nil {
		return ""
	}
	text, _ := o.File.Text(n, o.What+": "+key)
	return text
}

// Boolean takes a key with true or false; false if there is none.
func (o *Object) Boolean(key string) bool {
	n := o.Take(key)
	return n != nil && o.File.Boolean(n, o.What+": "+key)
}

// Done reports the keys that nothing took.
func (o *Object) Done() {
	if o.File.Report.Taken != nil {
		o.File.Report.Taken[o.At] = append(o.File.Report.Taken[o.At], o.known...)
	}
	for _, e := range o.entries {
		if !slices.Contains(o.known, e.Key.Text) {
			o.File.AddNear(e.Key, e.Key.Text, o.known, "%s: unknown key %s", o.What, Quote(e.Key.Text))
		}
	}
}
