//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal returns both ends of a pseudo terminal: what a person sees, and what a program writes to.
func openTerminal(t *testing.T) (screen, terminal *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	fd := int(screen.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 160})
	}
	if err == nil {
		terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return screen, terminal
}

// shown runs the program with standard error on a terminal, and returns what stands there in the end.
func shown(t *testing.T, args ...string) string {
	t.Helper()
	screen, terminal := openTerminal(t)
	var seen bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(&seen, screen) // it ends with an error where the last program has closed the terminal
	}()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env, cmd.Stderr = append(os.Environ(), "TERM=xterm"), terminal
	_ = cmd.Run() // what it says is looked at
	if err := terminal.Close(); err != nil {
		t.Error(err)
	}
	<-done
	if err := screen.Close(); err != nil {
		t.Error(err)
	}
	return seen.String()
}

func TestBarsOnATerminal(t *testing.T) {
	lake := copyLake(t)
	text := shown(t, "publish", "--lake", lake, "--store", sqlitePlace(t).store)
	last := text[strings.LastIndex(text, "\x1b["):]
	for _, want := range []string{"fact_achats", "22403 / 22403 rows", "[=================", "daily", "/s"} {
		if !strings.Contains(last, want) {
			t.Errorf("the screen does not end with %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "dataset started") {
		t.Errorf("bars and lines of the log:\n%s", text)
	}
	for _, plain := range [][]string{{"--json"}, {"--log", "json"}} {
		text := shown(t, append([]string{"publish", "--lake", lake, "--store", sqlitePlace(t).store}, plain...)...)
		if strings.Contains(text, "\x1b[") || !strings.Contains(text, "dataset started") {
			t.Errorf("bars with %v:\n%s", plain, text)
		}
	}
	changeFacts(t, lake, func(rows []purchase) []purchase {
		rows[900].ID = rows[41].ID
		return rows
	})
	if text := shown(t, "check", "--lake", lake); !strings.Contains(text, "22403 / 22403") || !strings.Contains(text, "goldserve: dataset fact_achats") {
		t.Errorf("check of a refused lake:\n%s", text)
	}
}

func TestLinesOfTheLogWithoutATerminal(t *testing.T) {
	_, _, stderr := cli(t, "publish", "--lake", copyLake(t), "--store", sqlitePlace(t).store)
	for _, want := range []string{`msg="dataset started" stage=loading dataset=fact_achats of=22403`, `msg="dataset done" dataset=fact_achats rows=22403 seconds=`} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no line %s in\n%s", want, stderr)
		}
	}
}
