package lake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"

	"goldserve/gold/lake/object"
)

// Manifest describes the table's files, by path, and the metadata that tells them. It reads those that Table opened.
func (t *Table) Manifest(ctx context.Context) ([]ManifestFile, error) {
	if t.version != nil && t.spec.recorder == nil {
		return t.versionManifest(ctx)
	}
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	sums, err := hashAll(ctx, t.files)
	if err != nil {
		return nil, err
	}
	files := make([]ManifestFile, len(t.files))
	for i, f := range t.files {
		files[i] = ManifestFile{Path: f.name(), SHA256: sums[i], Bytes: new(f.info.Size), Rows: new(f.rows())}
	}
	if t.spec.recorder != nil {
		files = append(files, t.spec.recorder.files()...)
	}
	if err := t.lake.Look(ctx); err != nil {
		return nil, err
	}
	return files, t.Unchanged(ctx)
}

// versionManifest is Manifest of a table with versions, whose metadata is read once more for it.
func (t *Table) versionManifest(ctx context.Context) (files []ManifestFile, err error) {
	s := t.spec
	s.recorder = &witness{Source: t.from, seen: map[string]ManifestFile{}}
	again, err := t.lake.Locate(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { _ = again.Close() }() // it was only read
	if again.version == nil || again.version.identity() != t.version.identity() {
		return nil, object.Changed(t.source, "another version took its place")
	}
	return again.Manifest(ctx)
}

// manifestName is the name of the manifest that lies in the lake that it is of.
const manifestName = "manifest.json"

// Manifest reads the manifest.json of the lake itself, with the file as it is now; nil: there is none, or it is another program's,
// whose files have no paths and checksums. Invalid integrity_failed where it can't be used.
func (l *Lake) Manifest(ctx context.Context) (*Manifest, *Marker, error) {
	info, err := l.source.Stat(ctx, manifestName)
	switch {
	case object.Absent(err) || err == nil && info.Folder:
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	}
	open, err := l.source.Open(ctx, info)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = open.Close() }() // it was only read
	data := make([]byte, min(info.Size, maxManifest+1))
	if n, err := open.ReadAt(ctx, data, 0); n < len(data) {
		return nil, nil, err
	}
	var probe struct {
		Files []struct {
			Path   *string `json:"path"`
			SHA256 *string `json:"sha256"`
		} `json:"files"`
	}
	err = json.Unmarshal(data, &probe)
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) || err == nil && (len(probe.Files) == 0 || probe.Files[0].Path == nil || probe.Files[0].SHA256 == nil) {
		return nil, nil, nil
	}
	m, err := ReadManifest(manifestName, bytes.NewReader(data))
	return m, &Marker{l, info}, err
}

// Vouched names what the manifest says of the table's files, so that a later publish need not read them again for it. Empty where
// it does not say, and of tables with versions, whose data files have no tokens.
func (t *Table) Vouched() string {
	m := t.spec.Manifest
	if m == nil || t.version != nil {
		return ""
	}
	sum := sha256.New()
	for ; m != nil; m = m.also {
		for i := range t.parts {
			want := m.byPath[t.parts[i].info.Name]
			if want == nil {
				return ""
			}
			text, _ := json.Marshal(want) // of texts and numbers, which are always JSON
			_, _ = sum.Write(text)        // a hash takes every write
		}
	}
	for m = t.spec.Manifest; m != nil; m = m.also {
		m.meet(t.parts)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// meet notes that a table has some files.
func (m *Manifest) meet(parts []part) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range parts {
		m.met[parts[i].info.Name] = true
	}
}
