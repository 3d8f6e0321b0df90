package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"goldserve/api/edge"
	"goldserve/gold"
)

// instant is a time as every body writes it: 2011-12-08T12:12:00Z.
type instant time.Time

// MarshalText writes the instant.
func (t instant) MarshalText() ([]byte, error) {
	return gold.AppendTime(nil, time.Time(t).UnixMilli()), nil
}

// describeDoc returns the one line of a dataset: its description, else its label.
func describeDoc(d gold.Doc) string {
	if text := gold.PlainText(d.Description); text != "" {
		return strings.TrimSpace(text)
	}
	return gold.PlainText(d.Label)
}

// appendData appends {"data": value, for bodies that are small: value is marshalled by encoding/json.
func appendData(dst []byte, value any) ([]byte, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode an answer: %w", err)
	}
	return append(append(append(dst, `{"data":`...), data...), ",\n"...), nil
}

// schemaLink leads to the schema of a dataset's rows.
func (s *service) schemaLink(req *request, d *gold.Dataset) string {
	release := ""
	if r := req.catalog.Release; r != nil {
		release = "release=" + strconv.FormatInt(r.Number, 10)
	}
	return edge.Link(edge.RelativeURL(s.urlPrefix(req.base, req.catalog.model)+"/datasets/"+d.Name+"/schema", release), "describedby")
}
