package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"goldserve/gold/lake/s3"
)

// stageAt is where a stage of a lake lies.
type stageAt struct{ name, location string }

// checkApart refuses stages that are the same place, or lie in one another: what a build writes into one would replace, or be read as,
// what is in the other.
func checkApart(stages []stageAt) error {
	for i, a := range stages {
		for _, b := range stages[:i] {
			if a.name == "quarantine" && b.name == "silver" && a.location == below(b.location, "quarantine") {
				continue // of a whole bucket, beside which there is nothing
			}
			why := ""
			switch inA, inB := liesIn(b.location, a.location), liesIn(a.location, b.location); {
			case inA && inB:
				why = "are the same place"
			case inA:
				why = "lie in one another"
				a, b = b, a
			case inB:
				why = "lie in one another"
			default:
				continue
			}
			return usagef("%s (%s) and %s (%s) %s: a build would mix or replace their files: give each stage a place of its own (--bronze, --silver, --gold; quarantine is beside silver)",
				a.name, a.location, b.name, b.location, why)
		}
	}
	return nil
}

// liesIn reports whether a folder, or a prefix of a bucket, is another one or lies in it, whatever links lead there.
func liesIn(inner, outer string) bool {
	if s3.IsLocation(inner) != s3.IsLocation(outer) {
		return false
	}
	if s3.IsLocation(inner) {
		return strings.HasPrefix(bucketPath(inner), bucketPath(outer))
	}
	inner, outer = realPath(inner), realPath(outer)
	there, err := os.Stat(outer)
	for at := inner; ; at = filepath.Dir(at) {
		if at == outer {
			return true
		}
		if here, failed := os.Stat(at); err == nil && failed == nil && os.SameFile(here, there) { // by another name, as where case doesn't matter
			return true
		}
		if at == filepath.Dir(at) {
			return false
		}
	}
}

// bucketPath is BUCKET/PREFIX/ of a location.
func bucketPath(location string) string {
	_, name, _ := strings.Cut(location, "://")
	parts := slices.DeleteFunc(strings.Split(name, "/"), func(s string) bool { return s == "" })
	return strings.Join(parts, "/") + "/"
}

// realPath is the path of a folder that need not be there, without links.
func realPath(folder string) string {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return folder
	}
	rest := ""
	for at := folder; ; at = filepath.Dir(at) {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		if at == filepath.Dir(at) {
			return folder
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
}

// lockAll locks places one after the other, each once. A lock isn't waited for, so that two builds that share some of them don't wait for
// each other.
func lockAll(locks []writtenPlace) func(ctx context.Context) (unlock func() error, err error) {
	return func(ctx context.Context) (func() error, error) {
		var held []func() error
		unlock := func() error {
			var err error
			for _, free := range slices.Backward(held) {
				err = errors.Join(err, free())
			}
			return err
		}
		for i, p := range locks {
			if slices.ContainsFunc(locks[:i], func(o writtenPlace) bool { return liesIn(p.String(), o.String()) && liesIn(o.String(), p.String()) }) {
				continue
			}
			free, err := p.Lock(ctx)
			if err != nil {
				return nil, errors.Join(err, unlock())
			}
			held = append(held, free)
		}
		return unlock, nil
	}
}
