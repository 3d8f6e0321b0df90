package pack

import (
	"crypto/sha256"
	_ "embed" // the scripts
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

//go:embed scripts/extract_api.py
var apiScript string

//go:embed scripts/powerquery.m
var queryScript string

// scripts adds the clients of this release, and the SQL that made the dataset.
func (m *maker) scripts() error {
	d := &m.version.Dataset
	path := fmt.Sprintf("/m/%s/datasets/%s/rows?release=%d", url.PathEscape(m.Release.Model), url.PathEscape(d.Name), m.Release.Number)
	for _, s := range []struct {
		name, text string
		quote      func(string) string
	}{{"scripts/extract_api.py", apiScript, pythonText}, {"scripts/powerquery.m", queryScript, powerText}} {
		columns := make([]string, len(d.Fields))
		for i := range d.Fields {
			columns[i] = s.quote(d.Fields[i].Name)
		}
		text := strings.NewReplacer(`"@PATH@"`, s.quote(path), `"@COLUMNS@"`, strings.Join(columns, ", ")).Replace(s.text)
		if _, err := m.archive.addText(s.name, text); err != nil {
			return err
		}
	}
	if m.SQL == nil || m.lineage == nil {
		return nil
	}
	return m.addSQL()
}

// pythonText returns a text as Python has it: JSON's escapes are Python's.
func pythonText(s string) string {
	text, _ := json.Marshal(s) // texts are always JSON
	return string(text)
}

// powerText returns a text as Power Query has it.
func powerText(s string) string {
	return `"` + strings.NewReplacer(`"`, `""`, "#(", "#(#)(").Replace(s) + `"`
}

// addSQL adds the model's SQL, each file of which must be the one that made the release.
func (m *maker) addSQL() error {
	var b strings.Builder
	for _, t := range m.lineage.Tables {
		if t.SQL == "" {
			continue
		}
		text, err := m.SQL(t.SQL)
		sum := sha256.Sum256(text)
		if err != nil || hex.EncodeToString(sum[:]) != t.SQLSHA256 {
			return changed(t.SQL, m.Release)
		}
		fmt.Fprintf(&b, "-- %s\n-- makes %s of %s\n\n%s;\n\n", t.SQL, t.Name, strings.Join(t.Reads, ", "), strings.TrimRight(string(text), "\n"))
	}
	_, err := m.archive.addText("scripts/extract_sql.sql", strings.TrimSuffix(b.String(), "\n"))
	return err
}
