package mongostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"goldserve/gold"
)

// defaultDatabase is the serving database where neither Options nor the URI name one.
const defaultDatabase = "gold_serving"

// aggregateMemory bounds what one aggregation holds here, where the server can't compute it and Options say nothing.
const aggregateMemory = 256 << 20

// Options say how a store is opened; the zero value is usual.
type Options struct {
	Database         string        // the serving database; "": the URI's, else defaultDatabase
	ReleasesDatabase string        // "": the serving database's name with _releases
	Logger           *slog.Logger  // nil: none
	ReadOnly         bool          // every method of gold.Writer but State is refused
	Patient          bool          // a server that can't be reached is no error of Open, which logs it: it may come later
	Memory           int64         // bytes that one aggregation may hold here; 0: 256 MiB
	Seals            *gold.Seals   // that are known already; nil: none
	RefreshTTL       time.Duration // how long one rewrite of a BI collection may take; 0: by its rows, at least 60 s
}

// Store is a MongoDB deployment seen as a gold.Store. It is safe for concurrent use.
type Store struct {
	client     *mongo.Client
	leases     *mongo.Client // of its own, so that a busy pool never delays a renewal; nil where read only
	serving    *mongo.Database
	releases   *mongo.Database
	log        *slog.Logger
	hosts      string // for messages
	readOnly   bool
	replicated bool // a replica set or a sharded cluster
	sharded    bool
	memory     int64
	refreshTTL time.Duration

	switching sync.Mutex // a number is written and named by one switch at a time
	sizes     sync.Map   // bytes by location, once they are final
	cache     releaseCache
	decoded   *gold.Seals
}

var (
	_ gold.Store  = (*Store)(nil)
	_ gold.Mirror = (*Store)(nil)
	_ gold.Lister = (*Store)(nil)
	_ gold.Shower = (*Store)(nil)
)

// Open connects to the deployment that a mongodb:// or mongodb+srv:// URI names. It returns Invalid where the URI
// can't be used and Unavailable where no server answers or the credentials are refused.
func Open(ctx context.Context, uri string, o Options) (*Store, error) {
	opts, err := clientOptions(uri)
	if err != nil {
		return nil, err
	}
	database := cmp.Or(o.Database, uriDatabase(uri), defaultDatabase)
	releases := cmp.Or(o.ReleasesDatabase, database+"_releases")
	for _, name := range []string{database, releases} {
		if err := checkDatabaseName(name); err != nil {
			return nil, err
		}
	}
	if releases == database {
		return nil, gold.Invalidf(gold.Problem{Parameter: "releases-db", Code: gold.CodeInvalidParameter},
			"%s is the serving database too: versions and what people see lie in two databases", database)
	}
	s := &Store{
		log:        cmp.Or(o.Logger, slog.New(slog.DiscardHandler)),
		hosts:      strings.Join(opts.Hosts, ","),
		readOnly:   o.ReadOnly,
		memory:     cmp.Or(o.Memory, aggregateMemory),
		refreshTTL: o.RefreshTTL,
		decoded:    cmp.Or(o.Seals, &gold.Seals{}),
	}
	if s.client, err = mongo.Connect(opts); err != nil {
		return nil, uriError(uri, err)
	}
	if !o.ReadOnly {
		few := *opts
		if s.leases, err = mongo.Connect(few.SetMaxPoolSize(4)); err != nil {
			return nil, errors.Join(uriError(uri, err), s.Close())
		}
	}
	s.serving = s.client.Database(database)
	s.releases = s.client.Database(releases)
	end := time.Now().Add(greetingTime)
	for err = s.greet(ctx); !o.Patient && noServerYet(err) && time.Now().Before(end) && ctx.Err() == nil; {
		err = s.greet(ctx)
	}
	if o.Patient && err != nil && transient(err) && !refused(err) && ctx.Err() == nil {
		s.log.WarnContext(ctx, "MongoDB can't be reached yet: until it can, everything is answered 503", "hosts", s.hosts, "error", redact(uri, err.Error()))
		return s, nil
	}
	if err != nil {
		return nil, errors.Join(s.fail(ctx, "open the store", err), s.Close())
	}
	return s, nil
}

// maxDatabaseName is how many bytes the name of a database has at most.
const maxDatabaseName = 63

// checkDatabaseName refuses a name that the server would refuse, on any platform.
func checkDatabaseName(name string) error {
	if bad := strings.IndexAny(name, "/\\. \"$*<>:|?\x00"); bad >= 0 || len(name) > maxDatabaseName {
		return gold.Invalidf(gold.Problem{Parameter: "store", Code: gold.CodeInvalidParameter},
			"%q can't be the name of a MongoDB database: at most %d bytes, none of them a space or one of / \\ . \" $ * < > : | ?", name, maxDatabaseName)
	}
	return nil
}

// greetingTime bounds how long a server may leave its first greeting unanswered: a busy one takes a connection and says
// nothing for a while.
const greetingTime = 10 * time.Second

// greet learns whether the server is one of several.
func (s *Store) greet(ctx context.Context) error {
	var hello struct {
		SetName string `bson:"setName"`
		Message string `bson:"msg"`
	}
	err := s.releases.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
	s.sharded = hello.Message == "isdbgrid"
	s.replicated = hello.SetName != "" || s.sharded
	return err
}

// Close ends all connections. What is under way fails.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var errs []error
	for _, c := range []*mongo.Client{s.client, s.leases} {
		if c == nil {
			continue
		}
		if err := c.Disconnect(ctx); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
			errs = append(errs, fmt.Errorf("close the store: %w", err))
		}
	}
	return errors.Join(errs...)
}

// Embedded is false: a server does the work.
func (s *Store) Embedded() bool { return false }

// String returns the hosts and the serving database, without credentials.
func (s *Store) String() string { return "mongodb://" + s.hosts + "/" + s.serving.Name() }

// These bound how long an unreachable server holds a request, and a server that came back stays unnoticed, where the
// URI does not say. The driver's own are 30 s, 30 s and 10 s.
const (
	serverSelectionTimeout = 2 * time.Second
	connectTimeout         = 5 * time.Second
	heartbeatInterval      = 2 * time.Second
)

func clientOptions(uri string) (*options.ClientOptions, error) {
	opts := options.Client().ApplyURI(uri)
	if err := opts.Validate(); err != nil {
		return nil, uriError(uri, err)
	}
	if opts.ServerSelectionTimeout == nil {
		opts.SetServerSelectionTimeout(serverSelectionTimeout)
	}
	if opts.ConnectTimeout == nil {
		opts.SetConnectTimeout(connectTimeout)
	}
	if opts.HeartbeatInterval == nil {
		opts.SetHeartbeatInterval(heartbeatInterval)
	}
	if opts.AppName == nil {
		opts.SetAppName("goldserve")
	}
	journal := true
	return opts.
		SetReadPreference(readpref.Primary()).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}), nil
}

// uriDatabase returns the path of a MongoDB URI: the database that it names, or "".
func uriDatabase(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	rest, _, _ = strings.Cut(rest, "?")
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	_, path, _ := strings.Cut(rest, "/")
	name, err := url.PathUnescape(path)
	if err != nil {
		return path
	}
	return name
}

// writable refuses to write through a store that was opened to read.
func (s *Store) writable(what string) error {
	if s.readOnly {
		return gold.Errorf(gold.Internal, gold.CodeStoreFailed, "%s: the store was opened read only", what)
	}
	return nil
}

// The collections of the releases database that are no versions. A version's name holds "__", these don't.
func (s *Store) pointers() *mongo.Collection { return s.releases.Collection("pointers") }
func (s *Store) records() *mongo.Collection  { return s.releases.Collection("releases") }
func (s *Store) seals() *mongo.Collection    { return s.releases.Collection("seals") }
func (s *Store) attempts() *mongo.Collection { return s.releases.Collection("attempts") }

// names returns the names of a database's collections with their types: collection, view, timeseries.
func (s *Store) names(ctx context.Context, db *mongo.Database) (map[string]string, error) {
	var specs []mongo.CollectionSpecification
	err := retry(ctx, func(int) (err error) {
		specs, err = db.ListCollectionSpecifications(ctx, bson.D{}, options.ListCollections().SetNameOnly(true))
		return err
	})
	if err != nil {
		return nil, s.fail(ctx, "list the collections of "+db.Name(), err)
	}
	names := make(map[string]string, len(specs))
	for _, spec := range specs {
		names[spec.Name] = spec.Type
	}
	return names, nil
}

// all reads a cursor that was opened to its end.
func all[T any](ctx context.Context, cursor *mongo.Cursor, err error, found *[]T) error {
	if err != nil {
		return err
	}
	return cursor.All(ctx, found)
}

// stage is one stage of a pipeline.
func stage(name string, value any) bson.D { return bson.D{{Key: name, Value: value}} }

// literal keeps the server from reading a value of a pipeline as an expression.
func literal(v any) bson.D { return bson.D{{Key: "$literal", Value: v}} }

// after asks a findOneAndUpdate for the document that it leaves.
func after() *options.FindOneAndUpdateOptionsBuilder {
	return options.FindOneAndUpdate().SetReturnDocument(options.After)
}
