package pack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"goldserve/gold"
)

// input is a file that the dataset was made of, or several that are named together.
type input struct {
	file    string
	sha256  string
	omitted string // why it is in no pack
	files   int    // that are named together; 0: it is one file
	bytes   int64
}

// line is what sha256sum -c reads: a name with breaks of lines is escaped, which a backslash says.
func (in input) line() string {
	if name := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(in.file); name != in.file {
		return `\` + in.sha256 + "  " + name
	}
	return in.sha256 + "  " + in.file
}

func (in input) object() object {
	o := object{{"file", in.file}, {"sha256", in.sha256}}
	if in.files > 0 {
		o = append(o, member{"files", in.files})
	}
	o = append(o, member{"bytes", in.bytes})
	if in.omitted != "" {
		o = append(o, member{"omitted", in.omitted})
	}
	return o
}

// raw returns the inputs, and adds their hashes and, where they are asked for, their copies.
func (m *maker) raw(ctx context.Context) ([]input, error) {
	if m.Raw != nil {
		if err := m.refusePersonal(); err != nil {
			return nil, err
		}
	}
	inputs := m.inputs()
	var sums strings.Builder
	for i := range inputs {
		in := &inputs[i]
		if in.files > 0 {
			continue
		}
		fmt.Fprintln(&sums, in.line())
		if m.Raw != nil && in.omitted == "" {
			if err := m.copy(ctx, in); err != nil {
				return nil, err
			}
		}
	}
	if sums.Len() == 0 {
		return inputs, nil
	}
	_, err := m.archive.addText("raw/SHA256SUMS", sums.String())
	return inputs, err
}

// inputs lists the raw files of the lineage: the first of each table, and the others together.
func (m *maker) inputs() []input {
	if m.lineage == nil {
		v := m.version
		if v.Origin == nil {
			return []input{}
		}
		return []input{{file: v.Dataset.Name, sha256: v.Origin.Content, files: max(1, filesOf(v)), bytes: v.Bytes}}
	}
	inputs := []input{}
	for _, t := range m.lineage.Tables {
		name, ok := strings.CutPrefix(t.Name, rawStage)
		if !ok {
			continue
		}
		omitted := ""
		if m.Personal != nil && m.Personal(name) {
			omitted = "personal"
		}
		rest := t.Bytes
		for _, f := range t.Listed {
			inputs = append(inputs, input{file: f.Path, sha256: f.SHA256, bytes: f.Bytes, omitted: omitted})
			rest -= f.Bytes
		}
		if more := t.Files - len(t.Listed); more > 0 {
			inputs = append(inputs, input{file: name + "/…", sha256: t.ID, files: more, bytes: rest, omitted: omitted})
		}
	}
	return inputs
}

func filesOf(v *gold.Version) int {
	if p := v.Origin.Provenance(); p != nil {
		return p.Files
	}
	return 0
}

// refusePersonal refuses raw copies of datasets whose fields are masked or dropped: the raw files have them in clear.
func (m *maker) refusePersonal() error {
	if m.lineage == nil {
		return gold.Errorf(gold.Invalid, gold.CodeSourceMissing, "no build made dataset %s, so that its raw files aren't known: pack it without copies of them", m.version.Dataset.Name)
	}
	for _, name := range m.Datasets {
		v := m.Release.Version(name)
		for _, f := range v.Dataset.Fields {
			if f.PII || f.Mask != gold.MaskNone {
				return personal(name, f.Name)
			}
		}
		if m.Dropped != nil {
			for _, field := range m.Dropped(name) {
				return personal(name, field)
			}
		}
	}
	for _, t := range m.lineage.Tables {
		if more := t.Files - len(t.Listed); more > 0 {
			return gold.Errorf(gold.Invalid, gold.CodeFileUnsupported, "%s has %s, and release %d records the first %d: pack it without copies of raw files. A release of a model with pack: in its model.yaml records up to 1,200",
				t.Name, gold.Counted(t.Files, "file"), m.Release.Number, len(t.Listed))
		}
	}
	return nil
}

func personal(dataset, field string) error {
	return gold.Errorf(gold.Invalid, gold.CodePackPersonal, "dataset %s has personal data (%s), which its raw files hold in clear: pack it without copies of them", dataset, field)
}

// copy adds the bytes of a raw file that still has its hash.
func (m *maker) copy(ctx context.Context, in *input) error {
	if !nameable(in.file) {
		return gold.Invalidf(gold.Problem{File: in.file, Code: gold.CodePackInvalid}, "its name is not one of a file on every system, so that a pack can't have it: rename it and build again, or pack without it")
	}
	from, err := m.Raw(ctx, in.file)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	sum := sha256.New()
	_, err = m.archive.add("raw/"+in.file, func(w io.Writer) error {
		_, err := io.Copy(io.MultiWriter(w, sum), from)
		return err
	})
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != in.sha256 {
		err = changed(in.file, m.Release)
	}
	return err
}

func changed(file string, r *gold.Release) error {
	return gold.Invalidf(gold.Problem{File: file, Code: gold.CodeSourceChanged}, "it is not the file that release %d of %s was made of: put that one back, or pack without it", r.Number, r.Model)
}
