//go:build !unix

package duckdb

import (
	"os"
	"os/exec"
)

func apart(*exec.Cmd) {}

func killedBy(*os.ProcessState) string { return "" }

func peak(*os.ProcessState) int64 { return 0 }
