//go:build e2e

package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/storetest"
	"goldserve/test/fixture"
)

// slowDown is how Amazon's S3 answers who asks too much.
func slowDown(w http.ResponseWriter) {
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>`)
}

func TestRequestsAreMadeAgain(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		content := random(1, 2*blockSize)
		bucket.Put(t, "x", content)
		f := fixture.NewFront(t, bucket.Endpoint)
		var asked atomic.Int64
		f.Before = func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			if asked.Add(1)%2 == 1 {
				slowDown(w)
				return true
			}
			return false
		}
		b := open(t, Config{Location: bucket.Location(""), Endpoint: f.URL})
		p := make([]byte, len(content))
		if _, err := stat(t, b, "x").ReadAt(t.Context(), p, 0); err != nil || !bytes.Equal(p, content) {
			t.Errorf("other bytes, %v", err)
		}
	})
}

func TestAServerThatNeverHasTime(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	bucket.Put(t, "x", random(1, 100))
	f := fixture.NewFront(t, bucket.Endpoint)
	b := open(t, Config{Location: bucket.Location(""), Endpoint: f.URL})
	r := stat(t, b, "x")
	f.Before = func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		slowDown(w)
		return true
	}
	b.pause = 10 * time.Millisecond
	_, err := r.ReadAt(t.Context(), make([]byte, 1), 0)
	wantError(t, err, gold.CodeSourceUnreadable, "x: the server "+f.URL+" keeps answering 503 SlowDown: it is overloaded or has failed; try again later")
	if f.Gets() != maxTries {
		t.Errorf("%d tries, want %d", f.Gets(), maxTries)
	}
	b.pause = time.Minute
	if !Unreachable(err) {
		t.Errorf("%v: want that it can't be reached", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := r.ReadAt(ctx, make([]byte, 1), 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline of who reads", err)
	}
	if err := b.Look(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline of who looks", err)
	}
}

// TestAnswersThatBreakOffGoOn: a connection that is cut in the middle of a range, again and again, costs no byte twice.
func TestAnswersThatBreakOffGoOn(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		content := random(1, 3*blockSize)
		bucket.Put(t, "x", content)
		// Each connection ends after 3 MB.
		b := open(t, Config{Location: bucket.Location(""), Endpoint: toxic(t, bucket.Endpoint, `{"type": "limit_data", "attributes": {"bytes": 3000000}}`)})
		if sum, err := readAll(t.Context(), stat(t, b, "x"), 1<<20); err != nil || sum != sha256.Sum256(content) {
			t.Errorf("other bytes, %v", err)
		}
		f := fixture.NewFront(t, bucket.Endpoint)
		var passed atomic.Int64
		f.After = func(r *http.Response) error {
			if r.StatusCode == http.StatusPartialContent {
				r.Body = &cut{r.Body, 5 << 20, &passed}
			}
			return nil
		}
		b = open(t, Config{Location: bucket.Location(""), Endpoint: f.URL})
		if sum, err := readAll(t.Context(), stat(t, b, "x"), 1<<20); err != nil || sum != sha256.Sum256(content) {
			t.Errorf("other bytes, %v", err)
		}
		if most := int64(len(content)) * 11 / 10; passed.Load() > most {
			t.Errorf("%d bytes were read of an object of %d", passed.Load(), len(content))
		}
	})
}

// cut is a body that breaks off.
type cut struct {
	io.ReadCloser
	left   int
	passed *atomic.Int64
}

func (c *cut) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, errors.New("cut")
	}
	n, err := c.ReadCloser.Read(p[:min(len(p), c.left)])
	c.left -= n
	c.passed.Add(int64(n))
	return n, err
}

func TestASlowNetworkIsWaitedFor(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	content := random(1, blockSize)
	bucket.Put(t, "x", content)
	b := open(t, Config{Location: bucket.Location(""), Endpoint: toxic(t, bucket.Endpoint, `{"type": "latency", "attributes": {"latency": 300, "jitter": 100}}`)})
	if sum, err := readAll(t.Context(), stat(t, b, "x"), 1<<20); err != nil || sum != sha256.Sum256(content) {
		t.Errorf("other bytes, %v", err)
	}
}

// toxic starts a toxiproxy before a server, with a fault in what comes from it, and returns its URL.
func toxic(t *testing.T, server, toxic string) string {
	t.Helper()
	control, listen := fixture.FreeAddress(t), fixture.FreeAddress(t)
	host, port, err := net.SplitHostPort(control)
	if err != nil {
		t.Fatal(err)
	}
	// #nosec G204 -- the tests' own program
	fixture.StartServer(t, exec.CommandContext(t.Context(), storetest.Toxiproxy(t), "-host", host, "-port", port), control)
	for _, step := range [][2]string{
		{"/proxies", fmt.Sprintf(`{"name": "s3", "listen": %q, "upstream": %q, "enabled": true}`, listen, strings.TrimPrefix(server, "http://"))},
		{"/proxies/s3/toxics", toxic},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+control+step[0], strings.NewReader(step[1]))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode >= 300 {
			t.Fatalf("%s: %d %s %v", step[0], answer.StatusCode, text, err)
		}
	}
	return "http://" + listen
}

func TestWhatIsWrongIsSaidWithWhatToDo(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		bucket.Put(t, "gold/x", []byte("1"))
		good := Config{Location: bucket.Location("gold"), Endpoint: bucket.Endpoint}
		nobody := "http://" + fixture.FreeAddress(t)
		for name, c := range map[string]struct {
			change  func(t *testing.T, c *Config)
			word    string
			missing bool // the server can't be reached
		}{
			"another bucket": {func(_ *testing.T, c *Config) { c.Location = "s3://no-such-bucket-here/gold" }, "has no bucket no-such-bucket-here: check its name, and the endpoint", false},
			"another prefix": {func(_ *testing.T, c *Config) { c.Location = bucket.Location("golden") }, "the lake " + bucket.Location("golden") + " holds no object", false},
			"another key":    {func(t *testing.T, _ *Config) { t.Setenv("AWS_ACCESS_KEY_ID", "somebody") }, "does not know the access key: check AWS_ACCESS_KEY_ID", false},
			"another secret": {func(t *testing.T, _ *Config) { t.Setenv("AWS_SECRET_ACCESS_KEY", "another-canary") }, "does not accept the secret key: check AWS_SECRET_ACCESS_KEY", false},
			"no credentials": {func(t *testing.T, _ *Config) { t.Setenv("AWS_ACCESS_KEY_ID", "") }, "no credentials were found in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the profile", false},
			"nobody":         {func(_ *testing.T, c *Config) { c.Anonymous = true }, "denies access: everybody must be allowed to list the bucket", false},
			"no server":      {func(_ *testing.T, c *Config) { c.Endpoint = nobody }, "the server " + nobody + " can't be reached", true},
			"no such host":   {func(_ *testing.T, c *Config) { c.Endpoint = "http://no-such-host.invalid:9000" }, "the server http://no-such-host.invalid:9000 can't be reached", true},
			"TLS":            {func(_ *testing.T, c *Config) { c.Endpoint = "https" + strings.TrimPrefix(c.Endpoint, "http") }, "speaks HTTP without TLS: give its endpoint as http://", false},
		} {
			t.Run(name, func(t *testing.T) {
				changed := good
				c.change(t, &changed)
				err := open(t, changed).Look(t.Context())
				wantError(t, err, gold.CodeLakeNotFound, c.word)
				if Unreachable(err) != c.missing {
					t.Errorf("%v: can't be reached: %t", err, !c.missing)
				}
			})
		}
	})
}

// TestAnswersOfOtherServers: what the tests' servers do not answer.
func TestAnswersOfOtherServers(t *testing.T) {
	b, err := New(Config{Location: "s3://lake/gold", Endpoint: "http://127.0.0.1:1", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	for code, word := range map[string]string{
		"RequestTimeTooSkewed":         "the clock of this machine, or of the server http://127.0.0.1:1, is wrong by more than 15 minutes: set it",
		"ExpiredToken":                 "does not accept the session token, which has expired",
		"AuthorizationHeaderMalformed": "the bucket lake lies in the region eu-west-3, and us-east-1 was used: set AWS_REGION",
		"AccessDenied":                 "denies access: the credentials must be allowed to list the bucket lake and to read its objects (s3:ListBucket, s3:GetObject)",
		"Odd":                          "answers 403 Odd",
	} {
		answer := minio.ErrorResponse{Code: code, StatusCode: http.StatusBadRequest, Region: "eu-west-3", Message: "canary"}
		if code == "AccessDenied" {
			answer.StatusCode = http.StatusForbidden
		}
		err := b.unlisted(t.Context(), answer)
		if word = strings.Replace(word, "403", "400", 1); gold.CodeOf(err) != gold.CodeLakeNotFound || !strings.Contains(messageOf(err), word) || strings.Contains(fmt.Sprintf("%v %+v", err, err), "canary") || Unreachable(err) {
			t.Errorf("%s: %v, want %q", code, err, word)
		}
	}
}

// TestAServerChoosesNoWords: of what an answer says, only what is a code or a region is told.
func TestAServerChoosesNoWords(t *testing.T) {
	b, err := New(Config{Location: "s3://lake/gold", Endpoint: "http://127.0.0.1:1", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range []string{"eu-west-3 canary", "canary\x1b[2J", strings.Repeat("canary", 1000)} {
		err := b.unlisted(t.Context(), minio.ErrorResponse{Code: "PermanentRedirect", StatusCode: http.StatusMovedPermanently, Region: region})
		if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "canary") || !strings.Contains(text, "the bucket lake lies in another region") {
			t.Errorf("%.200s", text)
		}
	}
	err = b.unlisted(t.Context(), minio.ErrorResponse{Code: strings.Repeat("Canary", 1000), StatusCode: http.StatusBadRequest})
	if text := fmt.Sprintf("%v %+v", err, err); strings.Contains(text, "Canary") {
		t.Errorf("%.200s", text)
	}
}

func TestAnETagIsNoVersionID(t *testing.T) {
	for token, want := range map[string]version{
		"s3 0123 1 etag a version b": {etag: "a version b"}, "s3 0123 1 version b": {id: "b"}, "s3 0123 1 time 5": {},
	} {
		if v := versionOf(object.Info{Token: token}); v.etag != want.etag || v.id != want.id {
			t.Errorf("%s: %+v", token, v)
		}
	}
}

func messageOf(err error) string {
	known, _ := errors.AsType[*gold.Error](err)
	return known.Message
}

func TestABucketOfAnotherRegion(t *testing.T) {
	address := fixture.Versitygw(t, t.TempDir(), "goldserve-tests", "canary-of-the-tests", []string{"--region", "eu-west-3"}, nil)
	bucket := fixture.BucketAt(t, "http://goldserve-tests:canary-of-the-tests@"+address, &minio.Options{Region: "eu-west-3"})
	bucket.Environment(t)
	bucket.Put(t, "x", []byte("1"))
	wantError(t, open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint}).Look(t.Context()), gold.CodeLakeNotFound, "region", "set AWS_REGION")
	wantNames(t, open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint, Region: "eu-west-3"}), ".", "x")
	t.Setenv("AWS_DEFAULT_REGION", "eu-west-3")
	wantNames(t, open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint}), ".", "x")
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Environment(t)
	bucket.Put(t, "x", []byte("1"))
	elsewhere := fixture.NewFront(t, bucket.Endpoint)
	for _, status := range []int{http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		f := fixture.NewFront(t, bucket.Endpoint)
		b := open(t, Config{Location: bucket.Location(""), Endpoint: f.URL})
		r := stat(t, b, "x")
		f.Before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, status)
			return true
		}
		wantError(t, b.Look(t.Context()), gold.CodeLakeNotFound, "redirects are not followed")
		_, err := r.ReadAt(t.Context(), make([]byte, 1), 0)
		wantError(t, err, gold.CodeSourceUnreadable, "redirects are not followed")
	}
	if len(elsewhere.Requests()) > 0 {
		t.Errorf("another server was asked: %s", elsewhere.Requests())
	}
}

func TestCertificatesOfAnAuthorityOfOnesOwn(t *testing.T) {
	certificate, key := fixture.WriteCertificate(t, t.TempDir(), 1)
	address := fixture.Versitygw(t, t.TempDir(), "goldserve-tests", "canary-of-the-tests", []string{"--cert", certificate, "--key", key}, nil)
	via := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	bucket := fixture.BucketAt(t, "https://goldserve-tests:canary-of-the-tests@"+address, &minio.Options{Region: "us-east-1", Transport: via})
	bucket.Environment(t)
	bucket.Put(t, "x", []byte("1"))
	c := Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint}
	wantError(t, open(t, c).Look(t.Context()), gold.CodeLakeNotFound, "has a certificate that this machine does not trust", "AWS_CA_BUNDLE")
	t.Setenv("AWS_CA_BUNDLE", certificate)
	wantNames(t, open(t, c), ".", "x")
	other := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(other, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", other)
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), "holds no certificate: expected PEM") {
		t.Errorf("%v", err)
	}
}

func TestBucketsInTheNameOfTheHost(t *testing.T) {
	address := fixture.Versitygw(t, t.TempDir(), "goldserve-tests", "canary-of-the-tests", []string{"--virtual-domain", "s3.test"}, nil)
	bucket := fixture.BucketAt(t, "http://goldserve-tests:canary-of-the-tests@"+address, nil)
	bucket.Environment(t)
	bucket.Put(t, "gold/x", []byte("1"))
	b, err := New(Config{Location: bucket.Location("gold"), Endpoint: "http://s3.test", Addressing: Virtual, ScratchDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	var host string
	b.transport.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		host = to
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}
	wantNames(t, b, ".", "x")
	if want := bucket.Name + ".s3.test:80"; host != want {
		t.Errorf("the host %s, want %s", host, want)
	}
}

func TestABucketThatEverybodyMayRead(t *testing.T) {
	onEach(t, func(t *testing.T, bucket *fixture.Bucket) {
		policy := fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::%s"]},
			{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::%s/*"]}]}`, bucket.Name, bucket.Name)
		if err := bucket.Client.SetBucketPolicy(t.Context(), bucket.Name, policy); err != nil {
			t.Fatal(err)
		}
		bucket.Put(t, "x", []byte("1"))
		t.Setenv("AWS_ACCESS_KEY_ID", "")
		b := open(t, Config{Location: bucket.Location(""), Endpoint: bucket.Endpoint, Anonymous: true})
		if sum, err := readAll(t.Context(), stat(t, b, "x"), 10); err != nil || sum != sha256.Sum256([]byte("1")) {
			t.Errorf("other bytes, %v", err)
		}
	})
}

// TestCredentialsAreFoundWhereToolsLook: in variables, and in profiles of both files.
func TestCredentialsAreFoundWhereToolsLook(t *testing.T) {
	bucket := fixture.Buckets(t)[0]
	bucket.Put(t, "x", []byte("1"))
	keys := "aws_access_key_id = " + bucket.Key + "\naws_secret_access_key = " + bucket.Secret + "\n"
	for name, c := range map[string]struct{ credentials, config, profile string }{
		"the default profile":         {"[default]\n" + keys, "", ""},
		"a profile":                   {"[default]\naws_access_key_id = somebody\naws_secret_access_key = else\n[lake]\n" + keys, "", "lake"},
		"a profile of the other file": {"", "[profile lake]\nregion = us-east-1\n" + keys, "lake"},
		"with its endpoint":           {"[lake]\n" + keys, "[profile lake]\nregion = us-east-1\nendpoint_url = " + bucket.Endpoint + "\n", "lake"},
	} {
		t.Run(name, func(t *testing.T) {
			fixture.NoAWS(t)
			for file, text := range map[string]string{"AWS_SHARED_CREDENTIALS_FILE": c.credentials, "AWS_CONFIG_FILE": c.config} {
				if err := os.WriteFile(os.Getenv(file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("AWS_PROFILE", c.profile)
			endpoint := bucket.Endpoint
			if strings.Contains(c.config, "endpoint_url") {
				endpoint = ""
			}
			wantNames(t, open(t, Config{Location: bucket.Location(""), Endpoint: endpoint}), ".", "x")
		})
	}
}

// TestRolesFollowNoRedirects: the token that a role is asked for with goes to the server that the user gave.
func TestRolesFollowNoRedirects(t *testing.T) {
	fixture.NoAWS(t)
	var sent atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent.Add(1) }))
	defer elsewhere.Close()
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer sts.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("canary"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token)
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/lake")
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	if _, err := (&chain{}).Retrieve(); !errors.Is(err, errNoCredentials) {
		t.Error(err)
	}
	if n := sent.Load(); n > 0 {
		t.Errorf("another server was asked %d times", n)
	}
}

func TestLocationsAndEndpointsThatAreNone(t *testing.T) {
	fixture.NoAWS(t)
	for _, c := range []struct{ location, endpoint, word string }{
		{"s3://", "", "expected s3://BUCKET/PREFIX"},
		{"s3://key:canary@lake/gold", "", "without credentials: give them as AWS_ACCESS_KEY_ID"},
		{"s3://lake/gold?versionId=1", "", "without ? and #"},
		{"s3://s3a://lake/gold", "", "the bucket's name is \"s3a:\""},
		{"s3://Lake_/gold", "", "the bucket's name is \"Lake_\""},
		{"s3://lake/gold", "minio:9000", "endpoint: expected the URL of a server, such as http://minio:9000"},
		{"s3://lake/gold", "http://key:canary@minio:9000", "endpoint: expected the URL of a server without credentials"},
		{"s3://lake/gold", "http://minio:9000/lake", "without a path, such as http://minio:9000"},
	} {
		_, err := New(Config{Location: c.location, Endpoint: c.endpoint})
		if err == nil || !strings.Contains(err.Error(), c.word) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s at %s: %v, want %q", c.location, c.endpoint, err, c.word)
		}
	}
	for location, want := range map[string]string{"s3a://lake/gold/": "s3://lake/gold", "s3://lake": "s3://lake", "s3://lake//a/b/": "s3://lake/a/b"} {
		if b, err := New(Config{Location: location}); err != nil || b.String() != want {
			t.Errorf("%s: %v, %v", location, b, err)
		}
	}
}
