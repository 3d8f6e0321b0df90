package s3

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"goldserve/gold/lake/object"
)

// version is one version of an object. One of ETag, id and time tells it from others, besides the size.
type version struct {
	name, token string
	size        int64
	etag, id    string
	modified    time.Time
}

// condition makes a request one for the version alone. Where only its time tells it, the answer is compared: not all servers
// take a condition about times as it is meant.
func (v *version) condition(o *minio.GetObjectOptions) error {
	switch {
	case v.id != "":
		o.VersionID = v.id
	case v.etag != "":
		return o.SetMatchETag(v.etag)
	}
	return nil
}

// compare compares what an answer says with the version: a server may not know conditions.
func (v *version) compare(header http.Header, off, size int64) error {
	changed := object.Changed(v.name, "it was replaced or written to")
	total := v.size
	if text := header.Get("Content-Range"); text != "" {
		_, after, _ := strings.Cut(text, "/")
		var err error
		if total, err = strconv.ParseInt(after, 10, 64); err != nil || !strings.HasPrefix(text, fmt.Sprintf("bytes %d-%d/", off, off+size-1)) {
			if err == nil && total != v.size {
				return changed
			}
			return object.Unreadable(v.name, "the server does not answer with the range that it was asked for: read the bucket from another server", fmt.Errorf("bytes %d to %d: %s", off, off+size-1, text))
		}
	} else if off > 0 || size < v.size {
		return object.Unreadable(v.name, "the server does not answer with ranges of objects: read the bucket from another server", nil)
	}
	etag := strings.Trim(header.Get("ETag"), `"`)
	switch {
	case total != v.size || v.etag != "" && etag != "" && etag != v.etag:
		return changed
	case v.etag != "" || v.id != "":
		return nil
	}
	if modified, err := http.ParseTime(header.Get("Last-Modified")); err == nil && !modified.Equal(v.modified.Truncate(time.Second)) {
		return changed
	}
	return nil
}
