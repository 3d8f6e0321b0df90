package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io"
	"os"
)

// whole is a file to write completely or not at all.
type whole struct {
	name string
	data []byte
}

// write calls body with a writer to standard output, or to a file that is renamed when it is complete. An early failure
// leaves no file.
func (a *app) write(output string, body func(io.Writer) error) error {
	if output == "" {
		out := bufio.NewWriterSize(a.stdout, 64<<10)
		if err := body(out); err != nil {
			return err
		}
		return out.Flush()
	}
	part, err := writePart(output, body)
	if err == nil {
		err = replace(part, output)
	}
	return err
}

// writeWhole writes files that belong together: none of them is renamed before all are complete.
func writeWhole(files ...whole) (err error) {
	parts := map[string]string{}
	for _, f := range files {
		part, err := writePart(f.name, func(out io.Writer) error { _, err := out.Write(f.data); return err })
		if err != nil {
			for _, p := range parts {
				err = errors.Join(err, os.Remove(p))
			}
			return err
		}
		parts[f.name] = part
	}
	for _, f := range files {
		err = errors.Join(err, replace(parts[f.name], f.name))
	}
	return err
}

// writePart writes what becomes a file beside it, under a name that no other run has: not one that was killed, either.
func writePart(name string, body func(io.Writer) error) (string, error) {
	part, err := os.OpenFile(name+"."+rand.Text()[:8]+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666) // #nosec G302 G304 -- like any file that the user creates: the umask decides
	if err != nil {
		return "", usagef("%w", err)
	}
	if err = body(part); err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		err = errors.Join(err, os.Remove(part.Name()))
	}
	return part.Name(), err
}

// replace renames a part to its file, or removes it.
func replace(part, name string) error {
	if err := os.Rename(part, name); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}
