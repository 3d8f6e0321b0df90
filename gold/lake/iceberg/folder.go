package iceberg

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
)

// MetadataFolder is the folder within a table's that holds its metadata.
const MetadataFolder = "metadata"

// hintFile names a metadata file, in tables of folders alone. It may lag behind.
const hintFile = "version-hint.text"

// metadataName is the name of a metadata file: v3.metadata.json, or 00003-….metadata.json, compressed or not.
var metadataName = regexp.MustCompile(`^(.+?)(\.gz)?\.metadata\.json(\.gz)?$`)

// versionName is the part of such a name that tells the version.
var versionName = regexp.MustCompile(`^(?:v(\d{1,18})|(\d{1,18})-.+)$`)

// metadataFile is a file that may be the table's newest metadata.
type metadataFile struct {
	info   object.Info
	stem   string
	number int64 // -1: its name tells none
}

// Holds reports whether a folder is a table: it holds metadata.
func Holds(ctx context.Context, source object.Source, folder string) (bool, error) {
	at := path.Join(folder, MetadataFolder)
	info, err := source.Stat(ctx, at)
	if object.Absent(err) || gold.KindOf(err) == gold.Invalid || err == nil && !info.Folder {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	entries, err := source.List(ctx, at)
	return slices.ContainsFunc(entries, func(e object.Info) bool { return IsMetadata(path.Base(e.Name)) }), err
}

// IsMetadata reports whether a file of the metadata folder is one of those that each commit writes, or the hint beside them.
func IsMetadata(name string) bool { return name == hintFile || metadataName.MatchString(name) }

// List lists the metadata files of the table in a folder of a lake.
//
// It returns Invalid source_unreadable where there is no such table, and errors of the source as they are.
func List(ctx context.Context, source object.Source, folder string) (*Listing, error) {
	entries, err := object.ListWithin(ctx, source, folder, MetadataFolder, "an Iceberg table")
	if err != nil {
		return nil, err
	}
	l := &Listing{source: source, folder: folder}
	for _, e := range entries {
		name := path.Base(e.Name)
		if e.Folder {
			continue
		}
		if name == hintFile {
			l.hint = e
		}
		m := metadataName.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		file := metadataFile{e, m[1], -1}
		if v := versionName.FindStringSubmatch(m[1]); v != nil {
			file.number, _ = strconv.ParseInt(v[1]+v[2], 10, 64) // of 18 digits at most
		}
		l.files = append(l.files, file)
	}
	if len(l.files) == 0 {
		return nil, invalid(path.Join(folder, MetadataFolder), gold.CodeFileInvalid, "the Iceberg table has no metadata file: expected one such as v1.metadata.json")
	}
	slices.SortFunc(l.files, func(a, b metadataFile) int {
		return cmp.Or(cmp.Compare(b.number, a.number), cmp.Compare(a.info.Name, b.info.Name))
	})
	return l, nil
}

// Listing is the metadata files of a table, as they were listed.
type Listing struct {
	source object.Source
	folder string
	hint   object.Info    // without a name: there is none
	files  []metadataFile // the newest number first
}

// State returns a text that is another one once a metadata file was added, removed or written to. Empty where the lake can't tell.
func (l *Listing) State() string {
	var b strings.Builder
	for _, f := range l.files {
		if f.info.Token == "" {
			return ""
		}
		fmt.Fprintf(&b, "%q %d %q\n", f.info.Name, f.info.Size, f.info.Token)
	}
	if l.hint.Name != "" {
		fmt.Fprintf(&b, "%q %q\n", l.hint.Name, l.hint.Token)
	}
	return b.String()
}

// Table reads the newest metadata: that of the highest number, whatever the hint says, since it may lag behind. The hint chooses
// among several of one number, and so does the time of their last change where files have no number.
func (l *Listing) Table(ctx context.Context) (*Table, error) {
	same := 1
	for same < len(l.files) && l.files[same].number == l.files[0].number {
		same++
	}
	best, err := l.hinted(ctx, l.files[:same])
	if err != nil {
		return nil, err
	}
	if best == nil && same > 1 && l.files[0].number >= 0 {
		return nil, object.Refused(l.files[1].info.Name, fmt.Sprintf("the Iceberg table has %d metadata files of the version %d, the other one is %s, and its folder does not tell which of them counts: "+
			"its catalog does. Remove the one that a failed commit left, or name the right one in %s", same, l.files[0].number, path.Base(l.files[0].info.Name), hintFile), nil)
	}
	if best == nil {
		best = &l.files[0]
	}
	newest, err := l.read(ctx, best)
	if err != nil {
		return nil, err
	}
	for i := range l.files { // those without a number, of which few tables have any
		f := &l.files[i]
		if f.number >= 0 || f == best {
			continue
		}
		other, err := l.read(ctx, f)
		if err != nil {
			continue // it is none of the table's, as far as can be told
		}
		if other.metadata.Location == newest.metadata.Location && other.metadata.UUID == newest.metadata.UUID && other.metadata.Changed > newest.metadata.Changed {
			newest = other
		}
	}
	return newest, nil
}

// hinted returns the file that the hint names, if it is among some.
func (l *Listing) hinted(ctx context.Context, among []metadataFile) (*metadataFile, error) {
	if l.hint.Name == "" || len(among) < 2 {
		return nil, nil //nolint:nilnil // there is no hint
	}
	in, err := object.OpenInput(ctx, l.source, l.hint)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(&inputReader{ctx: ctx, in: in}, 1<<10))
	if err != nil {
		return nil, err
	}
	named := strings.TrimSpace(string(text))
	for i := range among {
		if f := &among[i]; f.stem == named || f.stem == "v"+named || path.Base(f.info.Name) == named {
			return f, nil
		}
	}
	return nil, nil //nolint:nilnil // it lags behind
}

func (l *Listing) read(ctx context.Context, f *metadataFile) (*Table, error) {
	m, err := readMetadata(ctx, l.source, f.info)
	if err != nil {
		return nil, err
	}
	return newTable(l.source, l.folder, f.info.Name, m), nil
}

// Located returns the table that a catalog tells: named is its name there, file and text are the name and the content of its
// metadata file. Invalid file_unsupported where it lies neither in the lake nor in a bucket of its further roots.
func Located(source object.Source, named, file string, text []byte) (*Table, error) {
	m, err := parseMetadata(named, text)
	if err != nil {
		return nil, err
	}
	folder, ok := folderOf(source, m.Location)
	if !ok {
		return nil, invalid(named, gold.CodeFileUnsupported, "the catalog says that the Iceberg table lies at %q, which is not in the lake %s, and nothing outside is read: name a folder or prefix above it as the lake, "+
			"or, if the catalog gives credentials for it, name s3://BUCKET/PREFIX above it among the further roots (lakeRoots)", object.Shown(m.Location), source)
	}
	return newTable(source, folder, object.Below(folder, MetadataFolder+"/"+file), m), nil
}

// folderOf returns the name of a table's folder in a lake, or its absolute path in a bucket of its further roots.
func folderOf(source object.Source, location string) (string, bool) {
	location = strings.TrimRight(location, "/")
	if !object.IsAbsolute(location) {
		return "", false
	}
	places := object.PlacesOf(source, ".")
	if folder, inside, err := places.Within(location); err == nil && inside && !object.IsAbsolute(folder) {
		return folder, true
	}
	inner, inside, err := places.Within(location + "/" + MetadataFolder) // a root may be the table
	if err != nil || !inside || !strings.HasPrefix(inner, "s3://") {
		return "", false
	}
	return strings.TrimSuffix(inner, "/"+MetadataFolder), true
}

// invalid returns an Invalid error of a file of the table, or of its folder.
func invalid(file string, code gold.Code, text string, args ...any) error {
	return gold.Invalidf(gold.Problem{File: file, Code: code}, text, args...)
}
