//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// policy is what a user of an object store may do.
type policy struct {
	Version   string
	Statement []struct {
		Effect           string
		Action, Resource []string
	}
}

func TestTheComposeFilesMinIOHasTheBucketsOfAPipelineAndAReaderOfGold(t *testing.T) {
	c := readCompose(t)
	setup := c.Services["minio-setup"]
	if !strings.Contains(setup.Entrypoint[2], "for bucket in sources bronze silver gold; do") {
		t.Errorf("the setup makes other buckets: %s", setup.Entrypoint[2])
	}
	var reads policy
	decoder := json.NewDecoder(strings.NewReader(c.Configs["minio-read-gold"].Content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&reads); err != nil {
		t.Fatal(err)
	}
	may := map[string][]string{}
	for _, s := range reads.Statement {
		if s.Effect != "Allow" {
			t.Errorf("the effect %s", s.Effect)
		}
		for _, action := range s.Action {
			may[action] = s.Resource
		}
	}
	want := map[string][]string{"s3:ListBucket": {"arn:aws:s3:::gold"}, "s3:GetObject": {"arn:aws:s3:::gold/*"}}
	if diff := cmp.Diff(want, may); diff != "" {
		t.Errorf("the reader's rights (-want +got):\n%s", diff)
	}
	publish := c.Services["publish"].Environment
	if publish["AWS_ACCESS_KEY_ID"] != setup.Environment["READER"] || publish["AWS_SECRET_ACCESS_KEY"] != setup.Environment["READER_PASSWORD"] || publish["GOLDSERVE_S3_ENDPOINT"] != "http://minio:9000" {
		t.Errorf("publish reads with other keys, or elsewhere, than the setup makes: %v", publish)
	}
}

// TestTheComposeFileSaysWhatTheProgramKnows: its commands have the flags that they are given, and its variables are settings.
func TestTheComposeFileSaysWhatTheProgramKnows(t *testing.T) {
	var settings []struct{ Name string }
	if err := json.Unmarshal([]byte(mustCLI(t, "config", "print", "--json")), &settings); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, s := range settings {
		known["GOLDSERVE_"+strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))] = true
	}
	flags := regexp.MustCompile(`--[a-z0-9-]+`)
	seen := 0
	for name, s := range readCompose(t).Services {
		if s.Build == nil {
			continue
		}
		help := flags.FindAllString(mustCLI(t, s.Command[0], "--help"), -1)
		for _, word := range s.Command[1:] {
			if strings.HasPrefix(word, "--") && !slices.Contains(help, word) {
				t.Errorf("%s: %s has no flag %s", name, s.Command[0], word)
			}
		}
		for variable := range s.Environment {
			if strings.HasPrefix(variable, "GOLDSERVE_") {
				if seen++; !known[variable] {
					t.Errorf("%s: no setting is %s", name, variable)
				}
			}
		}
	}
	if seen < 5 {
		t.Errorf("%d variables", seen)
	}
}

// TestTheSetupOfTheComposeFilesMinIO runs it against a real server, twice, where there are both programs: the reader it makes
// publishes from gold, and may do nothing else.
func TestTheSetupOfTheComposeFilesMinIO(t *testing.T) {
	server, client := minioPrograms(t)
	if server == "" || client == "" {
		return // what can be told without them is checked above
	}
	c := readCompose(t)
	setup, of := c.Services["minio-setup"], c.Services["minio"]
	folder, address := t.TempDir(), freeAddress(t)
	args := slices.Clone(of.Command)
	for i, arg := range args {
		switch arg {
		case "/data":
			args[i] = filepath.Join(folder, "data")
		case ":9000":
			args[i] = address
		}
	}
	cmd := exec.CommandContext(t.Context(), server, args...)
	cmd.Env = append(os.Environ(), "HOME="+folder)
	for name, value := range of.Environment {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()); err != nil && t.Failed() {
			t.Logf("minio: %v\n%s", err, log.String())
		}
	})
	policyFile := filepath.Join(folder, "read-gold.json")
	if err := os.WriteFile(policyFile, []byte(c.Configs["minio-read-gold"].Content), 0o600); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(folder, "bin")
	if err := errors.Join(os.Mkdir(bin, 0o700), os.Symlink(client, filepath.Join(bin, "mc"))); err != nil {
		t.Fatal(err)
	}
	run := func() ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), setup.Entrypoint[0], setup.Entrypoint[1:]...)
		cmd.Env = append(os.Environ(), "HOME="+folder, "PATH="+bin+":"+os.Getenv("PATH"))
		for name, value := range setup.Environment {
			cmd.Env = append(cmd.Env, name+"="+strings.NewReplacer("minio:9000", address, "/read-gold.json", policyFile).Replace(value))
		}
		return cmd.CombinedOutput()
	}
	waitFor(t, "the setup to succeed", func() bool {
		_, err := run()
		return err == nil
	})
	if out, err := run(); err != nil {
		t.Fatalf("the setup where all is made: %v\n%s", err, out)
	}
	checkReader(t, c, address)
}

// minioPrograms returns the programs of a MinIO server and of its client; empty: there are none.
func minioPrograms(t *testing.T) (server, client string) {
	t.Helper()
	server, client = os.Getenv("GOLDSERVE_MINIO"), os.Getenv("GOLDSERVE_MC")
	if tools := os.Getenv("GOLDSERVE_TOOLS"); server == "" && tools != "" {
		if path := filepath.Join(tools, "minio-20260212", "minio"); exec.CommandContext(t.Context(), path, "--version").Run() == nil {
			server = path
		}
	}
	if client == "" {
		client, _ = exec.LookPath("mc")
	}
	return server, client
}

// checkReader publishes as the compose file does, and tries what its user may not do.
func checkReader(t *testing.T, c *composed, address string) {
	t.Helper()
	publish, setup := c.Services["publish"].Environment, c.Services["minio-setup"].Environment
	root, err := url.Parse(setup["MC_HOST_store"])
	if err != nil {
		t.Fatal(err)
	}
	password, _ := root.User.Password()
	as := func(key, secret string) *minio.Client {
		client, err := minio.New(address, &minio.Options{Creds: credentials.NewStaticV4(key, secret, "")})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	pipeline, reader := as(root.User.Username(), password), as(publish["AWS_ACCESS_KEY_ID"], publish["AWS_SECRET_ACCESS_KEY"])
	var names []string
	buckets, err := pipeline.ListBuckets(t.Context())
	for _, b := range buckets {
		names = append(names, b.Name)
	}
	if slices.Sort(names); err != nil || !slices.Equal(names, []string{"bronze", "gold", "silver", "sources"}) {
		t.Fatalf("buckets %v, %v", names, err)
	}
	files, err := filepath.Glob(filepath.Join(copyLake(t), "*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, bucket := range []string{"bronze", "gold"} {
			if _, err := pipeline.PutObject(t.Context(), bucket, "retail/"+filepath.Base(file), bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, value := range publish {
		t.Setenv(name, strings.ReplaceAll(value, "minio:9000", address))
	}
	t.Setenv("GOLDSERVE_STORE", "sqlite:"+filepath.Join(t.TempDir(), "gold.db"))
	lake := []string{"--scratch-dir", t.TempDir(), "--lake"}
	mustCLI(t, append(append([]string{"publish"}, lake...), "s3://gold/retail")...)
	if code, _, stderr := cli(t, append(append([]string{"publish"}, lake...), "s3://bronze/retail")...); code == exitDone || !strings.Contains(stderr, "denies access") {
		t.Errorf("the reader of gold may read bronze: %d %s", code, stderr)
	}
	if _, err := reader.PutObject(t.Context(), "gold", "mine", strings.NewReader("x"), 1, minio.PutObjectOptions{}); minio.ToErrorResponse(err).Code != "AccessDenied" {
		t.Errorf("the reader of gold may write: %v", err)
	}
	if err := reader.RemoveObject(t.Context(), "gold", "retail/fact_achats.parquet", minio.RemoveObjectOptions{}); minio.ToErrorResponse(err).Code != "AccessDenied" {
		t.Errorf("the reader of gold may remove: %v", err)
	}
}
