package delta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"goldserve/gold"
	"goldserve/gold/lake/object"
	"goldserve/gold/lake/parquet"
)

// maxSidecars bounds the files that one checkpoint names.
const maxSidecars = 100_000

// checkpointHead takes the protocol and the metadata of a checkpoint, which its files have among those about files.
func (r *replay) checkpointHead(ctx context.Context, c *checkpoint) error {
	for _, info := range c.files {
		err := r.actions(ctx, info, headColumns, func(a *action) error {
			r.takeHead(a)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkpoint takes the files of a checkpoint, and of the sidecars that it names.
func (r *replay) checkpoint(ctx context.Context, c *checkpoint) error {
	var sidecars []string
	met := map[string]bool{}
	for _, info := range c.files {
		err := r.actions(ctx, info, fileColumns, func(a *action) error {
			switch {
			case a.CheckpointMetadata != nil && a.CheckpointMetadata.Version != c.version:
				return errAction(fmt.Sprintf("the checkpoint is of version %d, and says that it is of %d", c.version, a.CheckpointMetadata.Version))
			case a.Sidecar != nil:
				name, err := r.sidecarOf(a.Sidecar.Path)
				switch {
				case err != nil:
					return err
				case met[name]:
					return errAction("the checkpoint names the sidecar " + shorten(a.Sidecar.Path) + " twice")
				case len(sidecars) == maxSidecars:
					return errAction(fmt.Sprintf("the checkpoint names more than %d sidecars", maxSidecars))
				}
				met[name] = true
				sidecars = append(sidecars, name)
			case a.Add != nil:
				return r.fromCheckpoint(a.Add)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, name := range sidecars {
		// A sidecar has files alone: it names no other.
		err := r.actions(ctx, object.Info{Name: name}, fileColumns, func(a *action) error {
			if a.Add != nil {
				return r.fromCheckpoint(a.Add)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sidecarOf returns the name in the lake of a sidecar, which lies in one folder alone.
func (r *replay) sidecarOf(written string) (string, error) {
	folder := path.Join(LogFolder, sidecarFolder)
	name, err := url.PathUnescape(written)
	if err == nil && strings.Contains(name, "/") {
		inside, ok, pathErr := within(r.places, written)
		if name = ""; pathErr == nil && ok && path.Dir(inside) == folder {
			name = path.Base(inside)
		}
	}
	if err != nil || name == "" || strings.HasPrefix(name, "..") || strings.ContainsAny(name, "\x00\\") {
		return "", errAction("the sidecar " + shorten(written) + " does not lie in the folder " + folder)
	}
	return path.Join(r.folder, folder, name), nil
}

// actions calls fn for each action of a file of a checkpoint, be it lines of JSON or Parquet, of which these columns are read.
func (r *replay) actions(ctx context.Context, info object.Info, columns []gold.Field, fn func(a *action) error) error {
	if strings.HasSuffix(info.Name, ".json") {
		return r.lines(ctx, info, func(n int, line []byte) error {
			var a action
			if err := json.Unmarshal(line, &a); err != nil {
				return notJSON(info.Name, n, err)
			}
			return inLine(fn(&a), info.Name, n)
		})
	}
	in, err := object.OpenInput(ctx, r.source, info)
	if err != nil {
		return err
	}
	defer in.Close()
	d := gold.Dataset{Name: "checkpoint", Fields: columns}
	names := d.FieldNames()
	f, err := parquet.Open(ctx, info.Name, in, &d, names, nil)
	if err != nil {
		return err
	}
	all := make([]int, len(columns))
	for i := range all {
		all[i] = i
	}
	reader := parquet.NewReader(&d, all, 1024)
	defer reader.Close()
	for g := range f.Groups() {
		err := reader.Read(ctx, f, in, g, func(b *gold.Batch, first int64) error {
			for i := range b.Rows {
				a, err := actionOf(b, i)
				if err == nil {
					err = fn(a)
				}
				if err != nil {
					return inRow(err, info.Name, first+int64(i))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inRow gives an error of an action its place.
func inRow(err error, name string, row int64) error {
	if wrong, ok := errors.AsType[errAction](err); ok {
		return gold.Invalidf(gold.Problem{File: name, Row: row, Code: gold.CodeFileInvalid}, "%s", string(wrong))
	}
	return err
}

// The columns of a checkpoint that are read. Lists, maps and structs come as JSON text, as they stand in a commit.
var (
	headColumns = []gold.Field{
		nullable("protocol.minReaderVersion", gold.Int), nullable("protocol.readerFeatures", gold.Text), nullable("protocol.writerFeatures", gold.Text),
		nullable("metaData.id", gold.Text), nullable("metaData.format.provider", gold.Text), nullable("metaData.schemaString", gold.Text),
		nullable("metaData.partitionColumns", gold.Text), nullable("metaData.configuration", gold.Text),
	}
	fileColumns = []gold.Field{
		nullable("add.path", gold.Text), nullable("add.partitionValues", gold.Text), nullable("add.stats", gold.Text),
		nullable("add.stats_parsed.numRecords", gold.Int), nullable("add.deletionVector", gold.Text), nullable("add.size", gold.Int),
		nullable("sidecar.path", gold.Text), nullable("checkpointMetadata.version", gold.Int),
	}
)

func nullable(name string, kind gold.Kind) gold.Field {
	return gold.Field{Name: name, Kind: kind, Nullable: true}
}

// actionOf returns the action of a row.
func actionOf(b *gold.Batch, row int) (*action, error) {
	a := &action{}
	cell := rowOf{b: b, row: row}
	if b.Fields[0].Name == fileColumns[0].Name {
		if name, ok := cell.text(0); ok {
			a.Add = &fileAction{Path: name}
			cell.json(1, &a.Add.PartitionValues)
			a.Add.Stats, _ = cell.text(2)
			if n, ok := cell.integer(3); ok && a.Add.Stats == "" {
				a.Add.Stats = fmt.Sprintf(`{"numRecords":%d}`, n)
			}
			cell.json(4, &a.Add.DeletionVector)
			a.Add.Size, _ = cell.integer(5)
		}
		if name, ok := cell.text(6); ok {
			a.Sidecar = &sidecar{Path: name}
		}
		if v, ok := cell.integer(7); ok {
			a.CheckpointMetadata = &checkpointMetadata{Version: v}
		}
		return a, cell.err
	}
	if v, ok := cell.integer(0); ok {
		a.Protocol = &protocol{MinReaderVersion: int(v)}
		cell.json(1, &a.Protocol.ReaderFeatures)
		cell.json(2, &a.Protocol.WriterFeatures)
	}
	if id, ok := cell.text(3); ok {
		a.MetaData = &metaData{ID: id}
		a.MetaData.Format.Provider, _ = cell.text(4)
		a.MetaData.SchemaString, _ = cell.text(5)
		cell.json(6, &a.MetaData.PartitionColumns)
		cell.json(7, &a.MetaData.Configuration)
	}
	return a, cell.err
}

// rowOf reads the cells of a row; the first error stays.
type rowOf struct {
	b   *gold.Batch
	row int
	err error
}

func (r *rowOf) text(column int) (string, bool) {
	c := &r.b.Columns[column]
	if c.IsNull(r.row) {
		return "", false
	}
	return string(c.Text(r.row)), true
}

func (r *rowOf) integer(column int) (int64, bool) {
	c := &r.b.Columns[column]
	if c.IsNull(r.row) {
		return 0, false
	}
	return c.Ints[r.row], true
}

func (r *rowOf) json(column int, into any) {
	c := &r.b.Columns[column]
	if c.IsNull(r.row) {
		return
	}
	if err := json.Unmarshal(c.Text(r.row), into); err != nil && r.err == nil {
		r.err = errAction(fmt.Sprintf("%s is %s: %v", r.b.Fields[column].Name, shorten(string(c.Text(r.row))), err))
	}
}
