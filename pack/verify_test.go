package pack_test

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/pack"
)

// rezipped writes a pack anew, with entries that change says.
func rezipped(t *testing.T, data []byte, change func(h *zip.FileHeader, content []byte) []byte, more ...func(z *zip.Writer) error) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range from.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		h := &zip.FileHeader{Name: f.Name, Method: f.Method, ExternalAttrs: f.ExternalAttrs, CreatorVersion: f.CreatorVersion}
		if change != nil {
			content = change(h, content)
		}
		if h.Name == "" {
			continue
		}
		w, err := z.CreateHeader(h)
		if err == nil && len(content) > 0 {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, add := range more {
		if err := add(z); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestVerifyRefuses what a pack can't have, and what its manifest doesn't say.
func TestVerifyRefuses(t *testing.T) {
	store, r := published(t)
	data := mustMake(t, request(store, r))
	if v, err := pack.Verify(bytes.NewReader(data), int64(len(data))); err != nil || v.Files != 11 {
		t.Fatalf("%+v %v", v, err)
	}
	again := rezipped(t, data, nil)
	if _, err := pack.Verify(bytes.NewReader(again), int64(len(again))); err != nil {
		t.Fatalf("zipped anew: %v", err)
	}
	at := func(name string, do func(h *zip.FileHeader, content []byte) []byte) func(h *zip.FileHeader, content []byte) []byte {
		return func(h *zip.FileHeader, content []byte) []byte {
			if h.Name == "capstone/"+name {
				return do(h, content)
			}
			return content
		}
	}
	entry := func(name string, mode fs.FileMode, content string) func(z *zip.Writer) error {
		return func(z *zip.Writer) error {
			h := &zip.FileHeader{Name: name, Method: zip.Deflate}
			h.SetMode(mode)
			w, err := z.CreateHeader(h)
			if err == nil {
				_, err = io.WriteString(w, content)
			}
			return err
		}
	}
	for want, changed := range map[string][]byte{
		"README.md: its SHA-256 is ": rezipped(t, data, at("README.md", func(_ *zip.FileHeader, c []byte) []byte { return append([]byte("!"), c[1:]...) })),
		"README.md: it has ":         rezipped(t, data, at("README.md", func(_ *zip.FileHeader, c []byte) []byte { return c[1:] })),
		"README.md: the manifest lists it, and it is missing": rezipped(t, data, at("README.md", func(h *zip.FileHeader, c []byte) []byte {
			h.Name = ""
			return c
		})),
		"more.txt: the manifest doesn't list it":                   rezipped(t, data, nil, entry("capstone/more.txt", 0o644, "x")),
		"../evil.txt: the name leads out of the pack":              rezipped(t, data, nil, entry("../evil.txt", 0o644, "x")),
		"capstone/../../evil: the name leads out":                  rezipped(t, data, nil, entry("capstone/../../evil", 0o644, "x")),
		"/etc/passwd: the name leads out":                          rezipped(t, data, nil, entry("/etc/passwd", 0o644, "x")),
		`capstone\evil: the name leads out`:                        rezipped(t, data, nil, entry(`capstone\evil`, 0o644, "x")),
		"capstone/link: it is no file and no folder, but L":        rezipped(t, data, nil, entry("capstone/link", fs.ModeSymlink|0o777, "README.md")),
		"other/x: it does not lie in the folder capstone":          rezipped(t, data, nil, entry("other/x", 0o644, "x")),
		"capstone/README.md: the pack has it twice":                rezipped(t, data, nil, entry("capstone/README.md", 0o644, "x")),
		"packs have ratios up to 100":                              rezipped(t, data, nil, entry("capstone/bomb", 0o644, strings.Repeat("0", 1<<20))),
		"manifest.json: it can't be read":                          rezipped(t, data, at("manifest.json", func(*zip.FileHeader, []byte) []byte { return []byte("{") })),
		"manifest.json: the pack has none":                         rezipped(t, data, at("manifest.json", func(h *zip.FileHeader, c []byte) []byte { h.Name = ""; return c })),
		"it can't be read as a ZIP file":                           data[:len(data)-30],
		"final_dataset.csv: it can't be read: zip: checksum error": flipped(data),
	} {
		_, err := pack.Verify(bytes.NewReader(changed), int64(len(changed)))
		if gold.CodeOf(err) != gold.CodePackInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

// flipped changes the checksum that the ZIP has of final_dataset.csv.
func flipped(data []byte) []byte {
	changed := bytes.Clone(data)
	name := []byte("capstone/final_dataset.csv")
	at := bytes.LastIndex(changed, name) - 46 + 16 // in the directory: the CRC-32 of the entry
	changed[at] ^= 1
	return changed
}

// TestVerifyRefusesOtherBytes than the entries and the directory, by which a program that reads from the beginning finds other files.
func TestVerifyRefusesOtherBytes(t *testing.T) {
	store, r := published(t)
	data := mustMake(t, request(store, r))
	name := []byte("capstone/README.md")
	renamed := bytes.Clone(data)
	copy(renamed[bytes.Index(renamed, name):], "capstone/EVILME.md")
	for about, c := range map[string]struct {
		data []byte
		want string
	}{
		"a name at the entry":     {renamed, "README.md: it has another name or place at its beginning"},
		"bytes before":            {append([]byte("#!/bin/sh\n"), data...), "there are other bytes before it"},
		"bytes after":             {append(bytes.Clone(data), "more"...), "there are other bytes around its directory"},
		"bytes between":           {withBytes(data, bytes.Index(data, []byte("PK\x01\x02")), "hidden"), ""},
		"an entry out of the way": {withBytes(data, 0, string(data[:bytes.Index(data[4:], []byte("PK\x03\x04"))+4])), "another name or place"},
	} {
		if _, err := pack.Verify(bytes.NewReader(c.data), int64(len(c.data))); gold.CodeOf(err) != gold.CodePackInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %s", about, err, c.want)
		}
	}
}

func withBytes(data []byte, at int, more string) []byte {
	return append(append(bytes.Clone(data[:at]), more...), data[at:]...)
}
