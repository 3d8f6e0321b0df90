package respond

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"goldserve/api/edge"
)

// The encodings of bodies beside the plain one.
const (
	EncodingZstd = "zstd"
	EncodingGzip = "gzip"
)

// MinCompressed is the smallest body that is compressed: less than that fits into one packet anyway.
const MinCompressed = 1 << 10

// maxAcceptEncoding bounds the codings of one request that are looked at.
const maxAcceptEncoding = 32

// EncodingFor chooses an encoding by the q-values of Accept-Encoding: the client's favourite, zstd before gzip before
// none where it has no favourite. Without the header a client gets the plain body, and so does one that refuses all.
func EncodingFor(header []string) string {
	best, bestQ := "", 0.0
	qualities := map[string]float64{}
	for i, item := range splitHeader(header) {
		if i == maxAcceptEncoding {
			break
		}
		name, q := codingOf(item)
		if _, twice := qualities[name]; !twice {
			qualities[name] = q
		}
	}
	rest, hasRest := qualities["*"]
	for _, name := range []string{EncodingZstd, EncodingGzip, "identity"} {
		q, named := qualities[name]
		switch {
		case !named && hasRest && name != "identity":
			q = rest
		case !named:
			continue // the plain body is there for who names nothing that he likes better
		}
		if q > bestQ {
			best, bestQ = name, q
		}
	}
	if best == "identity" {
		return ""
	}
	return best
}

func splitHeader(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return strings.Split(strings.Join(values, ","), ",")
}

// codingOf reads an item such as "gzip;q=0.5".
func codingOf(item string) (name string, q float64) {
	name, weight, _ := strings.Cut(item, ";")
	name, q = strings.ToLower(strings.TrimSpace(name)), 1
	key, value, given := strings.Cut(strings.TrimSpace(weight), "=")
	if given && strings.EqualFold(strings.TrimSpace(key), "q") {
		q = edge.ParseQuality(strings.TrimSpace(value))
	}
	return name, q
}

// Compressor compresses bodies. It is safe for concurrent use.
type Compressor struct{ zstd *zstd.Encoder }

// newCompressor returns a compressor of bodies.
func newCompressor() (*Compressor, error) {
	// One goroutine's worth of memory for each body that is compressed at once; windows as small as bodies are.
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, fmt.Errorf("prepare zstd: %w", err)
	}
	return &Compressor{encoder}, nil
}

// Compress returns a body in an encoding.
func (c *Compressor) Compress(encoding string, body []byte) ([]byte, error) {
	if encoding == EncodingZstd {
		return c.zstd.EncodeAll(body, make([]byte, 0, len(body)/4)), nil
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(body)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("compress a body: %w", err)
	}
	return out.Bytes(), nil
}
