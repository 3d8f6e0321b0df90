package pack

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"slices"
)

// The signatures of a ZIP file's records.
const (
	entryMark     = "PK\x03\x04"
	directoryMark = "PK\x01\x02"
	endMark       = "PK\x05\x06"
)

// The lengths of the fixed parts of a ZIP file's records.
const (
	entryLength = 30
	endLength   = 22
)

// layout checks that the file is its entries, one after the other, and its directory, and that both call each entry alike: programs
// that read a ZIP file from its beginning would else find other files in it than those that read its directory.
func (v *verifier) layout(from io.ReaderAt, size int64, z *zip.Reader) {
	type placed struct {
		f  *zip.File
		at int64 // of its content
	}
	var list []placed
	for _, f := range z.File {
		at, err := f.DataOffset()
		if err != nil {
			v.add(f.Name, "it can't be read: %v", err)
			return
		}
		list = append(list, placed{f, at})
	}
	slices.SortStableFunc(list, func(a, b placed) int { return cmp.Compare(a.at, b.at) })
	cursor := int64(0)
	for _, p := range list {
		head := readAt(from, cursor, entryLength)
		if !bytes.HasPrefix(head, []byte(entryMark)) {
			v.add(p.f.Name, "there are other bytes before it: packs have entries alone")
			return
		}
		name := int64(binary.LittleEndian.Uint16(head[26:]))
		extra := int64(binary.LittleEndian.Uint16(head[28:]))
		if string(readAt(from, cursor+entryLength, name)) != p.f.Name || cursor+entryLength+name+extra != p.at {
			v.add(p.f.Name, "it has another name or place at its beginning than in the directory")
			return
		}
		cursor = p.at + int64(p.f.CompressedSize64)
		if p.f.Flags&8 != 0 {
			cursor += descriptorLength(from, cursor)
		}
	}
	if len(list) > 0 && string(readAt(from, cursor, 4)) != directoryMark || z.Comment != "" || string(readAt(from, size-endLength, 4)) != endMark {
		v.add("", "there are other bytes around its directory: packs have entries alone")
	}
}

// descriptorLength returns the length of the sizes that follow an entry whose writer didn't know them before, with a mark or without
// one, of 32 or of 64 bits.
func descriptorLength(from io.ReaderAt, at int64) int64 {
	for _, length := range []int64{16, 24, 12, 20} {
		if next := string(readAt(from, at+length, 4)); next == entryMark || next == directoryMark {
			return length
		}
	}
	return 0
}

// readAt returns the bytes at a place, as many as there are.
func readAt(from io.ReaderAt, at, length int64) []byte {
	data := make([]byte, length)
	n, _ := from.ReadAt(data, max(at, 0)) // what is missing is no mark
	return append(data[:n], make([]byte, int(length)-n)...)
}
