package contract

import (
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"goldserve/gold"
	"goldserve/gold/yaml"
)

// sourceFormats are the keys that name a source's files by their format.
var sourceFormats = []gold.Format{gold.Parquet, gold.CSV, gold.NDJSON, gold.JSON, gold.Delta, gold.Iceberg}

// dialectKeys say how CSV is written.
var dialectKeys = []string{"delimiter", "quote", "encoding", "null"}

const wantedSource = "expected a path below the lake, such as orders, sales/orders.parquet, orders_*.json or orders_{ts}.csv"

// source reads where the lake has the rows: a path, or a map from a format to a path, with how its files are read.
func (d *draft) source(n *yaml.Node) {
	c := &d.contract
	if n.Kind != yaml.Map {
		if text, ok := d.Text(n, "goldserve: source"); ok {
			c.Source = d.sourcePath(n, text)
		}
		return
	}
	o := d.Object(n, "goldserve: source")
	for _, format := range sourceFormats {
		at := o.Take(string(format))
		switch {
		case at == nil:
		case c.Reading.Format != "":
			d.Add(at, "%s: %s and %s exclude each other", o.What, c.Reading.Format, format)
		default:
			c.Reading.Format = format
			if text, ok := d.Text(at, o.What+": "+string(format)); ok {
				c.Source = d.sourcePath(at, text)
			}
		}
	}
	if c.Reading.Format == "" {
		d.Add(n, "%s: expected the path under the key of its format, such as {csv: orders.csv}: one of %s is missing", o.What, listOf(sourceFormats))
	}
	for _, key := range dialectKeys {
		if at := o.Take(key); at != nil {
			if c.Reading.Format != gold.CSV && c.Reading.Format != "" {
				d.Add(at, "%s: %s is for csv", o.What, key)
			}
			dialect(d.File, &c.Reading, at, key, o.What+": "+key)
		}
	}
	if at := o.Take("fileColumn"); at != nil {
		text, ok := d.Text(at, o.What+": fileColumn")
		if ok && text == "" {
			d.Add(at, "%s: fileColumn: expected the name of a column that holds the name of each row's file", o.What)
		}
		c.Reading.FileColumn = text
	}
	d.tableVersion(o)
	o.Done()
}

// snapshotID is the id of a snapshot of an Iceberg table. Some writers make ids beyond 64-bit integers.
var snapshotID = regexp.MustCompile(`^[1-9]\d{0,19}$`)

// tableVersion reads which version of a table is meant.
func (d *draft) tableVersion(o *yaml.Object) {
	r := &d.contract.Reading
	var first string // of the keys that name a version
	take := func(key string, formats ...gold.Format) *yaml.Node {
		at := o.Take(key)
		switch {
		case at == nil:
			return nil
		case r.Format != "" && !slices.Contains(formats, r.Format):
			d.Add(at, "%s: %s is for %s", o.What, key, strings.ReplaceAll(listOf(formats), ", ", " and "))
		case first != "":
			d.Add(at, "%s: %s and %s exclude each other", o.What, first, key)
		default:
			first = key
		}
		return at
	}
	if at := take("version", gold.Delta); at != nil {
		if v, ok := d.Integer(at, o.What+": version", 0, math.MaxInt64); ok {
			r.Version = &v
		}
	}
	if at := take("snapshot", gold.Iceberg); at != nil {
		if r.Snapshot = at.Text; at.Kind != yaml.Scalar || !snapshotID.MatchString(at.Text) {
			d.Add(at, "%s: snapshot: expected the id of a snapshot, a whole number, found %s", o.What, at.What())
		}
	}
	if at := take("ref", gold.Iceberg); at != nil {
		if text, ok := d.Text(at, o.What+": ref"); ok {
			if r.Ref = text; text == "" {
				d.Add(at, "%s: ref: expected the name of a tag or a branch", o.What)
			}
		}
	}
	if at := take("timestamp", gold.Delta, gold.Iceberg); at != nil {
		if text, ok := d.Text(at, o.What+": timestamp"); ok {
			moment, err := time.Parse(time.RFC3339, text)
			if err != nil {
				d.Add(at, "%s: timestamp: expected a time with its zone, such as 2026-01-31T12:00:00Z, found %s", o.What, yaml.Quote(text))
			}
			r.Timestamp = moment.UTC()
		}
	}
	if r.Format.Table() && strings.ContainsAny(d.contract.Source, "{*") {
		d.Add(o.At, "%s: %s: expected the path of a table's folder, not a pattern", o.What, r.Format)
	}
	if r.Format.Table() && r.FileColumn != "" {
		d.Add(o.At, "%s: fileColumn is not for %s, whose files are named at random", o.What, r.Format)
	}
}

func listOf(formats []gold.Format) string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// sourcePath checks a path below the lake, with {ts} at most once, or * in the file's name.
func (d *draft) sourcePath(n *yaml.Node, text string) string {
	plain := strings.Replace(text, "{ts}", "ts", 1)
	folder, name := path.Split(plain)
	if plain == text {
		name = strings.ReplaceAll(name, "*", "x")
	}
	if text == "" || path.Clean("/"+plain) != "/"+plain || strings.ContainsAny(folder+name, "{}\\*?:") {
		d.Add(n, "goldserve: source: %s, found %s", wantedSource, yaml.Quote(text))
		return ""
	}
	return text
}

// dialect reads one key of how CSV is written.
func dialect(f *yaml.File, r *gold.Reading, n *yaml.Node, key, what string) {
	if key == "null" {
		for _, item := range castTextsOf(f, n, what) {
			r.Null = append(r.Null, item.Text)
		}
		slices.Sort(r.Null) // in which order they stand changes nothing
		r.Null = slices.Compact(r.Null)
		return
	}
	text, ok := f.Text(n, what)
	if !ok {
		return
	}
	sign := len(text) == 1 && text[0] < 0x80 && text != "\n" && text != "\r" && text != "\x00"
	switch key {
	case "encoding":
		if r.Encoding, ok = f.Word(n, what, gold.Encodings); ok && r.Encoding == "utf-8" {
			r.Encoding = ""
		}
	case "delimiter":
		if r.Delimiter = text; !sign {
			f.Add(n, "%s: expected the character between values, such as \";\" or \"\\t\", found %s", what, yaml.Quote(text))
		}
	case "quote":
		switch r.Quote = text; {
		case text == gold.NoQuote:
		case !sign:
			f.Add(n, "%s: expected the character around values, such as \"'\", or none, found %s", what, yaml.Quote(text))
		case text == r.Delimiter:
			f.Add(n, "%s: it is the delimiter too: one of them must be another", what)
		}
	}
}
