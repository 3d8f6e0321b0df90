package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/gold/mongostore"
	"goldserve/gold/sqlitestore"
)

// storeFlags adds the flags that name a store.
func storeFlags(flags *pflag.FlagSet) {
	flags.String("store", "", "mongodb://… or sqlite:PATH (default: MONGO_URI, else goldserve.db in the user's data folder)")
	flags.String("releases-db", "", "MongoDB database of versions and releases (default: the store's database with _releases)")
}

// openStore opens the store that the configuration names; readOnly is for what only reads.
func (a *app) openStore(ctx context.Context, log *slog.Logger, readOnly bool) (gold.Store, error) {
	c := &a.config
	if path, ok := strings.CutPrefix(c.Store, "sqlite:"); ok {
		return sqlitestore.Open(ctx, path, sqlitestore.Options{ReadOnly: readOnly, Logger: log})
	}
	if strings.HasPrefix(c.Store, "mongodb://") || strings.HasPrefix(c.Store, "mongodb+srv://") {
		store, err := mongostore.Open(ctx, c.Store, mongostore.Options{
			Database: c.database, ReleasesDatabase: c.ReleasesDB, ReadOnly: readOnly, Logger: log, RefreshTTL: c.RefreshTTL,
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

// storeName names the store for people, without credentials.
func (c *config) storeName() string {
	name := withoutCredentials(c.Store)
	if c.database != "" {
		name += " (database " + c.database + ")"
	}
	return name
}

// holder says who publishes, for the colleague who finds the lease held.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("%s, process %d", host, os.Getpid())
}
