package iceberg

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// Limits of a metadata file.
const (
	maxMetadata = 256 << 20 // bytes, decompressed
	maxVersion  = 3         // of the format
	maxRatio    = 200       // of decompressed bytes to compressed ones, beyond leastRatio
	leastRatio  = 16 << 20
	maxValues   = 8 << 20 // JSON values, each of which takes far more memory than bytes
)

// expanded returns how many bytes compressed ones may be.
func expanded(compressed, most int64) int64 { return min(most, max(leastRatio, maxRatio*compressed)) }

// metadata is what a metadata file says, as far as a reader needs it.
type metadata struct {
	Format       int                `json:"format-version"`
	UUID         string             `json:"table-uuid"`
	Location     string             `json:"location"`
	Changed      int64              `json:"last-updated-ms"`
	Sequence     int64              `json:"last-sequence-number"`
	SchemaID     *int               `json:"current-schema-id"`
	Schema       *schemaJSON        `json:"schema"` // of version 1
	Schemas      []schemaJSON       `json:"schemas"`
	Spec         []specFieldJSON    `json:"partition-spec"` // of version 1
	Specs        []specJSON         `json:"partition-specs"`
	SpecID       int                `json:"default-spec-id"`
	Properties   map[string]any     `json:"properties"`
	SnapshotID   json.Number        `json:"current-snapshot-id"` // -1 or none: there is no snapshot
	Snapshots    []snapshotJSON     `json:"snapshots"`
	SnapshotLog  []logJSON          `json:"snapshot-log"`
	Refs         map[string]refJSON `json:"refs"`
	EncryptionBy []json.RawMessage  `json:"encryption-keys"`
}

type schemaJSON struct {
	ID     int         `json:"schema-id"`
	Fields []fieldJSON `json:"fields"`
}

type specJSON struct {
	ID     int             `json:"spec-id"`
	Fields []specFieldJSON `json:"fields"`
}

// specFieldJSON is a field of a partition spec.
type specFieldJSON struct {
	Name      string `json:"name"`
	Transform string `json:"transform"`
	Source    int    `json:"source-id"`
	Sources   []int  `json:"source-ids"`
	ID        int    `json:"field-id"`
}

type snapshotJSON struct {
	ID           json.Number    `json:"snapshot-id"`
	Time         int64          `json:"timestamp-ms"`
	Sequence     int64          `json:"sequence-number"`
	ManifestList string         `json:"manifest-list"`
	Manifests    []string       `json:"manifests"` // of version 1, where there is no list
	SchemaID     *int           `json:"schema-id"`
	Summary      map[string]any `json:"summary"`
	KeyID        string         `json:"key-id"`
}

type logJSON struct {
	ID   json.Number `json:"snapshot-id"`
	Time int64       `json:"timestamp-ms"`
}

type refJSON struct {
	ID   json.Number `json:"snapshot-id"`
	Type string      `json:"type"`
}

// readMetadata reads a metadata file, which may be compressed whatever its name says.
func readMetadata(ctx context.Context, source object.Source, info object.Info) (*metadata, error) {
	in, err := object.OpenInput(ctx, source, info)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	if in.Size() > maxMetadata {
		return nil, invalid(info.Name, gold.CodeFileUnsupported, "the metadata of the Iceberg table has %d bytes; at most %d are read: expire old snapshots", in.Size(), maxMetadata)
	}
	text := make([]byte, in.Size())
	if err := in.ReadAt(ctx, text, 0); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		most := expanded(in.Size(), maxMetadata)
		var plain bytes.Buffer
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err == nil {
			_, err = io.Copy(&plain, io.LimitReader(z, most+1))
		}
		switch {
		case err != nil:
			return nil, invalid(info.Name, gold.CodeFileInvalid, "the metadata of the Iceberg table can't be decompressed: %v: the file is damaged, restore it", err)
		case int64(plain.Len()) > most:
			return nil, invalid(info.Name, gold.CodeFileUnsupported, "the metadata of the Iceberg table has %d bytes that expand to more than %d: expire old snapshots", in.Size(), most)
		}
		text = plain.Bytes()
	}
	return parseMetadata(info.Name, text)
}

// parseMetadata reads the text of a metadata file.
func parseMetadata(name string, text []byte) (*metadata, error) {
	m := &metadata{}
	if n := bytes.Count(text, []byte(",")) + bytes.Count(text, []byte("{")) + bytes.Count(text, []byte("[")); n > maxValues {
		return nil, invalid(name, gold.CodeFileUnsupported, "the metadata of the Iceberg table has more than %d values: expire old snapshots", maxValues)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err := decoder.Decode(m)
	if err == nil && len(bytes.TrimSpace(text[decoder.InputOffset():])) > 0 {
		err = fmt.Errorf("something follows it")
	}
	switch {
	case err != nil:
		return nil, invalid(name, gold.CodeFileInvalid, "the metadata of the Iceberg table can't be read as JSON: %v", err)
	case m.Format < 1 || m.Location == "":
		return nil, invalid(name, gold.CodeFileInvalid, "it is no metadata of an Iceberg table: it has no format-version or no location")
	case m.Format > maxVersion:
		return nil, invalid(name, gold.CodeFileUnsupported, "the Iceberg table has the format version %d, and versions up to %d are known: write it with an older version of the format", m.Format, maxVersion)
	case len(m.EncryptionBy) > 0:
		return nil, m.encrypted(name)
	}
	return m, nil
}

func (m *metadata) encrypted(name string) error {
	return invalid(name, gold.CodeFileUnsupported, "the Iceberg table is encrypted, which goldserve does not read: write its rows into one that is not")
}

// property returns a property of the table, empty where it has none.
func (m *metadata) property(name string) string {
	text, _ := m.Properties[name].(string)
	return text
}

// schema returns the schema of an id.
func (m *metadata) schema(id int) *schemaJSON {
	for i := range m.Schemas {
		if m.Schemas[i].ID == id {
			return &m.Schemas[i]
		}
	}
	if m.Schema != nil && m.Schema.ID == id {
		return m.Schema
	}
	return nil
}

// spec returns the partition spec of an id.
func (m *metadata) spec(id int) *specJSON {
	for i := range m.Specs {
		if m.Specs[i].ID == id {
			return &m.Specs[i]
		}
	}
	if len(m.Specs) == 0 && id == 0 {
		return &specJSON{Fields: m.Spec}
	}
	return nil
}

// total returns what a snapshot's summary says of the whole table; -1: nothing.
func (s *snapshotJSON) total(name string) int64 {
	text := strings.TrimSpace(fmt.Sprint(s.Summary[name]))
	n, err := json.Number(text).Int64()
	if err != nil || n < 0 {
		return -1
	}
	return n
}
