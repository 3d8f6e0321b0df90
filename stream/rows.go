package stream

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"goldserve/gold"
	"goldserve/stream/parts"
)

// mostLine is how long a line may be that is produced.
const mostLine = 16 << 20

// EachMessage hands on what a file has to produce: the lines of JSON lines (.jsonl, .ndjson) as they are, the elements of a JSON array, and the
// rows of CSV and Parquet as JSON objects. Text may be compressed (.gz).
func EachMessage(name string, to func([]byte) error) (err error) {
	stem, compressed := strings.CutSuffix(strings.ToLower(name), ".gz")
	if filepath.Ext(stem) == ".parquet" && !compressed {
		return readFailed(name, parts.Objects(name, to))
	}
	f, err := os.Open(name)
	if err != nil {
		return readFailed(name, err)
	}
	defer func() { _ = f.Close() }() // it was only read
	var in io.Reader = f
	if compressed {
		if in, err = gzip.NewReader(f); err != nil {
			return readFailed(name, err)
		}
	}
	switch filepath.Ext(stem) {
	case ".jsonl", ".ndjson":
		return readFailed(name, eachLine(in, to))
	case ".json":
		return readFailed(name, eachElement(in, to))
	case ".csv":
		return readFailed(name, eachRecord(in, to))
	}
	return gold.Errorf(gold.Invalid, gold.CodeStreamFailed, "%s can't be produced: expected a file that ends with .jsonl, .ndjson, .json, .csv, or .parquet", name)
}

// readFailed is the error of a file that can't be produced.
func readFailed(name string, err error) error {
	var ours *gold.Error
	if err == nil || errors.As(err, &ours) {
		return err
	}
	return gold.Errorf(gold.Invalid, gold.CodeStreamFailed, "%s can't be produced: %w", name, err)
}

func eachLine(in io.Reader, to func([]byte) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<16), mostLine)
	for lines.Scan() {
		if line := bytes.TrimSpace(lines.Bytes()); len(line) > 0 {
			if err := to(line); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

// eachElement hands on the elements of an array, or values one after the other.
func eachElement(in io.Reader, to func([]byte) error) error {
	buffered := bufio.NewReader(in)
	decoder := json.NewDecoder(buffered)
	first, err := buffered.Peek(1)
	for err == nil && bytes.ContainsAny(first, " \t\r\n") {
		_, _ = buffered.ReadByte() // as it was peeked
		first, err = buffered.Peek(1)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(first) > 0 && first[0] == '[' {
		if _, err := decoder.Token(); err != nil {
			return err
		}
	}
	for decoder.More() {
		var element json.RawMessage
		if err := decoder.Decode(&element); err != nil {
			return err
		}
		var line bytes.Buffer
		if err := json.Compact(&line, element); err != nil {
			return err
		}
		if err := to(line.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// eachRecord hands on the records of CSV: each value is a text, and the empty one null.
func eachRecord(in io.Reader, to func([]byte) error) error {
	reader := csv.NewReader(bufio.NewReaderSize(in, 1<<16))
	names, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	keys := make([][]byte, len(names))
	for i, name := range names {
		if keys[i], err = json.Marshal(name); err != nil {
			return err
		}
	}
	reader.ReuseRecord = true
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		object := []byte{'{'}
		for i, value := range record {
			text := []byte("null")
			if value != "" {
				if text, err = json.Marshal(value); err != nil {
					return err
				}
			}
			object = append(append(append(object, keys[i]...), ':'), text...)
			object = append(object, ',')
		}
		object[len(object)-1] = '}'
		if err := to(object); err != nil {
			return err
		}
	}
}
