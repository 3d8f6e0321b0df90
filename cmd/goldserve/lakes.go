package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/gold/lake/catalog"
	"goldserve/gold/lake/dir"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/s3"
)

// bucketSettings say how a lake in a bucket is read.
type bucketSettings struct {
	S3Endpoint, S3Region, S3Addressing string
	S3Anonymous                        bool
	Catalog, CatalogWarehouse          string
	LakeRoots                          []string
	ScratchDir                         string // complete sets the default folder
	ScratchSize                        size
}

func (s *bucketSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.S3Endpoint, "s3-endpoint", "", "URL of the S3 server of a lake s3://…, such as http://minio:9000 (default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, else Amazon's)")
	flags.StringVar(&s.S3Region, "s3-region", "", "region of the bucket (default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else what the server says)")
	flags.StringVar(&s.S3Addressing, "s3-addressing", "", "how requests name the bucket: path (ENDPOINT/BUCKET) or virtual (BUCKET.ENDPOINT) (default: virtual at Amazon, else path)")
	flags.BoolVar(&s.S3Anonymous, "s3-anonymous", false, "read a public bucket, without credentials")
	flags.StringVar(&s.Catalog, "catalog", "", "URL of an Iceberg REST catalog, in which contracts name tables as source: {iceberg: NAMESPACE.TABLE}; its credentials are set in the environment ("+catalog.TokenVariable+" or "+catalog.KeyVariable+")")
	flags.StringVar(&s.CatalogWarehouse, "catalog-warehouse", "", "the catalog's name for the warehouse (default: the catalog's default warehouse)")
	flags.StringSliceVar(&s.LakeRoots, "lake-roots", nil, "further folders, or s3://BUCKET/PREFIX, in which the metadata of Delta and Iceberg tables may name files by absolute paths, and tables may lie that the catalog gives credentials for (default: none)")
	flags.StringVar(&s.ScratchDir, "scratch-dir", "", "folder of the scratch file for what is read from a bucket; nothing stays in it (default: in your cache folder)")
	sizeVar(flags, &s.ScratchSize, "scratch-size", 4<<30, "maximum size of the scratch file, at least 128MiB; what had to make room is downloaded again")
}

// completeBucket sets the default of the scratch folder, and returns the problems of what says how a bucket is read.
func (c *config) completeBucket() (problems []string) {
	refuse := func(name string, err error) {
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", c.origin(name), err))
		}
	}
	if c.ScratchDir == "" {
		c.ScratchDir = filepath.Join(cacheFolder(), "scratch")
	}
	if c.S3Endpoint != "" {
		refuse("s3-endpoint", s3.CheckEndpoint(c.S3Endpoint))
	}
	for _, root := range c.LakeRoots {
		if s3.IsLocation(root) {
			refuse("lake-roots", s3.CheckLocation(root))
		}
	}
	if c.Catalog != "" {
		refuse("catalog", catalog.Check(c.Catalog))
	}
	for _, l := range []struct{ name, location string }{{"lake", c.Lake}, {"fallback", c.Fallback}} {
		if s3.IsLocation(l.location) {
			refuse(l.name, s3.CheckLocation(l.location))
		}
	}
	if a := c.S3Addressing; a != "" && a != s3.Path && a != s3.Virtual {
		problems = append(problems, fmt.Sprintf("%s is %q: expected %s or %s", c.origin("s3-addressing"), a, s3.Path, s3.Virtual))
	}
	if c.origins["scratch-size"] != "" && c.ScratchSize < s3.LeastScratch {
		problems = append(problems, fmt.Sprintf("%s is %s: expected at least 128MiB", c.origin("scratch-size"), c.ScratchSize.String()))
	}
	return problems
}

// takeLake takes over the lake that the arguments of a command name in place of --lake, if they do.
func (c *config) takeLake(args []string) error {
	if len(args) == 0 {
		return nil
	}
	c.Lake = args[0]
	if s3.IsLocation(c.Lake) {
		if err := s3.CheckLocation(c.Lake); err != nil {
			return usagef("the lake: %w", err)
		}
	}
	return nil
}

// openLake opens the lake that the configuration names, or its fallback, if it is a bucket whose server can't be reached; then
// unreached names the bucket.
func (a *app) openLake(ctx context.Context, log *slog.Logger) (l *lake.Lake, unreached string, err error) {
	if a.followed != nil {
		return a.followed, "", nil
	}
	c := &a.config
	location, found, err := c.lakeLocation()
	if err != nil {
		return nil, "", err
	}
	if found {
		log.Info("lake found", "folder", location)
	}
	l, err = a.lakeAt(ctx, log, location)
	if c.Fallback == "" || !s3.Unreachable(err) {
		a.fellBack = a.fellBack && err != nil
		return l, "", err
	}
	instead, insteadErr := a.lakeAt(ctx, log, c.Fallback)
	if insteadErr != nil {
		e, _ := errors.AsType[*gold.Error](err)
		return nil, "", &gold.Error{Kind: e.Kind, Code: e.Code, Message: e.Message + "; and its fallback can't be read either: " + messageOf(insteadErr), Err: errors.Join(err, insteadErr)}
	}
	level := slog.LevelWarn
	if a.fellBack { // which was said
		level = slog.LevelDebug
	}
	a.fellBack = true
	log.Log(ctx, level, "the lake can't be reached, and its fallback is read", "lake", location, "fallback", instead.Path(), "problem", messageOf(err))
	return instead, strings.TrimSuffix(location, "/"), nil
}

// closeLake closes a lake that openLake opened, unless it is followed.
func (a *app) closeLake(log *slog.Logger, l *lake.Lake) {
	if l != a.followed {
		closeLogged(log, "lake", l)
	}
}

// lakeAt opens the lake at a location, with the further roots that its tables may name.
func (a *app) lakeAt(ctx context.Context, log *slog.Logger, location string) (*lake.Lake, error) {
	source, err := a.sourceAt(ctx, log, location)
	if err != nil {
		return nil, err
	}
	l := lake.New(source)
	if s3.IsLocation(location) {
		a.bucket = l
	}
	if err := a.prepare(ctx, log, l); err != nil {
		_ = l.Close() // nothing was read
		return nil, err
	}
	return l, nil
}

// sourceAt opens what lies at a location: a folder, or s3://BUCKET/PREFIX.
func (a *app) sourceAt(ctx context.Context, log *slog.Logger, location string) (object.Source, error) {
	if !s3.IsLocation(location) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		folder, err := dir.Open(location)
		if err != nil {
			return nil, err // rather than an interface that holds nil
		}
		return folder, nil
	}
	bucket, err := s3.New(a.bucketAt(log, location))
	if err != nil {
		return nil, usagef("the lake: %w", err)
	}
	if err := bucket.Look(ctx); err != nil {
		_ = bucket.Close() // nothing was read
		return nil, err
	}
	return bucket, nil
}

// bucketAt says how a bucket is read.
func (a *app) bucketAt(log *slog.Logger, location string) s3.Config {
	c := &a.config
	return s3.Config{
		Location: location, Endpoint: c.S3Endpoint, Region: c.S3Region, Addressing: c.S3Addressing, Anonymous: c.S3Anonymous,
		ScratchDir: c.ScratchDir, ScratchSize: int64(c.ScratchSize), Logger: log,
	}
}

// rootAt opens a further root. What a catalog gives credentials for may be closed to the lake's own: it is listed once it is read.
func (a *app) rootAt(ctx context.Context, log *slog.Logger, location string) (object.Source, error) {
	if a.config.Catalog == "" || !s3.IsLocation(location) {
		return a.sourceAt(ctx, log, location)
	}
	bucket, err := s3.New(a.bucketAt(log, location))
	if err != nil {
		return nil, usagef("%s: %w", a.config.origin("lake-roots"), err)
	}
	return object.Lazily(bucket), nil
}

// vended opens a table of the catalog with the credentials that it gives.
func (a *app) vended(log *slog.Logger) lake.Opener {
	return func(location string, by *catalog.Vended) (object.Source, func(*catalog.Vended), error) {
		keys := new(s3.Keys)
		renew := func(by *catalog.Vended) { keys.Set(by.Key, by.Secret, by.Token) }
		renew(by)
		c := a.bucketAt(log, location)
		c.Given, c.GivenFor, c.Region = keys, by.Server.Endpoint, cmp.Or(by.Server.Region, c.Region)
		if by.Server.PathStyle {
			c.Addressing = s3.Path
		}
		bucket, err := s3.New(c)
		if err != nil {
			return nil, nil, err
		}
		return bucket, renew, nil
	}
}

// prepare gives a lake its further roots and the catalog, and has its reads observed.
func (a *app) prepare(ctx context.Context, log *slog.Logger, l *lake.Lake) error {
	var roots []object.Source
	for _, location := range a.config.LakeRoots {
		root, err := a.rootAt(ctx, log, location)
		if err != nil {
			l.Extend(roots...) // which it closes
			if gold.CodeOf(err) == gold.CodeLakeNotFound {
				return usagef("%s: %s", a.config.origin("lake-roots"), messageOf(err))
			}
			return err
		}
		roots = append(roots, root)
	}
	l.Extend(roots...)
	if a.reading != nil {
		l.Observe(a.reading)
	}
	if a.config.Catalog == "" {
		return nil
	}
	c, err := catalog.New(catalog.Config{URL: a.config.Catalog, Warehouse: a.config.CatalogWarehouse, Auth: catalog.AuthFromEnvironment()})
	if err != nil {
		return usagef("%s: %w", a.config.origin("catalog"), err)
	}
	l.Ask(c, a.vended(log))
	return nil
}

// inBucket reports whether the lake is in a bucket.
func (c *config) inBucket() bool { return s3.IsLocation(c.Lake) }

// shellWord writes a word of a command line that a person copies: in quotes where a shell would part it or make something of it.
func shellWord(word string) string {
	if !strings.ContainsAny(word, " \t'\"$`&;()*?<>|!#[]{}") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// lakeOptions are the flags of the command line that a command needs to read the same bucket.
func (c *config) lakeOptions() string {
	var b strings.Builder
	for _, f := range []struct{ name, value string }{{"s3-endpoint", c.S3Endpoint}, {"s3-region", c.S3Region}, {"s3-addressing", c.S3Addressing}} {
		if c.inBucket() && c.origins[f.name] == "--"+f.name {
			b.WriteString(" --" + f.name + " " + f.value)
		}
	}
	if c.inBucket() && c.origins["s3-anonymous"] == "--s3-anonymous" && c.S3Anonymous {
		b.WriteString(" --s3-anonymous")
	}
	return b.String()
}

// lakeName names a lake for others, who need not know where on this machine it is.
func (c *config) lakeName(location string) string {
	if !s3.IsLocation(location) && filepath.IsAbs(location) {
		return filepath.Base(location)
	}
	return location
}

// fullLocation names a lake wherever it is named from: a folder by its full path, a bucket with its server.
func (c *config) fullLocation(location string) (string, error) {
	if s3.IsLocation(location) {
		return c.S3Endpoint + " " + strings.TrimRight(location, "/"), nil
	}
	full, err := filepath.Abs(location)
	if err != nil {
		return "", fmt.Errorf("find the folder %s: %w", location, err)
	}
	if real, err := filepath.EvalSymlinks(full); err == nil {
		full = real
	}
	return full, nil
}

// bucketPoll is how often a bucket is looked at where nothing says otherwise: each look is a request, which is paid for.
const bucketPoll = 5 * time.Second

// lakePoll is how often the lake is looked at.
func (c *config) lakePoll() time.Duration {
	if c.inBucket() && c.origins["poll"] == "" {
		return bucketPoll
	}
	return c.Poll
}

// unfinished reports whether a source of the lake is a folder of parts without the file that writers write last.
func (a *app) unfinished(ctx context.Context, source string) bool {
	l := a.bucket // which may be closed: it answers from its listing
	if l == nil {
		folder, _, err := a.config.lakeLocation()
		if err != nil || s3.IsLocation(folder) {
			return false
		}
		if l, err = lake.Open(ctx, folder); err != nil {
			return false
		}
		defer func() { _ = l.Close() }() // it was only looked at
	}
	return source != "" && l.Unfinished(ctx, source)
}
