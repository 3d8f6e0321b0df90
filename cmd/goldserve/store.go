package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"goldserve/gold"
	"goldserve/gold/mongostore"
	"goldserve/gold/sqlitestore"
)

// openStore opens the configured store, and settles which model is meant; readOnly is for commands that only read.
func (a *app) openStore(ctx context.Context, log *slog.Logger, readOnly bool) (gold.Store, error) {
	store, err := a.open(ctx, log, readOnly, false)
	if err != nil {
		return nil, err
	}
	if err := a.settleModel(ctx, store); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// openExisting is openStore for commands that need an existing store: a missing SQLite file is an error.
func (a *app) openExisting(ctx context.Context, log *slog.Logger, readOnly bool) (gold.Store, error) {
	if strings.HasPrefix(a.config.Store, "sqlite:") {
		path, err := a.config.sqlitePath()
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, gold.Errorf(gold.Empty, gold.CodeNoRelease,
				"there is no store at %s (%s)", path, a.config.origin("store"))
		}
	}
	return a.openStore(ctx, log, readOnly)
}

// open opens a store; patient is for commands that may wait until its server is up.
func (a *app) open(ctx context.Context, log *slog.Logger, readOnly, patient bool) (gold.Store, error) {
	c := &a.config
	if _, ok := strings.CutPrefix(c.Store, "sqlite:"); ok {
		path, err := c.sqlitePath()
		if err != nil {
			return nil, err
		}
		return sqlitestore.Open(ctx, path, sqlitestore.Options{ReadOnly: readOnly, Patient: patient, Logger: log, Seals: &a.seals})
	}
	if strings.HasPrefix(c.Store, "mongodb://") || strings.HasPrefix(c.Store, "mongodb+srv://") {
		store, err := mongostore.Open(ctx, c.Store, mongostore.Options{
			Database: c.database, ReleasesDatabase: c.ReleasesDB, ReadOnly: readOnly, Patient: patient, Logger: log, Seals: &a.seals, RefreshTTL: c.RefreshTTL,
		})
		switch {
		case err == nil:
			return store, nil
		case gold.KindOf(err) == gold.Invalid:
			return nil, usageError{err}
		default:
			return nil, err
		}
	}
	return nil, usagef("%s is %q: expected mongodb://HOST:PORT/DATABASE or sqlite:PATH", c.origin("store"), c.storeName())
}

// sqlitePath returns the path of a sqlite: store; ~/ is the home folder, which shells don't expand after a colon.
func (c *config) sqlitePath() (string, error) {
	path := strings.TrimPrefix(c.Store, "sqlite:")
	if path == "" || strings.HasSuffix(path, "/") {
		return "", usagef("%s is %q, which names no file: expected sqlite:PATH such as sqlite:./goldserve.db", c.origin("store"), c.Store)
	}
	rest, inHome := strings.CutPrefix(path, "~/")
	if !inHome {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", usagef("%s is %q, and the home folder is not known: %w", c.origin("store"), c.Store, err)
	}
	return filepath.Join(home, rest), nil
}

// storeName names the store for people, without credentials.
func (c *config) storeName() string {
	name := withoutCredentials(c.Store)
	if c.database != "" {
		name += " (database " + c.database + ")"
	}
	return name
}

// holder describes this publisher to people who find the lease held.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("%s, process %d", host, os.Getpid())
}
