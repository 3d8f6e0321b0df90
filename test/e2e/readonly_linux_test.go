//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"goldserve/test/fixture"
)

// readOnlyPlace is a store whose folder a second path shows as a file system that may not be written: to programs that
// are started by its command, in mounts of their own.
type readOnlyPlace struct {
	place

	file   string // where it may be written
	script string
}

func newReadOnlyPlace(t *testing.T) *readOnlyPlace {
	t.Helper()
	folder, view := t.TempDir(), t.TempDir()
	p := &readOnlyPlace{place: place{store: "sqlite:" + filepath.Join(view, "gold.db")}, file: filepath.Join(folder, "gold.db")}
	p.script = "mount --bind '" + folder + "' '" + view + "' && mount -o remount,ro,bind '" + view + `' && exec "$0" "$@"`
	if out, err := p.command(t, "version").CombinedOutput(); err != nil {
		t.Skipf("needs the right to mount a folder: %v\n%s", err, out)
	}
	return p
}

// command is the program with the store in view.
func (p *readOnlyPlace) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	unshare := []string{"--mount"}
	if os.Getuid() != 0 {
		unshare = append(unshare, "--map-root-user")
	}
	return exec.CommandContext(t.Context(), "unshare", append(append(unshare, "sh", "-c", p.script, program), args...)...)
}

// run runs a command on the store and returns its exit code and output.
func (p *readOnlyPlace) run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	cmd := p.command(t, append(args, "--store", p.store)...)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

// serve starts serve on the store and returns its URL.
func (p *readOnlyPlace) serve(t *testing.T) string {
	t.Helper()
	cmd := p.command(t, "serve", "--store", p.store, "--listen", "127.0.0.1:0", "--log", "json", "--drain", "0s", "--poll", "50ms", "--cache-size", "0", "--accelerate-memory", "0", "--stale-max", "0s")
	var log lines
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("serve: %v\n%s", err, log.String())
		}
	})
	return fixture.ServedURL(t, &log)
}

func TestAStoreThatMayNotBeWrittenIsServed(t *testing.T) {
	documented(t, "is not writable (read-only file system or missing rights), and there are no changes in `-wal`", "200")
	documented(t, "the same, and a publisher is at work elsewhere, with write access", "200")
	documented(t, "is not writable, no process has it open, and `-wal` has changes", "503 store_unavailable 5")
	p := newReadOnlyPlace(t)
	lake, writable := copyLake(t), place{store: "sqlite:" + p.file}
	publishLake(t, writable, lake)
	commands := [][]string{{"status"}, {"releases"}, {"query", "/kpis"}, {"query", "fact_achats", "--limit", "3"}, {"verify"}}
	for _, args := range commands {
		if code, out := p.run(t, args...); code != exitDone {
			t.Errorf("%s: exit %d\n%s", args[0], code, out)
		}
	}
	if code, out := p.run(t, "publish", "--lake", lake, "--again", "--reload", "daily"); code != exitUnavailable || !strings.Contains(out, "writable") {
		t.Errorf("publish: exit %d\n%s", code, out)
	}

	url := p.serve(t)
	current := func(release string) func() bool {
		return func() bool {
			got, err := retrieve(t.Context(), url+"/releases/current")
			if err != nil || got.status != http.StatusOK {
				t.Fatalf("%s, %v\n%s", got.problem(), err, got.body)
			}
			return strings.Contains(string(got.body), `"release":`+release+",")
		}
	}
	waitFor(t, "a server that is ready", func() bool {
		a, err := retrieve(t.Context(), url+"/readyz")
		return err == nil && a.status == http.StatusOK
	})
	waitFor(t, "release 1", current("1"))
	changeFacts(t, lake, func(rows []purchase) []purchase { return rows[1:] })
	publish := launch(t, "publish", "--lake", lake, "--store", writable.store)
	waitFor(t, "release 2", current("2"))
	if code := publish.code(); code != exitDone {
		t.Fatalf("publish: exit %d\n%s", code, &publish.stderr)
	}
	for _, args := range commands {
		if code, out := p.run(t, args...); code != exitDone {
			t.Errorf("%s after another publish: exit %d\n%s", args[0], code, out)
		}
	}
}

func TestAStoreWithChangesBesideItSaysWhyItIsNotServed(t *testing.T) {
	p := newReadOnlyPlace(t)
	writable := place{store: "sqlite:" + p.file}
	publishLake(t, writable, filepath.Join(sample, "gold"))
	if err := os.WriteFile(p.file+"-wal", make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	const why = "-wal beside it holds changes"
	url := p.serve(t)
	for _, path := range []string{"/releases", "/monthly", "/datasets/fact_achats/rows"} {
		if got, err := retrieve(t.Context(), url+path); err != nil || got.problem() != "503 store_unavailable 5" || !strings.Contains(string(got.body), "changes lie beside it") || strings.Contains(string(got.body), "gold.db") {
			t.Errorf("%s: %s, %v\n%s", path, got.problem(), err, got.body)
		}
	}
	if code, out := p.run(t, "releases"); code != exitUnavailable || !strings.Contains(out, why) {
		t.Errorf("releases: exit %d\n%s", code, out)
	}
	mustCLI(t, "status", "--store", writable.store)
	waitFor(t, "an answer", func() bool {
		a, err := retrieve(t.Context(), url+"/monthly")
		return err == nil && a.status == http.StatusOK
	})
}
