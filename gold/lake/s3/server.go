package s3

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
)

// server is a bucket at its server, and how it is asked.
type server struct {
	config         Config // settled
	bucket, prefix string
	identity       string // of endpoint and bucket, in tokens
	client         *minio.Core
	transport      *http.Transport
	requests       chan struct{} // one for each that is on its way
	copyPart       uint64        // how many bytes the server copies with one request
	pause          time.Duration // before a request is made again for the first time
	log            *slog.Logger
}

func newServer(c Config) (*server, error) {
	bucket, prefix, err := parseLocation(c.Location)
	if err != nil {
		return nil, err
	}
	c.settle()
	if err := c.checkGiven(); err != nil {
		return nil, err
	}
	via, err := transport()
	if err != nil {
		return nil, err
	}
	client, err := c.client(via)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(c.Endpoint + " " + bucket))
	return &server{
		config: c, bucket: bucket, prefix: prefix, identity: hex.EncodeToString(sum[:8]), client: client, transport: via,
		requests: make(chan struct{}, maxRequests), copyPart: copyPart, pause: firstPause, log: cmp.Or(c.Logger, slog.New(slog.DiscardHandler)),
	}, nil
}

// firstPause is how long a request that failed is put off, for the first time.
const firstPause = 100 * time.Millisecond

// copyPart is few enough for a server to copy before it must answer, and enough for the largest object in as many parts as there may be.
const copyPart = 512 << 20

// errSlow is why a context ended that the package itself set a deadline to.
var errSlow = errors.New("the server takes too long")

// String returns the location.
func (s *server) String() string {
	name := "s3://" + s.bucket
	if s.prefix != "" {
		name += "/" + s.prefix[:len(s.prefix)-1]
	}
	return name
}

// key returns the key of an object.
func (s *server) key(name string) string { return s.prefix + name }

// request waits until a request may be made; done says that it is over.
func (s *server) request(ctx context.Context) (done func(), err error) {
	select {
	case s.requests <- struct{}{}:
		return func() { <-s.requests }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
