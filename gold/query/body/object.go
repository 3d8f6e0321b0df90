package body

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"goldserve/gold"
	"goldserve/gold/format"
	"goldserve/gold/query"
)

// Object appends the members of one JSON object.
type Object struct {
	Bytes []byte
	begun bool
}

// Name begins a member: its value is appended next.
func (o *Object) Name(name string) {
	if o.begun {
		o.Bytes = append(o.Bytes, ',')
	}
	o.begun = true
	o.Bytes = append(format.AppendString(o.Bytes, []byte(name)), ':')
}

// Text appends a text.
func (o *Object) Text(name, value string) {
	o.Name(name)
	o.Bytes = format.AppendString(o.Bytes, []byte(value))
}

// URL appends a URL: an & in it stays one, so that it can be copied from the text of an answer.
func (o *Object) URL(name, value string) {
	o.Name(name)
	o.Bytes = append(o.Bytes, bytes.ReplaceAll(format.AppendString(nil, []byte(value)), []byte(`\u0026`), []byte("&"))...)
}

// Int appends a whole number.
func (o *Object) Int(name string, value int64) {
	o.Name(name)
	o.Bytes = strconv.AppendInt(o.Bytes, value, 10)
}

// Bool appends true or false.
func (o *Object) Bool(name string, value bool) {
	o.Name(name)
	o.Bytes = strconv.AppendBool(o.Bytes, value)
}

// Millis appends a duration in milliseconds.
func (o *Object) Millis(name string, d time.Duration) {
	o.Name(name)
	o.Bytes = format.AppendScaled(o.Bytes, d.Microseconds(), 3)
}

// Time appends an instant.
func (o *Object) Time(name string, t time.Time) {
	o.Name(name)
	o.Bytes = format.AppendValue(o.Bytes, gold.NewTime(t.UnixMilli()), &gold.Field{})
}

// Span writes a time as {"from", "to"}, both inclusive instants.
func (o *Object) Span(name string, s query.Span) {
	o.Object(name, func(span *Object) {
		span.Text("from", string(gold.AppendTime(nil, s.First)))
		span.Text("to", string(gold.AppendTime(nil, s.Last)))
	})
}

// Object appends an object of members.
func (o *Object) Object(name string, members func(*Object)) {
	o.Name(name)
	inner := &Object{Bytes: append(o.Bytes, '{')}
	members(inner)
	o.Bytes = append(inner.Bytes, '}')
}

// JSON appends a value as encoding/json writes it. Plain data can always be written.
func (o *Object) JSON(name string, value any) {
	if text, err := json.Marshal(value); err == nil {
		o.Raw(name, text)
	}
}

// Raw appends a value that is JSON already.
func (o *Object) Raw(name string, value []byte) {
	o.Name(name)
	o.Bytes = append(o.Bytes, value...)
}
