package respond

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"goldserve/api/edge"
	"goldserve/gold"
)

// Config says how a Responder computes, caches and sends answers.
type Config struct {
	Reader  gold.Reader
	Edge    *edge.Edge
	Logger  *slog.Logger  // no logs: one that discards
	Timeout time.Duration // of a computation
	// Memory bounds the bytes that questions hold together while they are computed; nil: they may hold any number.
	Memory *gold.Memory
	// CacheSize bounds the bytes of answers that are cached; 0 or less: none is.
	CacheSize int64
	// MaxAge is how long others may cache answers that don't name their release without asking; 0: not at all.
	MaxAge time.Duration
	// FileDir is the folder that caches complete datasets as Parquet files; "": they are read from the store for each request.
	FileDir string
	// Answered is called with the source of each answer, Failed for each failed read of the store.
	Answered func(CacheStatus)
	Failed   func(error)
}

// Responder computes answers, each once for all who ask for it at the same time, caches them and sends them. It is safe
// for concurrent use.
type Responder struct {
	Cache      *Cache
	Compressor *Compressor

	edge      *edge.Edge
	reader    gold.Reader // admitted
	log       *slog.Logger
	timeout   time.Duration
	maxAge    time.Duration
	admission *admission
	requests  *requestCache
	files     *files
	buffers   sync.Pool // of *[]byte: bodies
	answered  func(CacheStatus)
	failed    func(error)
}

// New returns a responder.
func New(c Config) (*Responder, error) {
	r := &Responder{
		edge: c.Edge, reader: admitted{c.Reader}, log: c.Logger, timeout: c.Timeout, maxAge: c.MaxAge,
		admission: newAdmission(c.Reader.Embedded(), c.Memory), files: &files{dir: c.FileDir},
		buffers:  sync.Pool{New: func() any { return new([]byte) }},
		answered: c.Answered, failed: c.Failed,
	}
	var err error
	if r.Cache, err = newCache(c.CacheSize, c.Timeout); err != nil {
		return nil, fmt.Errorf("make the cache of answers: %w", err)
	}
	if r.requests, err = newRequestCache(); err != nil {
		return nil, fmt.Errorf("make the cache of requests: %w", err)
	}
	r.Compressor, err = newCompressor()
	return r, err
}

// Reader returns the store's reader, whose questions wait until they are admitted.
func (r *Responder) Reader() gold.Reader { return r.reader }
