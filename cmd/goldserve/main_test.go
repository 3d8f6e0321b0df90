package main

import (
	"os"
	"testing"

	"goldserve/watch"
)

// TestMain is the program itself where a test's server starts its process that reads a lake.
func TestMain(m *testing.M) {
	if os.Getenv(watch.Variable) != "" {
		main()
	}
	m.Run()
}
