package storetest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Catalog is an Iceberg REST catalog that pyiceberg keeps: rest.py in the lake's testdata says of what.
type Catalog struct {
	Address string
	in      io.Writer
	out     *bufio.Scanner
}

// StartCatalog starts a catalog, with what it is told besides, until the test ends. The first argument is its folder.
func StartCatalog(tb testing.TB, args ...string) *Catalog {
	tb.Helper()
	script := filepath.Join(Root(tb), "gold", "lake", "testdata", "iceberg", "rest.py")
	// #nosec G204 -- the tests' own program
	cmd := exec.CommandContext(tb.Context(), Python(tb), append([]string{script}, args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	c := &Catalog{in: in, out: bufio.NewScanner(out)}
	if !c.out.Scan() {
		tb.Fatal("the catalog did not start")
	}
	c.Address = c.out.Text()
	return c
}

// Tell has the catalog do what a line says.
func (c *Catalog) Tell(tb testing.TB, line string) {
	tb.Helper()
	if _, err := fmt.Fprintln(c.in, line); err != nil || !c.out.Scan() {
		tb.Fatal("the catalog ended")
	}
}
