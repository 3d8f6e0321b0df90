package dir

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// look returns what a name stands for now, and its token. Windows tells a file's identity of an open one alone.
func look(root *os.Root, name string) (fs.FileInfo, string, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = f.Close() }() // nothing was written
	return lookAtOpen(f)
}

// lookAtOpen is look for a file that is open.
func lookAtOpen(f *os.File) (fs.FileInfo, string, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, "", err
	}
	var id syscall.ByHandleFileInformation
	if err := syscall.GetFileInformationByHandle(syscall.Handle(f.Fd()), &id); err != nil {
		return nil, "", &fs.PathError{Op: "stat", Path: f.Name(), Err: err}
	}
	at := info.ModTime()
	return info, fmt.Sprintf("%d:%d:%d:%d:%d.%09d", id.VolumeSerialNumber, id.FileIndexHigh, id.FileIndexLow, info.Size(), at.Unix(), at.Nanosecond()), nil
}

// changed returns when a file was last written: Windows tells no more of one that is not open.
func changed(info fs.FileInfo) time.Time { return info.ModTime() }

// lookAtEntry is look for an entry of a listing, which is no link.
func lookAtEntry(root *os.Root, name string, _ fs.DirEntry) (fs.FileInfo, string, error) {
	return look(root, name)
}
