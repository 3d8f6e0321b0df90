package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/minio/minio-go/v7"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// errUnreachable is wrapped by errors of a server that can't be reached, or has no time: another place may be read instead.
var errUnreachable = errors.New("the server can't be reached")

// Unreachable reports whether an error says that the server can't be reached, or keeps answering that it can't serve now: not
// that it refuses, or does not have what was asked for.
func Unreachable(err error) bool { return errors.Is(err, errUnreachable) }

// unlisted returns the error of a listing that failed.
func (s *server) unlisted(ctx context.Context, err error) error {
	if ended := endOf(ctx, err); ended != nil {
		return ended
	}
	if known, ok := errors.AsType[*gold.Error](err); ok {
		return known
	}
	detail, cause := s.explain(err)
	return &gold.Error{Kind: gold.Unavailable, Code: gold.CodeLakeNotFound, Message: "the lake " + s.String() + " can't be read: " + detail, Err: cause}
}

// unread returns the error of an object that could not be read.
func (s *server) unread(ctx context.Context, name string, err error) error {
	if ended := endOf(ctx, err); ended != nil {
		return ended
	}
	if known, ok := errors.AsType[*gold.Error](err); ok {
		return known
	}
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		switch {
		case answer.StatusCode == http.StatusPreconditionFailed || answer.StatusCode == http.StatusRequestedRangeNotSatisfiable:
			return object.Changed(name, "it was replaced or written to")
		case answer.StatusCode == http.StatusNotFound && answer.Code != "NoSuchBucket":
			return object.Changed(name, "it was removed")
		}
	}
	detail, cause := s.explain(err)
	return object.Unreadable(name, detail, cause)
}

// endOf returns the context's error where that is why a request failed. A deadline of the package's own is none.
func endOf(ctx context.Context, err error) error {
	if ctx.Err() == nil || errors.Is(context.Cause(ctx), errSlow) {
		return nil
	}
	if known, ok := errors.AsType[*gold.Error](err); ok {
		return known
	}
	return ctx.Err()
}

// explain says why the server did not do what it was asked to, and what to do. cause is for the log; it has none of the server's
// own words, which might repeat what was sent.
func (s *server) explain(err error) (detail string, cause error) {
	at := "the server " + s.config.Endpoint
	if answer, ok := errors.AsType[minio.ErrorResponse](err); ok {
		if detail := s.explainAnswer(answer); detail != "" {
			return detail, errors.New(answerOf(answer))
		}
		if passing(err) {
			return fmt.Sprintf("%s keeps answering %s: it is overloaded or has failed; try again later", at, answerOf(answer)), errUnreachable
		}
		return fmt.Sprintf("%s answers %s", at, answerOf(answer)), nil
	}
	switch {
	case errors.Is(err, errNoCredentials):
		return err.Error() + ": set them, or read the bucket without any if it is public", nil
	case isTrust(err):
		return at + " has a certificate that this machine does not trust: name its authority's certificates in AWS_CA_BUNDLE, or use the name that the certificate is for", err
	case isPlain(err):
		return at + " speaks HTTP without TLS: give its endpoint as http://…", err
	default:
		return at + " can't be reached, or does not answer as an S3 server does: check the endpoint, the network, and that the server runs", fmt.Errorf("%w: %w", errUnreachable, err)
	}
}

// explainAnswer explains what a server refuses; empty where its own code says most.
func (s *server) explainAnswer(answer minio.ErrorResponse) string {
	at := "the server " + s.config.Endpoint
	if s.config.Given != nil {
		switch answer.Code {
		case "InvalidAccessKeyId", "XAdminUserNotFound", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "ExpiredTokenException":
			return at + " does not accept the credentials that the catalog gave for the table, or no longer: publish again, which asks for new ones"
		}
	}
	switch answer.Code {
	case "NoSuchBucket":
		return fmt.Sprintf("%s has no bucket %s: check its name, and the endpoint", at, s.bucket)
	case "InvalidAccessKeyId", "XAdminUserNotFound": // the second is versitygw's
		return at + " does not know the access key: check AWS_ACCESS_KEY_ID, or the profile of AWS_PROFILE, and that they are for this server"
	case "SignatureDoesNotMatch":
		return at + " does not accept the secret key: check AWS_SECRET_ACCESS_KEY, or the profile of AWS_PROFILE"
	case "ExpiredToken", "InvalidToken", "ExpiredTokenException":
		return at + " does not accept the session token, which has expired or belongs to another key: get new credentials"
	case "RequestTimeTooSkewed", "RequestExpired":
		return "the clock of this machine, or of " + at + ", is wrong by more than 15 minutes: set it"
	case "AuthorizationHeaderMalformed", "InvalidRegion", "PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException":
		return s.explainRegion(answer)
	}
	switch {
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		who := "the credentials"
		switch {
		case s.config.Given != nil:
			who = "the credentials that the catalog gave for the table"
		case s.config.Anonymous:
			who = "everybody"
		}
		return fmt.Sprintf("%s denies access: %s must be allowed to list the bucket %s and to read its objects (s3:ListBucket, s3:GetObject)", at, who, s.bucket)
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return s.explainRegion(answer)
	}
	return ""
}

func (s *server) explainRegion(answer minio.ErrorResponse) string {
	used := s.config.Region
	if used == "" {
		used = "none"
	}
	if regions.MatchString(answer.Region) && answer.Region != used {
		return fmt.Sprintf("the bucket %s lies in the region %s, and %s was used: set AWS_REGION, or the region, to %s", s.bucket, answer.Region, used, answer.Region)
	}
	return fmt.Sprintf("the bucket %s lies in another region, or at another server, than was asked for (region %s, %s): set AWS_REGION, or the region, and the endpoint; redirects are not followed",
		s.bucket, used, s.config.Endpoint)
}
