package mongostore

import (
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"goldserve/gold"
)

// pointer is the one document of a model in pointers. The zero pointer is that of a model that nobody has published.
type pointer struct {
	Model     string          `bson:"_id"`
	Born      time.Time       `bson:"born"`  // a database that was dropped and filled again has another
	Fence     int64           `bson:"fence"` // grows each time the lease changes hands
	Lease     *lease          `bson:"lease"`
	Current   int64           `bson:"current"` // 0: none
	Last      int64           `bson:"last"`    // the highest number ever named
	Withdrawn []int64         `bson:"withdrawn"`
	Switched  string          `bson:"switched"` // the token of the last switch
	Marks     map[string]mark `bson:"marks"`    // by BI collection, or collection that rows are appended to
	Dropping  []string        `bson:"dropping"` // collections of versions that may be gone at any moment
	Shrunk    int64           `bson:"shrunk"`   // of the releases up to this one, those that were dropped are stubs
	Due       time.Time       `bson:"due"`      // of the next refresh; zero: at once
	Now       time.Time       `bson:"now"`      // the server's clock at reading; not stored
}

// lease is the part of a pointer that says who publishes.
type lease struct {
	Holder string    `bson:"holder"`
	Token  string    `bson:"token"` // of the request that took it
	Until  time.Time `bson:"until"`
	Millis int64     `bson:"ttl"`
	Beat   int64     `bson:"beat"` // grows with each renewal
}

func (p *pointer) lease() *gold.Lease {
	if p.Lease == nil || !p.Lease.Until.After(p.Now) {
		return nil
	}
	return &gold.Lease{Model: p.Model, Holder: p.Lease.Holder, Fence: p.Fence, Until: p.Lease.Until}
}

// check returns Conflict where a lease is no longer the model's.
func (p *pointer) check(l gold.Lease) error {
	if p.Fence == l.Fence && p.Lease != nil && p.Lease.Holder == l.Holder {
		return nil
	}
	holder := "nobody"
	if p.Lease != nil {
		holder = p.Lease.Holder
	}
	return gold.Errorf(gold.Conflict, gold.CodePublishConflict,
		"the lease of model %s was lost: fence %d of %s is no longer valid, fence %d is held by %s; run the publish again", l.Model, l.Fence, l.Holder, p.Fence, holder)
}

// leaseFilter is the filter of a compare-and-set on a lease.
func leaseFilter(l gold.Lease, more ...bson.E) bson.D {
	return append(bson.D{{Key: "_id", Value: l.Model}, {Key: "fence", Value: l.Fence}, {Key: "lease.holder", Value: l.Holder}}, more...)
}

// mark says in a model's pointer what a BI collection shows, or what the server is making of a collection until the deadline.
type mark struct {
	Version  string            `bson:"version"` // its location
	Fence    int64             `bson:"fence"`
	Token    string            `bson:"token"`  // of the one $out that it announces
	User     string            `bson:"user"`   // who runs the $out, as Store.user tells it
	Latest   time.Time         `bson:"latest"` // the $out refuses to start after it; zero in marks of earlier programs
	Deadline time.Time         `bson:"deadline"`
	Done     bool              `bson:"done"`
	Database string            `bson:"db"`     // that its collection is in; "": the serving database
	Fields   map[string]string `bson:"fields"` // the kinds of what is shown, and was once shown, by name
}

// releaseKey orders the releases of a model by their number.
type releaseKey struct {
	Model  string `bson:"model"`
	Number int64  `bson:"number"`
}

// releaseRecord is one document of releases. It counts from the moment a pointer's Last reaches its number.
type releaseRecord struct {
	Key         releaseKey `bson:"_id"`
	Fence       int64      `bson:"fence"`
	AsOf        time.Time  `bson:"as_of"`
	PublishedAt time.Time  `bson:"published_at"`
	Pruned      bool       `bson:"pruned"`
	PrunedAt    *time.Time `bson:"pruned_at"`
	Dropped     bool       `bson:"dropped"` // its own rows are gone
	Record      string     `bson:"record"`  // see gold.EncodeRelease
	Keys        []string   `bson:"keys"`    // see gold.Release.Keys; null: goldserve 0.1.0 wrote it

	decoded *gold.Release // of Record, where it is known already and was not read again
}

// sealKey says that a model has one version of an id.
type sealKey struct {
	Model   string `bson:"model"`
	Dataset string `bson:"dataset"`
	ID      string `bson:"id"`
}

// sealRecord is one document of seals.
type sealRecord struct {
	Key      sealKey   `bson:"_id"`
	Location string    `bson:"location"`
	Fence    int64     `bson:"fence"`
	Rows     int64     `bson:"rows"`
	SealedAt time.Time `bson:"sealed_at"`
	Pruned   bool      `bson:"pruned"` // its rows are gone or going
	Record   string    `bson:"record"` // gold.Version as JSON
}

// sealed is the filter of the seals of a model, without those that were pruned.
func sealed(model string) bson.D {
	return bson.D{{Key: "_id.model", Value: model}, {Key: "pruned", Value: false}}
}

// ofModel is the condition that an _id begins with a model; next is the field that comes behind it there.
func ofModel(model, next string) bson.E {
	return bson.E{Key: "_id", Value: bson.D{
		{Key: "$gte", Value: bson.D{{Key: "model", Value: model}}},
		{Key: "$lt", Value: bson.D{{Key: "model", Value: model}, {Key: next, Value: bson.MaxKey{}}}},
	}}
}

// releaseCache keeps decoded releases, which never change: a record of 13 contracts takes a millisecond to decode.
type releaseCache struct {
	mu      sync.Mutex
	decoded map[cacheKey]*gold.Release

	contracts gold.Contracts
}

type cacheKey struct {
	releaseKey
	born time.Time
}

// cachedReleases is how many are kept: the current ones, and what time travellers look at.
const cachedReleases = 32

func (c *releaseCache) get(born time.Time, key releaseKey) *gold.Release {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.decoded[cacheKey{key, born}]
}

func (c *releaseCache) release(born time.Time, r *releaseRecord, fetch func([]string) (map[string]string, error)) (*gold.Release, error) {
	if release := c.get(born, r.Key); release != nil {
		return release, nil
	}
	release, err := c.contracts.Decode(r.Record, fetch)
	if err != nil {
		return nil, err
	}
	release.Model, release.Number = r.Key.Model, r.Key.Number
	release.AsOf, release.PublishedAt = r.AsOf.UTC(), r.PublishedAt.UTC()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.decoded == nil {
		c.decoded = map[cacheKey]*gold.Release{}
	}
	for key := range c.decoded {
		if len(c.decoded) < cachedReleases {
			break
		}
		delete(c.decoded, key)
	}
	c.decoded[cacheKey{r.Key, born}] = release
	return release, nil
}

// forget drops a release whose record changed.
func (c *releaseCache) forget(born time.Time, key releaseKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.decoded, cacheKey{key, born})
}

// unreadable is the error of a record that can't be decoded.
func unreadable(r releaseKey, err error) *gold.Error {
	return &gold.Error{
		Kind: gold.Internal, Code: gold.CodeVersionSkew, Err: err,
		Message: fmt.Sprintf("the record of release %d of model %s can't be read: it was written by another version of goldserve", r.Number, r.Model),
	}
}

// flagged returns a release with its flags; the cached one is shared, so it is copied where it has others.
func flagged(r *gold.Release, withdrawn, pruned bool) *gold.Release {
	if r.Withdrawn == withdrawn && r.Pruned == pruned {
		return r
	}
	c := *r
	c.Withdrawn, c.Pruned = withdrawn, pruned
	return &c
}
