package s3

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"goldserve/gold"
)

const (
	maxTries     = 8 // without progress
	maxDials     = 4 // where the server can't even be reached
	longestPause = 5 * time.Second
)

// retry calls try until it succeeds, its error is one that another try would meet again, or there were too many. Tries with
// progress don't count: each goes on where the last broke off. Between two there is a pause that grows, and is a random part of
// its length, so that many who were refused at once don't come back at once.
func (s *server) retry(ctx context.Context, try func(context.Context) (progress bool, err error)) error {
	pause, tries := s.pause, 0
	for {
		progress, err := try(ctx)
		if err == nil {
			return nil
		}
		if progress {
			pause, tries = s.pause, 0
		}
		tries++
		dial := isDial(err)
		if ctx.Err() != nil || !passing(err) || tries >= maxTries || dial && tries >= maxDials {
			return err
		}
		wait := pause/2 + rand.N(pause/2) // #nosec G404 -- no secret
		s.log.Debug("a request is made again", "lake", s.String(), "why", reasonOf(err), "in", wait)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
		pause = min(2*pause, longestPause)
	}
}

// passing reports whether an error may be gone with the next try: of the network, or of a server that has too much to do.
func passing(err error) bool {
	if _, ours := errors.AsType[*gold.Error](err); ours {
		return false
	}
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		return answer.StatusCode >= 500 && answer.StatusCode != http.StatusNotImplemented || answer.StatusCode == http.StatusTooManyRequests ||
			slices.Contains([]string{"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable"}, answer.Code)
	}
	var disk *os.PathError // of the spool
	return !errors.As(err, &disk) && !errors.Is(err, errNoCredentials) && !isTrust(err) && !isPlain(err)
}

// isDial reports whether no connection to the server came about.
func isDial(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// reasonOf says why a request failed: of an answer only its code, whose words might tell more than they should.
func reasonOf(err error) string {
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		return answerOf(answer)
	}
	return err.Error()
}

// What a server's words are told by: codes of errors, and regions.
var (
	codes   = regexp.MustCompile(`^[A-Za-z]{1,64}$`)
	regions = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

// answerOf names what a server answered by its code, which has no secrets, as its words might.
func answerOf(answer minio.ErrorResponse) string {
	code := answer.Code
	if !codes.MatchString(code) {
		code = ""
	}
	if answer.StatusCode == 0 { // of the client, which could not read the answer
		return cmp.Or(code, "what is not an answer of S3")
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", answer.StatusCode, code))
}

// isTrust reports whether a certificate is not trusted.
func isTrust(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		_, ok = errors.AsType[x509.UnknownAuthorityError](err)
	}
	return ok
}

// isPlain reports whether the server does not speak TLS, and should.
func isPlain(err error) bool {
	_, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") // net/http has no value for it
}
