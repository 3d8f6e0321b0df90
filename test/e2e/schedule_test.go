//go:build e2e

package e2e

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/storetest"
)

const examples = "../../docs/examples"

// locked is a lake's lock of builds, held as another build holds it.
func locked(t *testing.T, lake string) (unlock func()) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(lake, "_build.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = f.Close() }
}

// path is a PATH that has goldserve and duckdb.
func path(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := errors.Join(os.Symlink(program, filepath.Join(folder, "goldserve")), os.Symlink(storetest.DuckDB(t), filepath.Join(folder, "duckdb"))); err != nil {
		t.Fatal(err)
	}
	return folder + ":/usr/bin:/bin"
}

// TestTheCrontabOfDocs runs its line as cron does: in a shell, in the home folder, with few variables. What it prints is an e-mail.
func TestTheCrontabOfDocs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(examples, "crontab"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	job := strings.SplitN(lines[len(lines)-1], " ", 6)
	home, variables := t.TempDir(), path(t)
	cron := func(code int, mail string) {
		t.Helper()
		cmd := exec.Command("/bin/sh", "-c", job[5])
		cmd.Dir, cmd.Env = home, []string{"HOME=" + home, "PATH=" + variables, "SHELL=/bin/sh", "LOGNAME=somebody"}
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), mail) || mail == "" && len(out) > 0 {
			t.Errorf("it ended with %d, expected %d, and sent %q, expected %q", got, code, out, mail)
		}
	}
	lake := filepath.Join(home, "lake")
	mustCLI(t, "generate", "--model", "retail", "--clients", "20", "--duckdb", storetest.DuckDB(t), filepath.Join(lake, "bronze"))
	cron(exitDone, "")
	store := openPlace(t, place{store: "sqlite:" + filepath.Join(home, ".local", "share", "goldserve", "goldserve.db")})
	if r, err := store.Resolve(t.Context(), gold.Selector{Model: "retail"}); err != nil || r.Number != 1 {
		t.Errorf("release %+v: %v", r, err)
	}
	unlock := locked(t, lake)
	cron(exitDone, "")
	unlock()
	if err := os.WriteFile(filepath.Join(lake, "bronze", "clients.csv"), []byte("id\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cron(exitRefused, "clients.csv")
	if err := os.RemoveAll(filepath.Join(lake, "bronze")); err != nil {
		t.Fatal(err)
	}
	cron(exitDone, "") // the lake can't be reached: the next run may reach it
}

// scheduler is one that runs its example of the docs once, on a lake.
type scheduler struct {
	*built
	p       place
	command func(lake string) *exec.Cmd
}

// run starts the example, and waits for its end; seen gets the log so far, again and again.
func (s *scheduler) run(t *testing.T, seen func(log string)) (succeeded bool, log string) {
	t.Helper()
	cmd := s.command(s.lake)
	cmd.Env = append(append(os.Environ(), "GOLDSERVE_MODELS="+s.models, "GOLDSERVE_MODEL=stall", "GOLDSERVE_STORE="+s.p.store, "PATH="+path(t)), cmd.Env...)
	p := launchCommand(t, cmd)
	for end := time.Now().Add(5 * time.Minute); !p.over(100 * time.Millisecond); {
		if log = p.stdout.String() + p.stderr.String(); time.Now().After(end) {
			t.Fatalf("it didn't end\n%s", log)
		}
		seen(log)
	}
	return p.code() == 0, p.stdout.String() + p.stderr.String()
}

// keeps runs the example on a lake that is whole, is busy at first, and has a refused file: only the second is retried.
func (s *scheduler) keeps(t *testing.T) {
	t.Helper()
	const busy, refused = "is being built by", "bills.csv"
	s.bills(3)
	if ok, log := s.run(t, func(string) {}); !ok || !strings.Contains(log, "stall release 1") {
		t.Fatalf("a whole lake:\n%s", log)
	}
	s.bills(7)
	unlock := locked(t, s.lake)
	ok, log := s.run(t, func(log string) {
		if strings.Contains(log, busy) {
			unlock()
		}
	})
	if !ok || !strings.Contains(log, busy) || !strings.Contains(log, "stall release 2") {
		t.Errorf("a lake that was busy:\n%s", log)
	}
	s.write(filepath.Join(s.lake, "bronze", "bills.csv"), "id,price\n1,2\n")
	if ok, log := s.run(t, func(string) {}); ok || strings.Count(log, "goldserve: ") != 1 || !strings.Contains(log, refused) {
		t.Errorf("a file that is refused:\n%s", log)
	}
	r, err := openPlace(t, s.p).Resolve(t.Context(), gold.Selector{Model: "stall"})
	if err != nil || r.Number != 2 || r.Version("stock").Rows != 7 {
		t.Errorf("release %+v: %v", r, err)
	}
}

// python returns the Python that a variable names.
func python(t *testing.T, variable, target string) string {
	t.Helper()
	name := os.Getenv(variable)
	if name == "" {
		t.Skipf("%s names no Python: run make %s", variable, target)
	}
	return name
}

// TestThePrefectFlowOfDocs runs it as Prefect does, with shorter pauses.
func TestThePrefectFlowOfDocs(t *testing.T) {
	program, home := python(t, "GOLDSERVE_TEST_PREFECT", "test-prefect"), t.TempDir()
	const flow = `import sys; sys.path.insert(0, sys.argv[1]); import prefect_flow as example
example.publish.to_deployment(name="scheduled", cron="*/15 * * * *", parameters={"lake": sys.argv[2]})
assert example.run.retries == 5
example.run = example.run.with_options(retry_delay_seconds=0.1)
example.publish(sys.argv[2])`
	s := &scheduler{newBuilt(t, rand.New(rand.NewPCG(seeded(t), 21))), sqlitePlace(t), func(lake string) *exec.Cmd {
		cmd := exec.Command(program, "-B", "-c", flow, examples, lake)
		cmd.Env = []string{"PREFECT_HOME=" + home, "PREFECT_SERVER_ANALYTICS_ENABLED=false", "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS=120", "DO_NOT_TRACK=1"}
		return cmd
	}}
	s.keeps(t)
}

// TestTheAirflowDAGOfDocs runs it as Airflow does, with shorter pauses.
func TestTheAirflowDAGOfDocs(t *testing.T) {
	program, home := python(t, "GOLDSERVE_TEST_AIRFLOW", "test-airflow"), t.TempDir()
	text, err := os.ReadFile(filepath.Join(examples, "airflow_dag.py"))
	if err != nil {
		t.Fatal(err)
	}
	const pause = "retry_delay=timedelta(seconds=10)"
	if strings.Count(string(text), pause) != 1 {
		t.Fatalf("the DAG has no %s", pause)
	}
	folder := filepath.Join(home, "dags")
	short := strings.Replace(string(text), pause, "retry_delay=timedelta(seconds=0.1)", 1)
	if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, "dag.py"), []byte(short), 0o600)); err != nil {
		t.Fatal(err)
	}
	airflow := func(args ...string) *exec.Cmd {
		cmd := exec.Command(program, append([]string{"-m", "airflow"}, args...)...)
		cmd.Env = []string{"AIRFLOW_HOME=" + home, "AIRFLOW__CORE__LOAD_EXAMPLES=False", "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False"}
		return cmd
	}
	migrate := airflow("db", "migrate")
	migrate.Env = append(os.Environ(), migrate.Env...)
	if out, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := &scheduler{newBuilt(t, rand.New(rand.NewPCG(seeded(t), 22))), sqlitePlace(t), func(lake string) *exec.Cmd {
		return airflow("dags", "test", "goldserve_run", "--conf", `{"lake": "`+lake+`"}`)
	}}
	s.keeps(t)
}
