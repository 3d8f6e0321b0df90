package s3

import (
	"strings"
	"testing"
)

// TestGivenCredentialsGoToTheNamedServerAlone: whatever server is named for them.
func TestGivenCredentialsGoToTheNamedServerAlone(t *testing.T) {
	const minio = "http://minio:9000"
	for _, c := range []struct {
		used, given string
		fine        bool
	}{
		{minio, "", true},
		{minio, "http://MinIO:9000/", true},
		{"https://s3.example.com", "https://s3.example.com:443", true},
		{"http://minio", "http://minio:80", true},
		{minio, "https://minio:9000", false},
		{minio, "http://minio:9001", false},
		{minio, "http://minio.example.com:9000", false},
		{minio, "https://s3.amazonaws.com", false},
		{minio, "minio:9000", false},
		{minio, "http://key:canary@minio:9000", false},
		{minio, "http://minio:9000/canary", false},
		{amazon, "https://s3.eu-west-1.amazonaws.com", true},
		{amazon, "https://s3.amazonaws.com", true},
		{amazon, "http://s3.eu-west-1.amazonaws.com", false},
		{amazon, "https://s3.evil.example.com", false},
		{amazon, "https://s3.amazonaws.com.example.com", false},
	} {
		config := Config{Location: "s3://tests/t", Endpoint: c.used, Given: new(Keys), GivenFor: c.given, ScratchDir: t.TempDir()}
		config.Given.Set("k", "canary", "")
		b, err := New(config)
		if (err == nil) != c.fine || err != nil && (strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "s3.endpoint")) {
			t.Errorf("%q at %q: %v", c.given, c.used, err)
		}
		if err == nil {
			_ = b.Close()
		}
	}
}

// TestGivenCredentialsAreReplaced for the next request.
func TestGivenCredentialsAreReplaced(t *testing.T) {
	config := Config{Location: "s3://tests/t", Endpoint: "http://minio:9000", Given: new(Keys), ScratchDir: t.TempDir()}
	config.Given.Set("one", "canary", "")
	b, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	for _, key := range []string{"one", "two", "two"} {
		config.Given.Set(key, "canary", "token")
		value, err := b.client.GetCreds()
		if err != nil || value.AccessKeyID != key || value.SessionToken != "token" {
			t.Errorf("%s, %v", value.AccessKeyID, err)
		}
	}
}
