package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Pandas returns the build in pandas, by a Python program, and the versions of both. Its script is written into a folder; dates later than
// now are rejected. The error says what the program lacks.
func Pandas(ctx context.Context, python, folder string, now time.Time) (Engine, string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	const ask = `import platform, pandas, pyarrow; print(f"{pandas.__version__} (Python {platform.python_version()})")`
	out, err := exec.CommandContext(ctx, python, "-c", ask).Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		lines := strings.Split(strings.TrimSpace(string(failed.Stderr)), "\n")
		return Engine{}, "", fmt.Errorf("%s: %s", python, lines[len(lines)-1])
	} else if err != nil {
		return Engine{}, "", err
	}
	version := strings.TrimSpace(string(out))
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < 3 {
		return Engine{}, "", fmt.Errorf("%s has pandas %s, and 3 or newer is needed", python, version)
	}
	script := filepath.Join(folder, "pandas_build.py")
	if err := os.WriteFile(script, PandasBuild, 0o600); err != nil {
		return Engine{}, "", err
	}
	build := func(bronze, out string) Command {
		return Command{Args: []string{python, script, "--bronze", bronze, "--out", out, "--now", now.UTC().Format("2006-01-02T15:04:05")}, Stage: pandasStage}
	}
	return Engine{Name: "pandas", Build: build}, version, nil
}

// pandasStage reads a line of the script.
func pandasStage(line []byte) string {
	var told struct {
		Stage string `json:"stage"`
	}
	if !bytes.HasPrefix(line, []byte("{")) || json.Unmarshal(line, &told) != nil {
		return ""
	}
	return told.Stage
}
