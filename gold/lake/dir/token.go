//go:build !windows

package dir

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
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

func token(info fs.FileInfo) string {
	id := info.Sys().(*syscall.Stat_t)
	at := info.ModTime()
	return fmt.Sprintf("%d:%d:%d:%d.%09d", id.Dev, id.Ino, info.Size(), at.Unix(), at.Nanosecond())
}
