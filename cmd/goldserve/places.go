package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"goldserve/builder"
	places "goldserve/builder/place"
	"goldserve/gold/lake/s3"
)

// writtenPlace is a place that is closed, and can be locked.
type writtenPlace interface {
	builder.Place
	Lock(ctx context.Context) (unlock func() error, err error)
	Close() error
}

// writtenLake makes the places of a lake that is written to, in a folder or in buckets.
type writtenLake struct {
	scratch string // a folder of this machine, which nothing else uses
	landed  string // a folder of this machine that stays
	buckets *places.Buckets

	root              string
	direct            bool   // the engine reads and writes buckets itself
	workspace, shared string // where it writes, and where landed files lie for it, if the lake is in a bucket; else empty
}

// writtenLake returns what makes the places of the lake at a location.
func (a *app) writtenLake(log *slog.Logger, root string) (*writtenLake, error) {
	w := &writtenLake{root: root}
	if s3.IsLocation(root) {
		if err := s3.CheckLocation(root); err != nil {
			return nil, usagef("the lake: %w", err)
		}
		sum := sha256.Sum256([]byte(a.config.S3Endpoint + " " + root))
		name := hex.EncodeToString(sum[:8])
		w.scratch, w.landed = filepath.Join(a.config.ScratchDir, "build-"+name), filepath.Join(cacheFolder(), "landed-"+name)
	} else {
		folder, err := filepath.Abs(root)
		if err != nil {
			return nil, usagef("%w", err)
		}
		w.scratch, w.landed = filepath.Join(folder, "_scratch"), filepath.Join(folder, "_landed")
	}
	w.buckets = places.NewBuckets(func(location string) s3.Config { return a.bucketAt(log, location) }, filepath.Join(w.scratch, "fetched"))
	return w, nil
}

// readDirectly has the engine read and write buckets itself, if the settings say that it reaches those of the stages.
func (w *writtenLake) readDirectly(c *config, stages []stageAt) (err error) {
	if w.direct, err = c.reachesBuckets(stages); err != nil || !w.direct {
		return err
	}
	w.buckets.ReadDirectly()
	if s3.IsLocation(w.root) {
		w.workspace, w.shared = below(w.root, "_scratch"), below(w.root, "_landed")
	}
	return nil
}

// own are the places of builds themselves.
func (w *writtenLake) own() []stageAt {
	all := []stageAt{{"the lake's _scratch", w.scratch}, {"the lake's _landed", w.landed}}
	if w.shared != "" {
		all = append(all, stageAt{"the bucket's _scratch", w.workspace}, stageAt{"the bucket's _landed", w.shared})
	}
	return all
}

// at returns the place at a location.
func (w *writtenLake) at(location string) (writtenPlace, error) {
	if s3.IsLocation(location) {
		b, err := w.buckets.At(location)
		if err != nil {
			return nil, usagef("the lake: %w", err)
		}
		return b, nil
	}
	f, err := places.NewFolder(location)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return f, nil
}

// below names what lies in a folder, or below a prefix of a bucket.
func below(location, name string) string {
	if s3.IsLocation(location) {
		return strings.TrimRight(location, "/") + "/" + name
	}
	return filepath.Join(location, name)
}

// above names what a folder, or a prefix of a bucket, lies in; of a whole bucket it is the bucket.
func above(location string) string {
	if s3.IsLocation(location) {
		scheme, name, _ := strings.Cut(strings.TrimRight(location, "/"), "://")
		if at := strings.LastIndexByte(name, '/'); at > 0 {
			name = name[:at]
		}
		return scheme + "://" + name
	}
	return filepath.Dir(filepath.Clean(location))
}

// writtenFlags adds the settings that say how a bucket is written to.
func (a *app) writtenFlags(flags *pflag.FlagSet) {
	for _, name := range []string{"s3-endpoint", "s3-region", "s3-addressing"} {
		a.setting(flags, name)
	}
	a.setting(flags, "scratch-dir").Usage = "folder for temporary files on their way to or from a bucket; nothing stays in it (default: in your cache folder)"
}
