package s3

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"goldserve/gold/lake/object"
)

const (
	// maxObjects is how many objects a lake may have: all of a listing is in memory.
	maxObjects = 250_000
	// listingTimeout is how long a listing may take, with all its tries.
	listingTimeout = 5 * time.Minute
)

// What a token tells a version by.
const (
	byETag = " etag "
	byID   = " version "
	byTime = " time "
)

// snapshot is what one listing told.
type snapshot struct {
	folders map[string][]object.Info // by the folder's name, sorted by name
}

// lister takes the listings of a bucket.
type lister struct {
	*server
	most      int  // objects
	unnamed   bool // versions can't be listed, or have no ids
	saidTimes bool // that size and time tell versions
}

// list takes a listing. Where objects have no ETag, it is taken once more with version ids, if the bucket has any.
func (l *lister) list(ctx context.Context) (*snapshot, error) {
	all, err := l.pages(ctx, false)
	if err != nil {
		return nil, err
	}
	bare := func(o listed) bool { return o.etag == "" }
	if slices.ContainsFunc(all, bare) && !l.unnamed {
		if versions, err := l.pages(ctx, true); err == nil {
			all = versions
		}
		l.unnamed = !slices.ContainsFunc(all, hasVersion)
	}
	s := &snapshot{folders: map[string][]object.Info{}}
	timed := false
	for _, o := range all {
		name := strings.TrimPrefix(o.key, l.prefix)
		if strings.HasSuffix(name, "/") {
			s.addFolder(parentOf(name + "x"))
			continue // stands for a folder, as consoles make them
		}
		info := object.Info{Name: name, Size: o.size, Changed: o.modified, Token: l.token(o)}
		if o.etag == "" && !hasVersion(o) {
			timed, info.Modified = true, o.modified
		}
		s.add(info)
	}
	for _, list := range s.folders {
		slices.SortFunc(list, func(a, b object.Info) int {
			if a.Name == b.Name && a.Folder != b.Folder { // the object first, which is meant
				if b.Folder {
					return -1
				}
				return 1
			}
			return strings.Compare(a.Name, b.Name)
		})
	}
	if timed && !l.saidTimes {
		l.saidTimes = true
		l.log.Warn("the bucket has objects without ETag and version id: their versions are told apart by size and time", "lake", l.String())
	}
	return s, nil
}

// listed is what a listing tells of an object: much less than the client's own value for it, of which there may be very many.
type listed struct {
	key, etag, id string
	size          int64
	modified      time.Time
}

// token returns the token of a version.
func (s *server) token(o listed) string {
	told := byETag + o.etag
	switch {
	case o.etag != "":
	case hasVersion(o):
		told = byID + o.id
	default:
		told = byTime + strconv.FormatInt(o.modified.UnixNano(), 10)
	}
	return fmt.Sprintf("s3 %s %d%s", s.identity, o.size, told)
}

func hasVersion(o listed) bool { return o.id != "" && o.id != "null" }

// pages lists all objects below the prefix. A page that fails is asked for again, from the last key on.
func (l *lister) pages(ctx context.Context, versions bool) ([]listed, error) {
	var all []listed
	options := minio.ListObjectsOptions{Prefix: l.prefix, Recursive: true, FetchOwner: new(bool), WithVersions: versions}
	err := l.retry(ctx, func(ctx context.Context) (progress bool, err error) {
		done, err := l.request(ctx)
		if err != nil {
			return false, err
		}
		defer done()
		if versions {
			all = nil // there is no key to go on from
		}
		for o := range l.client.ListObjectsIter(ctx, l.bucket, options) {
			switch {
			case o.Err != nil:
				return progress, o.Err
			case !strings.HasPrefix(o.Key, l.prefix) || versions && (o.IsDeleteMarker || !o.IsLatest):
				continue
			case len(all) == l.most:
				return false, object.Refused(l.String(), fmt.Sprintf("it holds more than %d objects: name the folder of the gold files alone, such as s3://%s/gold", l.most, l.bucket), nil)
			}
			all = append(all, listed{o.Key, o.ETag, o.VersionID, o.Size, o.LastModified})
			options.StartAfter, progress = o.Key, true
		}
		return true, ctx.Err()
	})
	if err != nil {
		return nil, l.unlisted(ctx, err)
	}
	return all, nil
}

// parentOf returns the folder that an object lies in. A key with empty segments, or with . or .., lies in the last folder that
// has a name without them: it is found there, and never reads as another's name.
func parentOf(name string) string {
	parent := "."
	for i, r := range name {
		if r != '/' {
			continue
		}
		if !fs.ValidPath(name[:i]) {
			break
		}
		parent = name[:i]
	}
	return parent
}

func (s *snapshot) add(info object.Info) {
	parent := parentOf(info.Name)
	s.addFolder(parent)
	s.folders[parent] = append(s.folders[parent], info)
}

// addFolder adds a folder, and those that it lies in.
func (s *snapshot) addFolder(folder string) {
	if _, there := s.folders[folder]; there {
		return
	}
	s.folders[folder] = nil
	if folder != "." {
		parent := path.Dir(folder)
		s.addFolder(parent)
		s.folders[parent] = append(s.folders[parent], object.Info{Name: folder, Folder: true})
	}
}

// find returns what a name stands for: an object, else a folder.
func (s *snapshot) find(name string) (object.Info, bool) {
	list := s.folders[parentOf(name)]
	at, ok := slices.BinarySearchFunc(list, name, func(i object.Info, name string) int { return strings.Compare(i.Name, name) })
	if !ok {
		return object.Info{}, false
	}
	return list[at], true
}

// versionOf returns the version that a listing told of.
func versionOf(of object.Info) version {
	v := version{name: of.Name, token: of.Token, size: of.Size, modified: of.Modified}
	var told bool
	if _, v.etag, told = strings.Cut(of.Token, byETag); !told { // the server's word may be any
		_, v.id, _ = strings.Cut(of.Token, byID)
	}
	return v
}

func (s *snapshot) has(k heldKey) bool {
	found, ok := s.find(k.name)
	return ok && found.Token == k.token
}
