package sqlitestore_test

import (
	"path/filepath"
	"testing"

	"goldserve/gold"
	"goldserve/gold/sqlitestore"
	"goldserve/gold/storetest"
	"goldserve/gold/storetest/periodtest"
)

var harness = storetest.Harness{Fresh: func(t *testing.T) func(*testing.T) gold.Store {
	path := filepath.Join(t.TempDir(), "gold.db")
	return func(t *testing.T) gold.Store {
		s, err := sqlitestore.Open(t.Context(), path, sqlitestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}}

func TestSuite(t *testing.T) { storetest.Run(t, harness) }

func TestPeriods(t *testing.T) { periodtest.Run(t, harness, 120) }
