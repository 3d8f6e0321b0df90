package duckdb

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"goldserve/builder"
	"goldserve/gold"
)

// session is a conversation with a child that runs DuckDB: it is told a statement and answers with its rows as JSON lines. It ends with
// the first failure.
type session struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	failed tail // what the child wrote to stderr
	asked  int
	mark   string // ends an answer: by chance, so that nobody's rows look like it
	lock   string // ends the time in which settings can be changed
	encode func(statements string) string
	plain  *strings.Replacer // takes patterns in what the child says for paths; nil: none
	once   sync.Once
	over   chan struct{} // closed once the child has ended
	used   builder.Usage
	ended  error
}

// row is a line of an answer.
type row map[string]any

// startShell starts a duckdb executable, which is a shell: with no environment, no start file, and a home where nothing is.
func startShell(ctx context.Context, path, home string) (*session, error) {
	empty := filepath.Join(home, "init")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, "-batch", "-bail", "-init", empty, "-jsonlines", ":memory:") //nolint:gosec // the operator names the program
	cmd.Env = []string{"HOME=" + home, "USERPROFILE=" + home}
	cmd.Dir = home
	// .safe_mode switches off file access and locks the configuration; from then on the shell itself refuses commands that read, write or
	// run anything.
	return start(&session{cmd: cmd, lock: ".safe_mode", encode: func(statements string) string { return statements + "\n" }})
}

// startLinked starts this program once more, to run the DuckDB that is part of it.
func startLinked(ctx context.Context, home string) (*session, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, Command) //nolint:gosec // itself
	cmd.Env = []string{"HOME=" + home, "USERPROFILE=" + home}
	cmd.Dir = home
	return start(&session{cmd: cmd, lock: "SET enable_external_access = false; SET lock_configuration = true;", encode: func(statements string) string {
		line, _ := json.Marshal(statements) //nolint:errchkjson // a string can be encoded
		return string(line) + "\n"
	}})
}

func start(s *session) (*session, error) {
	cmd := s.cmd
	apart(cmd)
	cmd.WaitDelay = 5 * time.Second
	cmd.Stderr = &s.failed
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.mark = rand.Text()
	s.in, s.out = in, bufio.NewReaderSize(out, 1<<16)
	return s, s.startKept()
}

// startKept starts the child from a thread that lives as long as the session: see endWithParent.
func (s *session) startKept() error {
	started := make(chan error)
	s.over = make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			<-s.over
		}
	}()
	return <-started
}

// tell has the child run statements, each of which ends in a semicolon, and returns the rows of all of them. Other people's text may be
// among them only if oneQuery has accepted it.
func (s *session) tell(statements string) ([]row, error) {
	s.asked++
	end := s.mark + strconv.Itoa(s.asked)
	// The marker's row is the last one: a statement that fails ends the child before.
	_, err := io.WriteString(s.in, s.encode(statements)+s.encode("SELECT '"+end+"' AS goldserve;"))
	if err != nil {
		return nil, s.failure(err)
	}
	var rows []row
	for {
		line, err := s.out.ReadBytes('\n')
		if err != nil {
			return nil, s.failure(err)
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var r row
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		if err := decoder.Decode(&r); err != nil {
			if failed := s.failure(err); parseFault(s.failed.String()) != nil {
				return nil, failed
			}
			return nil, &fault{Type: crashed, Message: fmt.Sprintf("DuckDB wrote %.80q where its answer was expected: does a function of the SQL print?", line)}
		}
		if r["goldserve"] == end {
			return rows, nil
		}
		rows = append(rows, r)
	}
}

// failure ends the child and returns why it failed: its own words, the signal that ended it, or else err.
func (s *session) failure(err error) error {
	_, ended := s.end()
	if f := parseFault(s.failed.String()); f != nil {
		if s.plain != nil {
			f.Message = s.plain.Replace(f.Message)
		}
		return f
	}
	if signal := killedBy(s.cmd.ProcessState); signal != "" {
		return &fault{Type: crashed, Message: "DuckDB's process was ended (" + signal + ")"}
	}
	if ended == nil {
		ended = err
	}
	words := strings.TrimSpace(s.failed.String())
	return &fault{Type: crashed, Message: "DuckDB's process ended: " + firstOf(words, ended.Error())}
}

func firstOf(words ...string) string {
	for _, w := range words {
		if w != "" {
			return w
		}
	}
	return ""
}

// end closes the child's input, waits for its end, and returns what it used.
func (s *session) end() (builder.Usage, error) {
	s.once.Do(func() {
		err := s.in.Close()
		_, _ = io.Copy(io.Discard, s.out) // what it still says is of no use
		s.ended = s.cmd.Wait()
		close(s.over)
		if s.ended == nil && err != nil && !errors.Is(err, os.ErrClosed) {
			s.ended = err
		}
		if state := s.cmd.ProcessState; state != nil {
			s.used = builder.Usage{Memory: peak(state), Processor: state.UserTime() + state.SystemTime()}
		}
		if s.ended != nil {
			s.ended = &gold.Error{Kind: gold.Internal, Code: gold.CodeBuildEngine, Message: "DuckDB's process ended with an error", Err: s.ended}
		}
	})
	return s.used, s.ended
}

// tail keeps the last bytes that are written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const tailBytes = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if len(t.kept) > tailBytes {
		t.kept = append([]byte(nil), t.kept[len(t.kept)-tailBytes:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}
