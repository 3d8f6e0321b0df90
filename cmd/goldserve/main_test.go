package main

import (
	"os"
	"testing"

	"goldserve/watch"
)

// programVariable is set by tests whose command starts this program.
const programVariable = "GOLDSERVE_TEST_PROGRAM"

// TestMain is the program itself where a test's server starts its process that reads a lake, or a test's command this program.
func TestMain(m *testing.M) {
	if os.Getenv(watch.Variable) != "" || os.Getenv(programVariable) != "" {
		main()
	}
	m.Run()
}
