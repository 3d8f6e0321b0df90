package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built files: index.html and what it loads. They are served below /ui/; the text `<base href="./">`
// in index.html stands for the path of that folder.
func Files() (fs.FS, error) { return fs.Sub(dist, "dist") }
