//go:build !windows

package dir

import (
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"
)

// look returns what a name stands for now, and its token.
func look(root *os.Root, name string) (fs.FileInfo, string, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, "", err
	}
	return info, token(info), nil
}

// lookAtOpen is look for a file that is open.
func lookAtOpen(f *os.File) (fs.FileInfo, string, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, "", err
	}
	return info, token(info), nil
}

// lookAtEntry is look for an entry of a listing, which is no link.
func lookAtEntry(_ *os.Root, _ string, e fs.DirEntry) (fs.FileInfo, string, error) {
	info, err := e.Info()
	if err != nil {
		return nil, "", err
	}
	return info, token(info), nil
}

// changed returns when a file became what it is.
func changed(info fs.FileInfo) time.Time { return changedAt(info.Sys().(*syscall.Stat_t)) }

func token(info fs.FileInfo) string {
	id := info.Sys().(*syscall.Stat_t)
	at, changed := info.ModTime(), changedAt(id)
	b := make([]byte, 0, 100)
	b = strconv.AppendUint(b, uint64(id.Dev), 10) // another type on other systems
	b = strconv.AppendUint(append(b, ':'), id.Ino, 10)
	b = strconv.AppendInt(append(b, ':'), info.Size(), 10)
	b = strconv.AppendInt(append(b, ':'), at.Unix(), 10)
	b = strconv.AppendInt(append(b, '.'), int64(at.Nanosecond()), 10)
	b = strconv.AppendInt(append(b, ':'), changed.Unix(), 10)
	b = strconv.AppendInt(append(b, '.'), int64(changed.Nanosecond()), 10)
	return string(b)
}
