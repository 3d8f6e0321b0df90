//go:build e2e

package s3

import (
	"bytes"
	"crypto/rand"
	"io"
	"slices"
	"testing"

	"goldserve/gold"
	"goldserve/test/fixture"
)

func TestObjectsAreCopiedByTheServer(t *testing.T) {
	for _, bucket := range fixture.Buckets(t) {
		other := fixture.BucketAt(t, "http://"+bucket.Key+":"+bucket.Secret+"@"+bucket.Endpoint[len("http://"):], nil)
		bucket.Environment(t)
		at := func(location string) *Bucket {
			b, err := New(Config{Location: location, Endpoint: bucket.Endpoint})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close() })
			b.copyPart = 6 << 20
			return b
		}
		from := at(bucket.Location("from"))
		for name, size := range map[string]int{"none": 0, "a [1] é%20 +&?.parquet": 100, "parts": 20 << 20} {
			content := make([]byte, size)
			_, _ = rand.Read(content)
			bucket.Put(t, "from/"+name, content)
			for _, to := range []*Bucket{at(bucket.Location("to")), at(other.Location("x/y"))} {
				info, err := to.Copy(t.Context(), "gold/"+name, from, name)
				if err != nil || info.Size != int64(size) || info.Token == "" {
					t.Errorf("%s: %+v, %v", name, info, err)
				}
				var got bytes.Buffer
				if _, err := to.Get(t.Context(), "gold/"+name, func() (io.Writer, error) { got.Reset(); return &got, nil }); err != nil || !bytes.Equal(got.Bytes(), content) {
					t.Errorf("%s: %d bytes of %d, %v", name, got.Len(), size, err)
				}
			}
		}
		if _, err := at(bucket.Location("to")).Copy(t.Context(), "x", from, "gone"); gold.CodeOf(err) != gold.CodeBuildFailed {
			t.Errorf("an object that is not there: %v", err)
		}
	}
}

func TestFoldersAreRemovedWithWhatStandsForThem(t *testing.T) {
	for _, bucket := range fixture.Buckets(t) {
		bucket.Environment(t)
		b, err := New(Config{Location: bucket.Location("lake/_scratch"), Endpoint: bucket.Endpoint})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = b.Close() })
		for _, key := range []string{"lake/x", "lake/_scratch/y", "lake/_scratch/kept/", "lake/_scratch/kept/z", "lake/_scratch/kept/gone/w", "lake/_scratchy/gone/v"} {
			bucket.Put(t, key, nil)
		}
		want := bucket.Keys(t, "")
		for _, key := range []string{"gone/", "gone/a/", "gone/a/b/", "gone/a/b/c", "gone/a+b", "gone/d/e"} {
			bucket.Put(t, "lake/_scratch/"+key, nil)
		}
		for range 2 {
			if err := b.RemoveFolders(t.Context(), func(folder string) bool { return folder == "gone" }); err != nil {
				t.Fatal(err)
			}
			if got := bucket.Keys(t, ""); !slices.Equal(got, want) {
				t.Errorf("left %v, expected %v", got, want)
			}
		}
	}
}
