package infer

import (
	"fmt"
	"strings"

	"goldserve/gold"
)

// sourceSetting writes where the lake has the rows, and how its files are read.
func (d *Dataset) sourceSetting() string {
	r := d.Reading
	if r.String() == "" {
		return scalar(d.Source)
	}
	parts := []string{fmt.Sprintf("%s: %s", r.Format, scalar(d.Source))}
	for _, p := range []struct{ key, value string }{{"delimiter", r.Delimiter}, {"quote", r.Quote}, {"encoding", r.Encoding}, {"fileColumn", r.FileColumn}} {
		if p.value != "" {
			parts = append(parts, p.key+": "+scalar(p.value))
		}
	}
	if len(r.Null) > 0 {
		parts = append(parts, "null: "+list(r.Null))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// castSetting writes how a column's texts become the field's values, as far as it isn't the default.
func castSetting(c *gold.Cast) string {
	var parts []string
	if c.From == gold.Int {
		parts = append(parts, "from: integer")
	}
	for _, p := range []struct{ key, value string }{{"decimal", c.Point}, {"thousands", c.Thousands}, {"sign", c.Sign}, {"epoch", string(c.Epoch)}} {
		if p.value != "" {
			parts = append(parts, p.key+": "+scalar(p.value))
		}
	}
	for _, p := range []struct {
		key    string
		values []string
	}{{"date", c.Layouts}, {`"true"`, c.True}, {`"false"`, c.False}, {`"null"`, c.Null}} {
		switch len(p.values) {
		case 0:
		case 1:
			parts = append(parts, p.key+": "+scalar(p.values[0]))
		default:
			parts = append(parts, p.key+": "+list(p.values))
		}
	}
	if c.Lenient {
		parts = append(parts, "onError: \"null\"")
	}
	return "cast: {" + strings.Join(parts, ", ") + "}"
}
