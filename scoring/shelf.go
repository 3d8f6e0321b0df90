package scoring

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"

	"goldserve/gold"
	"goldserve/scoring/onnx"
)

// ReadFile reads an ONNX file or a card. Of one that is larger than any may be it reads no more than shows that.
func ReadFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, onnx.MaxFile+1))
}

// Shelf finds the ONNX files that releases were scored by, in the folders of models, and keeps those that it found. It is safe
// for concurrent use.
type Shelf struct {
	folders map[string]fs.FS // of models, by name
	mu      sync.Mutex
	files   map[string]*File    // by SHA-256
	looked  map[string]shelving // by model and path
}

// shelving is the last look at a file that is not the one that was asked for.
type shelving struct {
	at  time.Time
	sha string
	err error
}

// NewShelf returns a shelf of models' folders, by the models' names.
func NewShelf(folders map[string]fs.FS) *Shelf {
	return &Shelf{folders: folders, files: map[string]*File{}, looked: map[string]shelving{}}
}

const (
	mostFiles = 16          // that a shelf keeps
	lookAgain = time.Second // after a look that found another file
)

// File returns the file that a score names. If the model's folder has none of its SHA-256, the error is of kind Unavailable,
// score_unavailable, and names both.
func (s *Shelf) File(model string, score *gold.Score) (*File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.files[score.SHA256]; f != nil {
		return f, nil
	}
	key := model + "/" + score.Model
	last, ok := s.looked[key]
	if !ok || time.Since(last.at) >= lookAgain {
		f, err := s.read(model, score.Model)
		last = shelving{at: time.Now(), err: err}
		if err == nil {
			if len(s.files) >= mostFiles {
				clear(s.files)
			}
			s.files[f.SHA256], last.sha = f, f.SHA256
		}
		if last.sha == score.SHA256 {
			delete(s.looked, key) // the file may be replaced at once
			return f, nil
		}
		if len(s.looked) >= mostFiles {
			clear(s.looked)
		}
		s.looked[key] = last
	}
	e := &gold.Error{Kind: gold.Unavailable, Code: gold.CodeScoreUnavailable, Err: last.err}
	if last.err != nil {
		e.Message = fmt.Sprintf("the release was scored by %s with the SHA-256 %s, which this server doesn't have", score.Model, score.SHA256)
	} else {
		e.Message = fmt.Sprintf("the release was scored by %s with the SHA-256 %s, but this server's file has %s", score.Model, score.SHA256, last.sha)
	}
	return nil, e
}

// read reads a file of a model's folder.
func (s *Shelf) read(model, name string) (*File, error) {
	folder := s.folders[model]
	switch {
	case folder == nil:
		return nil, errors.New("the server has no folder of this model")
	case !fs.ValidPath(name) || !strings.HasSuffix(name, ".onnx"):
		return nil, errors.New("the release names no path of an ONNX file")
	}
	data, err := ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	return Load(data)
}
