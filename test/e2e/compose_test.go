//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"goldserve/gold/storetest"
)

// composed is docker-compose.serving.yml, as far as tests look at it.
type composed struct {
	Services map[string]*service
	Volumes  map[string]any
	Configs  map[string]struct{ Content string }
}

type service struct {
	Image       string
	Build       any
	Entrypoint  []string
	Command     []string
	Profiles    []string
	Environment map[string]string
	Ports       []string
	Volumes     []string
	Configs     []struct{ Source, Target string }
	DependsOn   map[string]struct {
		Condition string
		Required  *bool
	} `yaml:"depends_on"`
	Healthcheck *struct {
		Test     []string
		Disable  bool
		Interval string
	}
	Restart string
}

const composeFile = "docker-compose.serving.yml"

// variable is ${NAME:-default}, or a dollar sign written twice.
var variable = regexp.MustCompile(`\$\$|\$\{([A-Z_]+):-([^}]*)\}`)

// readCompose reads the compose file as Docker Compose does where the environment is empty.
func readCompose(t *testing.T) *composed {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(storetest.Root(t), composeFile))
	if err != nil {
		t.Fatal(err)
	}
	text = variable.ReplaceAllFunc(text, func(found []byte) []byte {
		if string(found) == "$$" {
			return []byte("$")
		}
		return variable.FindSubmatch(found)[2]
	})
	var c composed
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatalf("%s: %v", composeFile, err)
	}
	return &c
}

func TestTheComposeFileOpensNothingAndWaitsForWhatItNeeds(t *testing.T) {
	c := readCompose(t)
	if _, err := exec.CommandContext(t.Context(), "docker", "compose", "version").Output(); err == nil {
		cmd := exec.CommandContext(t.Context(), "docker", "compose", "-f", composeFile, "--profile", "metabase", "--profile", "minio", "--profile", "shop", "config", "--quiet")
		cmd.Dir = storetest.Root(t)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("docker compose config: %v\n%s", err, out)
		}
	}
	for name, s := range c.Services {
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s opens port %s to other machines", name, port)
			}
		}
		if s.Healthcheck == nil || s.Healthcheck.Disable != (s.Restart == "no") {
			t.Errorf("%s has no health check, or one although it ends by itself", name)
		}
		if _, tag, _ := strings.Cut(s.Image, ":"); s.Build == nil && (tag == "" || tag == "latest") {
			t.Errorf("%s runs image %q: which one that is changes", name, s.Image)
		}
		for other, on := range s.DependsOn {
			target, want := c.Services[other], "service_healthy"
			if target != nil && target.Restart == "no" {
				want = "service_completed_successfully"
			}
			required := on.Required == nil || *on.Required
			if target == nil || on.Condition != want || required && !runsBeside(target, s) {
				t.Errorf("%s can't wait for %s to be %q", name, other, on.Condition)
			}
		}
		for _, volume := range s.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			_, named := c.Volumes[source]
			if _, err := os.Stat(filepath.Join(storetest.Root(t), source)); !named && err != nil {
				t.Errorf("%s mounts %s, which is neither a volume nor a folder here", name, source)
			}
		}
		for _, config := range s.Configs {
			if c.Configs[config.Source].Content == "" {
				t.Errorf("%s has no config %s", name, config.Source)
			}
		}
	}
	if hosts := c.Services["api"].Environment["GOLDSERVE_ALLOWED_HOSTS"]; !strings.Contains(hosts, "api") || strings.Contains(hosts, "*") {
		t.Errorf("the API may be reached by %q: expected the name of its service, and not any", hosts)
	}
	for _, name := range []string{"publish", "api", "metabase"} {
		if _, waits := c.Services[name].DependsOn["mongodb"]; !waits {
			t.Errorf("%s does not wait for mongodb", name)
		}
	}
}

// runsBeside reports whether a service is there whichever profile has another one run.
func runsBeside(target, s *service) bool {
	missing := func(profile string) bool { return !slices.Contains(target.Profiles, profile) }
	return len(target.Profiles) == 0 || len(s.Profiles) > 0 && !slices.ContainsFunc(s.Profiles, missing)
}

// localMongoDB is the compose file's mongodb on this machine: its entrypoint and arguments with other folders and
// another port, initialised by its own commands.
type localMongoDB struct {
	compose *composed
	folder  string
	address string
	server  *exec.Cmd
	log     bytes.Buffer
}

func startLocalMongoDB(t *testing.T) *localMongoDB {
	t.Helper()
	program := storetest.Mongod(t)
	m := &localMongoDB{compose: readCompose(t), folder: t.TempDir(), address: freeAddress(t)}
	bin := filepath.Join(m.folder, "bin")
	for _, folder := range []string{bin, filepath.Join(m.folder, "db"), filepath.Join(m.folder, "configdb")} {
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(program, filepath.Join(bin, "mongod")); err != nil {
		t.Fatal(err)
	}
	m.start(t, bin)
	t.Cleanup(func() { m.stop(t) })
	m.initialise(t)
	return m
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func (m *localMongoDB) start(t *testing.T, bin string) {
	t.Helper()
	s := m.compose.Services["mongodb"]
	_, port, _ := net.SplitHostPort(m.address)
	here := strings.NewReplacer("/data/", m.folder+"/", "--port=27017", "--port="+port, "--bind_ip_all", "--bind_ip=127.0.0.1")
	var args []string
	for _, arg := range slices.Concat(s.Entrypoint, s.Command) {
		args = append(args, here.Replace(arg))
	}
	m.server = exec.CommandContext(context.WithoutCancel(t.Context()), args[0], args[1:]...)
	m.server.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	m.server.Stdout, m.server.Stderr = &m.log, &m.log
	if err := m.server.Start(); err != nil {
		t.Fatal(err)
	}
}

func (m *localMongoDB) stop(t *testing.T) {
	err := errors.Join(m.server.Process.Signal(syscall.SIGTERM), m.server.Wait())
	if t.Failed() {
		t.Logf("mongod: %v\n%s", err, m.log.Bytes()[max(0, m.log.Len()-4000):])
	}
}

// initialise runs the commands of the health check's script, in its order, or the script itself where there is a
// mongosh to run it.
func (m *localMongoDB) initialise(t *testing.T) {
	t.Helper()
	script := strings.ReplaceAll(m.compose.Configs["mongodb-init"].Content, "mongodb:27017", m.address)
	if mongosh, err := exec.LookPath("mongosh"); err == nil {
		m.runScript(t, mongosh, script)
		return
	}
	_, list, _ := strings.Cut(script, "] = [")
	list, _, _ = strings.Cut(list, "];")
	var init struct{ Commands []bson.D }
	if err := bson.UnmarshalExtJSON([]byte(`{"commands":[`+list+`]}`), false, &init); err != nil {
		t.Fatalf("the commands of mongodb-init: %v", err)
	}
	local := connect(t, "mongodb://"+m.address+"/?directConnection=true").Database("admin")
	waitFor(t, "mongod to be initiated", func() bool { return local.RunCommand(t.Context(), init.Commands[0]).Err() == nil })
	waitFor(t, "a primary", func() bool {
		var hello struct{ IsWritablePrimary bool }
		err := local.RunCommand(t.Context(), bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
		return err == nil && hello.IsWritablePrimary
	})
	if err := local.RunCommand(t.Context(), init.Commands[1]).Err(); err != nil {
		t.Fatal(err)
	}
	var password string
	for _, e := range init.Commands[1] {
		if e.Key == "pwd" {
			password = e.Value.(string)
		}
	}
	admin := connect(t, m.uri("root", password, "directConnection=true")).Database("admin")
	for _, command := range init.Commands[2:] {
		if err := admin.RunCommand(t.Context(), command).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// runScript runs the script as the health check does: until it succeeds, and then once more, when nothing is to do.
func (m *localMongoDB) runScript(t *testing.T, mongosh, script string) {
	t.Helper()
	file := filepath.Join(m.folder, "init.js")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func() ([]byte, error) {
		_, port, _ := net.SplitHostPort(m.address)
		cmd := exec.CommandContext(t.Context(), mongosh, "--quiet", "--norc", "--port", port, file)
		cmd.Env = append(os.Environ(), "HOME="+m.folder)
		return cmd.CombinedOutput()
	}
	waitFor(t, "the health check to pass", func() bool {
		out, err := run()
		if err != nil {
			t.Logf("the health check: %v\n%s", err, out)
		}
		return err == nil
	})
	if out, err := run(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("the health check on an initialised server: %v\n%s", err, out)
	}
}

func (m *localMongoDB) uri(user, password, options string) string {
	return fmt.Sprintf("mongodb://%s@%s/gold_serving?authSource=admin&%s", url.UserPassword(user, password), m.address, options)
}

// store returns the store of a service of the compose file, on this machine.
func (m *localMongoDB) store(service string) string {
	return strings.ReplaceAll(m.compose.Services[service].Environment["GOLDSERVE_STORE"], "mongodb:27017", m.address)
}

func TestTheUsersOfTheComposeFileMayDoTheirWorkAndNothingElse(t *testing.T) {
	m := startLocalMongoDB(t)
	if info, err := os.Stat(filepath.Join(m.folder, "configdb", "keyfile")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info, err)
	}
	anyone := connect(t, "mongodb://"+m.address+"/?directConnection=true")
	if _, err := anyone.ListDatabaseNames(t.Context(), bson.D{}); !unauthorized(err) {
		t.Errorf("without a password one may list databases: %v", err)
	}

	publisher := place{store: m.store("publish"), db: "gold_serving"}
	lake := copyLake(t)
	command := slices.Clone(m.compose.Services["publish"].Command)
	for i, arg := range command {
		if arg == "/lake" {
			command[i] = lake
		}
	}
	t.Setenv("GOLDSERVE_STORE", publisher.store)
	mustCLI(t, command...)
	change := func() {
		changeFacts(t, lake, func(rows []purchase) []purchase { return rows[:len(rows)-100] })
		publishLake(t, publisher, lake)
	}
	change()
	mustCLI(t, "rollback", "1")
	change()
	for range 2 { // it marks, then drops
		mustCLI(t, "prune", "--keep", "1", "--grace", "1ms")
	}
	mustCLI(t, "status")
	m.checkTakeover(t, publisher, lake)
	t.Setenv("GOLDSERVE_STORE", "")

	t.Run("api", func(t *testing.T) { m.checkAPI(t, lake) })
	t.Run("metabase", func(t *testing.T) { m.checkMetabase(t) })
}

// checkTakeover publishes after others that died between a mark and its $out, or while that runs, with the rights of the
// compose file's publisher: it sees operations of its own user and of nobody else.
func (m *localMongoDB) checkTakeover(t *testing.T, publisher place, lake string) {
	t.Helper()
	client := connect(t, publisher.store)
	pointers := client.Database("gold_serving_releases").Collection("pointers")
	now := func() time.Time {
		var hello struct{ LocalTime time.Time }
		if err := client.Database("admin").RunCommand(t.Context(), bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
			t.Fatal(err)
		}
		return hello.LocalTime
	}
	after := func(user, token string, deadline time.Duration) (ended, until time.Time) {
		until = now().Add(deadline)
		mark := "marks.gold_daily."
		if _, err := pointers.UpdateByID(t.Context(), defaultModel, stage("$set", bson.D{
			{Key: mark + "done", Value: false},
			{Key: mark + "token", Value: token},
			{Key: mark + "user", Value: user},
			{Key: mark + "latest", Value: now().Add(-time.Second)},
			{Key: mark + "deadline", Value: until},
		})); err != nil {
			t.Fatal(err)
		}
		publishLake(t, publisher, lake)
		return now(), until
	}
	const own = "admin.goldserve_publisher"
	if ended, until := after(own, "never started", 20*time.Second); !ended.Before(until) {
		t.Error("an $out of the own user that never started was waited for")
	}
	sleep := bson.D{{Key: "body", Value: "function() { sleep(2000); return true; }"}, {Key: "args", Value: bson.A{}}, {Key: "lang", Value: "js"}}
	var finished time.Time
	var running sync.WaitGroup
	running.Go(func() {
		if err := client.Database("gold_serving").RunCommand(t.Context(), bson.D{
			{Key: "aggregate", Value: "gold_daily"},
			{Key: "pipeline", Value: bson.A{stage("$limit", 1), stage("$match", stage("$expr", stage("$function", sleep)))}},
			{Key: "cursor", Value: bson.D{}},
			{Key: "comment", Value: "goldserve runs"},
		}).Err(); err != nil {
			t.Error(err)
		}
		finished = now()
	})
	ended, until := after(own, "runs", 20*time.Second)
	running.Wait()
	if ended.Before(finished) || !ended.Before(until) {
		t.Errorf("the publish ended at %s, the operation of the own user at %s; its deadline was %s", ended, finished, until)
	}
	if ended, until := after("admin.somebody", "not seen", 2*time.Second); ended.Before(until) {
		t.Error("the deadline of another user's $out, which can't be seen, was not waited for")
	}
}

// checkAPI serves as the service api does, asks everything once, and tries what it may not do.
func (m *localMongoDB) checkAPI(t *testing.T, lake string) {
	api := m.compose.Services["api"]
	address := freeAddress(t)
	args := slices.Clone(api.Command)
	for i, arg := range args {
		args[i] = strings.ReplaceAll(arg, "0.0.0.0:8080", address)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, append(args, "--drain", "0s")...)
	cmd.Env = append(os.Environ(), "GOLDSERVE_STORE="+m.store("api"), "GOLDSERVE_CORS_ORIGINS="+api.Environment["GOLDSERVE_CORS_ORIGINS"], "GOLDSERVE_ALLOWED_HOSTS="+api.Environment["GOLDSERVE_ALLOWED_HOSTS"])
	var log lines
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil {
			t.Errorf("serve: %v\n%s", err, log.String())
		}
	})
	probe := append(slices.Clone(api.Healthcheck.Test[2:]), "--listen", address)
	waitFor(t, "the probe to succeed", func() bool {
		code, _, _ := cli(t, probe...)
		return code == exitDone
	})
	mustCLI(t, "probe", "readyz", "--listen", address)
	for _, path := range []string{
		"/kpis?segment_label=VIP", "/monthly?pays=France", "/scores?pays=France&limit=10", "/segments", "/cohort", "/distribution", "/releases",
		"/datasets/fact_achats/quality", "/datasets/fact_achats/values/pays", "/datasets/fact_achats/rows?limit=3&count=exact&montant__gte=100",
		"/datasets/fact_achats/aggregate?group_by=pays,date_achat.month&measures=median(montant)", "/kpis?compare=year",
	} {
		if status, body := get(t, "http://"+address, path); status != 200 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body := get(t, "http://"+address, "/monthly?release=2"); status != 410 {
		t.Errorf("a pruned release: %d %s", status, body)
	}
	if code, _, stderr := cli(t, "publish", "--lake", lake, "--again", "--store", m.store("api")); code == exitDone {
		t.Errorf("the API's user may publish: %s", stderr)
	}
	client := connect(t, m.store("api"))
	releases := client.Database("gold_serving_releases")
	mayNotWrite(t, releases.Collection("pointers"))
	mayNotRead(t, client.Database("gold_serving").Collection("gold_monthly"))
}

// checkMetabase does what Metabase does to a database that it is told of, and tries what it may not do.
func (m *localMongoDB) checkMetabase(t *testing.T) {
	password := regexp.MustCompile(`"createUser": "metabase", "pwd": "([^"]+)"`).FindStringSubmatch(m.compose.Configs["mongodb-init"].Content)[1]
	client := connect(t, m.uri("metabase", password, "directConnection=true"))
	names, err := client.ListDatabaseNames(t.Context(), bson.D{})
	if err != nil || !slices.Equal(names, []string{"gold_serving"}) {
		t.Errorf("databases: %v, %v", names, err)
	}
	db := client.Database("gold_serving")
	if err := db.RunCommand(t.Context(), bson.D{{Key: "dbStats", Value: 1}}).Err(); err != nil {
		t.Error(err)
	}
	collections, err := db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil || len(collections) != 14 {
		t.Errorf("collections: %v, %v", collections, err)
	}
	for _, name := range collections {
		if len(metabaseSync(t, db.Collection(name))) == 0 {
			t.Errorf("%s has no fields", name)
		}
		mayNotWrite(t, db.Collection(name))
	}
	mayNotRead(t, client.Database("gold_serving_releases").Collection("pointers"))
}

func mayNotWrite(t *testing.T, c *mongo.Collection) {
	t.Helper()
	if _, err := c.InsertOne(t.Context(), bson.D{{Key: "x", Value: 1}}); !unauthorized(err) {
		t.Errorf("an insert into %s: %v", c.Name(), err)
	}
	if err := c.Drop(t.Context()); !unauthorized(err) {
		t.Errorf("a drop of %s: %v", c.Name(), err)
	}
}

func mayNotRead(t *testing.T, c *mongo.Collection) {
	t.Helper()
	if err := c.FindOne(t.Context(), bson.D{}).Err(); !unauthorized(err) {
		t.Errorf("a read of %s: %v", c.Name(), err)
	}
}

// unauthorized reports whether an error is the server's refusal for missing rights (13).
func unauthorized(err error) bool {
	refused, ok := errors.AsType[mongo.ServerError](err)
	return ok && refused.HasErrorCode(13)
}

func TestTheImageHoldsOneProgramThatCanProbeItself(t *testing.T) {
	root := storetest.Root(t)
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	_, last, _ := strings.Cut(string(dockerfile), "\nFROM gcr.io/distroless/static")
	for _, want := range []string{"\nUSER 65532:65532\n", "\nVOLUME /data\n", `CMD ["/goldserve", "probe"]`, `ENTRYPOINT ["/goldserve"]`} {
		if !strings.Contains(last, want) {
			t.Errorf("the image has no %q", strings.TrimSpace(want))
		}
	}
	ignored, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if .Module}}{{if .Module.Main}}{{.ImportPath}}{{end}}{{end}}", "goldserve/cmd/goldserve").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		folder, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(pkg), "goldserve/"), "/")
		if !strings.Contains(string(ignored), "\n!"+folder+"\n") {
			t.Errorf(".dockerignore keeps %s out of the build", folder)
		}
	}
	t.Setenv("XDG_DATA_HOME", "/data")
	t.Setenv("HOME", "")
	t.Setenv("MONGO_URI", "")
	settings := mustCLI(t, "config", "print")
	if !strings.Contains(settings, "sqlite:/data/goldserve/goldserve.db") || !strings.Contains(last, "\nENV XDG_DATA_HOME=/data\n") {
		t.Errorf("the image's store is another:\n%s", settings)
	}
}

func TestProbeSaysWhetherAServerLives(t *testing.T) {
	p := sqlitePlace(t)
	server := served(t, p)
	address := strings.TrimPrefix(server, "http://")
	if out := mustCLI(t, "probe", "--listen", address); !strings.Contains(out, `"ok"`) {
		t.Errorf("probe: %s", out)
	}
	_, port, _ := net.SplitHostPort(address)
	mustCLI(t, "probe", "--listen", "0.0.0.0:"+port)
	if code, _, stderr := cli(t, "probe", "health", "--listen", address); code != exitUnavailable || !strings.Contains(stderr, "503") {
		t.Errorf("probe health before a publish: exit %d %s", code, stderr)
	}
	if code, _, stderr := cli(t, "probe", "--listen", freeAddress(t)); code != exitUnavailable || !strings.Contains(stderr, "no server answers") {
		t.Errorf("probe of nobody: exit %d %s", code, stderr)
	}
	if code, _, _ := cli(t, "probe", "kpis"); code != exitUsage {
		t.Errorf("probe of something else: exit %d", code)
	}
}
