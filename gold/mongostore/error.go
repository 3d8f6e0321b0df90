package mongostore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/description"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"goldserve/gold"
)

// Codes of server errors, as src/mongo/base/error_codes.yml names them.
const (
	codeBadValue             = 2
	codeUnauthorized         = 13
	codeAuthenticationFailed = 18
	codeNamespaceNotFound    = 26
	codeIndexNotFound        = 27
	codeCursorNotFound       = 43
	codeNamespaceExists      = 48
	codeMaxTimeMSExpired     = 50
	codeWriteConcernFailed   = 64
	codeIndexOptionsConflict = 85
	codeWriteConflict        = 112
	codeQueryPlanKilled      = 175
	codeExceededTimeLimit    = 262
	codeDuplicateKey         = 11000
)

// transientCodes are those of servers that can't answer now and of elections: HostUnreachable, HostNotFound,
// WriteConcernFailed, NetworkTimeout, ShutdownInProgress, ReadConcernMajorityNotAvailableYet, PrimarySteppedDown,
// ExceededTimeLimit, SocketException, NotPrimaryOrSecondary (old), NotWritablePrimary, InterruptedAtShutdown,
// InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary.
var transientCodes = []int{6, 7, codeWriteConcernFailed, 89, 91, 134, 189, codeExceededTimeLimit, 9001, 10058, 10107, 11600, 11602, 13435, 13436}

// fail gives an error of the driver its meaning. doing is a clause in the infinitive: "open the store".
func (s *Store) fail(ctx context.Context, doing string, err error) error {
	_, known := errors.AsType[*gold.Error](err)
	switch {
	case known || err == nil:
		return err
	case errors.Is(ctx.Err(), context.Canceled), errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	case hasCode(err, codeMaxTimeMSExpired, codeExceededTimeLimit), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return overdue(doing, err)
	case refused(err):
		return &gold.Error{
			Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Err: err,
			Message: fmt.Sprintf("%s: MongoDB at %s refuses the user of the store's URI: check its name, password, authSource and rights", doing, s.hosts),
		}
	case transient(err):
		return &gold.Error{
			Kind: gold.Unavailable, Code: gold.CodeStoreUnavailable, Err: shortened(err),
			Message: fmt.Sprintf("%s: MongoDB at %s can't be reached now: check that it runs and that the store's URI names it", doing, s.hosts),
		}
	case errors.Is(err, context.DeadlineExceeded):
		// Too little was left for the driver to begin.
		return overdue(doing, err)
	default:
		return &gold.Error{Kind: gold.Internal, Code: gold.CodeStoreFailed, Message: doing + ": MongoDB failed; look at the server's log, and run it again", Err: err}
	}
}

// selectionError is an error of choosing a server whose text is why the servers can't be reached, rather than the driver's view
// of them all.
type selectionError struct {
	error // the driver's

	cause string
}

func (u selectionError) Error() string { return u.cause }
func (u selectionError) Unwrap() error { return u.error }

func shortened(err error) error {
	selection, ok := errors.AsType[topology.ServerSelectionError](err)
	if !ok {
		return err
	}
	cause := "no server that fits answered in time"
	for _, s := range selection.Desc.Servers {
		if s.LastError == nil {
			continue
		}
		cause = s.LastError.Error()
		if network, ok := errors.AsType[*net.OpError](s.LastError); ok {
			cause = network.Err.Error()
		}
		break
	}
	return selectionError{err, cause}
}

func overdue(doing string, err error) error {
	return &gold.Error{Kind: gold.Timeout, Code: gold.CodeQueryTimeout, Message: doing + ": the time for it is over; run it again when the server is less busy", Err: err}
}

// hasCode reports whether the server returned one of the codes, for the command, one of its writes or its write
// concern.
func hasCode(err error, codes ...int) bool {
	se, ok := errors.AsType[mongo.ServerError](err)
	return ok && slices.ContainsFunc(codes, se.HasErrorCode)
}

// refused reports whether the server refuses the user of the URI.
func refused(err error) bool { return hasCode(err, codeUnauthorized, codeAuthenticationFailed) }

// hasAnyCode reports whether it was the server that answered with the error: what was asked for has ended there.
func hasAnyCode(err error) bool {
	if ce, ok := errors.AsType[mongo.CommandError](err); ok {
		return ce.Code != 0
	}
	_, ok := errors.AsType[mongo.WriteException](err) // of its write concern
	return ok
}

// transient reports whether the same operation may succeed a little later: no server was reached, it gave up its
// role, or it asks for patience.
func transient(err error) bool {
	if _, known := errors.AsType[*gold.Error](err); known {
		return false
	}
	if se, ok := errors.AsType[mongo.ServerError](err); ok {
		return slices.ContainsFunc(transientCodes, se.HasErrorCode) ||
			se.HasErrorCode(codeWriteConflict) ||
			slices.ContainsFunc([]string{"NetworkError", "RetryableWriteError", "RetryableError", "SystemOverloadedError", "TransientTransactionError"}, se.HasErrorLabel)
	}
	// Both wrap an exceeded deadline, the driver's own: it waits for a server and for a connection for a while only.
	_, server := errors.AsType[topology.ServerSelectionError](err)
	_, connection := errors.AsType[topology.WaitQueueTimeoutError](err)
	if server || connection {
		return !errors.Is(err, context.Canceled)
	}
	_, marshal := errors.AsType[mongo.MarshalError](err)
	_, argument := errors.AsType[mongo.InvalidArgumentError](err)
	if marshal || argument || errors.Is(err, mongo.ErrNoDocuments) {
		return false
	}
	// What is left comes from the network: a refused or lost connection, a pool that another operation cleared.
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// noServerYet reports whether no server was chosen in time because those that there are haven't said anything yet, not even
// that they can't be reached.
func noServerYet(err error) bool {
	selection, ok := errors.AsType[topology.ServerSelectionError](err)
	return ok && !slices.ContainsFunc(selection.Desc.Servers, func(s description.Server) bool { return s.LastError != nil })
}

// electionTime bounds how long a write waits for a new primary; elections take 12 s at most by default.
const electionTime = 30 * time.Second

// retry runs an operation that may be repeated until it ends in something else than a transient error, with a
// growing pause, for at most electionTime. attempt counts from 0.
func retry(ctx context.Context, op func(attempt int) error) error {
	end := time.Now().Add(electionTime)
	for attempt := 0; ; attempt++ {
		err := op(attempt)
		if err == nil || !transient(err) || time.Now().After(end) {
			return err
		}
		if pause(ctx, min(50*time.Millisecond<<min(attempt, 5), time.Second)) != nil {
			return err
		}
	}
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// uriError says what is wrong with a URI without repeating its secrets. Where the names of a mongodb+srv:// URI can't be
// looked up now, the URI may be right.
func uriError(uri string, err error) error {
	if _, lookup := errors.AsType[*net.DNSError](err); lookup {
		return gold.Errorf(gold.Unavailable, gold.CodeStoreUnavailable, "the hosts of the store's URI can't be looked up: check its name and this machine's DNS: %s", redact(uri, err.Error()))
	}
	return &gold.Error{
		Kind: gold.Invalid, Code: gold.CodeInvalidParameter,
		Message:  "the store's URI can't be used: " + redact(uri, err.Error()),
		Problems: []gold.Problem{{Parameter: "store", Code: gold.CodeInvalidParameter, Detail: redact(uri, err.Error())}},
	}
}

// redact removes a URI's credentials and options from a text.
func redact(uri, text string) string {
	_, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	secrets := []string{query}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, password, _ := strings.Cut(rest[:at], ":")
		secrets = append(secrets, rest[:at], password, user)
	}
	for _, pair := range strings.FieldsFunc(query, func(r rune) bool { return r == '&' || r == ';' }) {
		_, value, _ := strings.Cut(pair, "=")
		secrets = append(secrets, value)
	}
	for _, secret := range secrets {
		plain, err := url.PathUnescape(secret)
		if err != nil {
			plain = secret
		}
		for _, form := range []string{secret, plain} {
			if len(form) > 2 {
				text = strings.ReplaceAll(text, form, "***")
			}
		}
	}
	return text
}
