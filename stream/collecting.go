package stream

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// collecting are the messages that were read and aren't landed yet, in files that nobody else looks at.
type collecting struct {
	folder     string // of the files; what a stream that was killed left in it is removed
	topic      string
	generation int
	next       []int64 // by partition, the offset that is read next
	open       map[int32]*openSpan
	messages   int64     // that will be landed
	dead       int64     // letters
	bytes      int64     // of the messages
	oldest     time.Time // of all messages, dead letters too; zero: none
	newest     time.Time
}

// openSpan is a file that is being collected.
type openSpan struct {
	first int64
	file  *os.File
	out   *bufio.Writer
}

func newCollecting(folder string, p *position) (*collecting, error) {
	err := os.RemoveAll(folder)
	if err == nil {
		err = os.MkdirAll(folder, 0o777) //nolint:gosec // what the umask allows, as for all files of the lake
	}
	if err != nil {
		return nil, failed(err, "%s can't be made", folder)
	}
	return &collecting{folder: folder, topic: p.Topic, generation: p.Generation, next: slices.Clone(p.next), open: map[int32]*openSpan{}}, nil
}

func (c *collecting) name(partition int32) string {
	return filepath.Join(c.folder, fmt.Sprintf("%d.part", partition))
}

// pass says that a partition was read up to an offset, this one too.
func (c *collecting) pass(partition int32, offset int64) (*openSpan, error) {
	s := c.open[partition]
	if s == nil {
		f, err := os.Create(c.name(partition))
		if err != nil {
			return nil, failed(err, "messages can't be written")
		}
		s = &openSpan{first: c.next[partition], file: f, out: bufio.NewWriterSize(f, 1<<18)}
		c.open[partition] = s
	}
	c.next[partition] = offset + 1
	return s, nil
}

// add adds the line of a message.
func (c *collecting) add(partition int32, offset int64, line []byte) error {
	s, err := c.pass(partition, offset)
	if err != nil {
		return err
	}
	_, err = s.out.Write(line)
	if err == nil {
		err = s.out.WriteByte('\n')
	}
	if err != nil {
		return failed(err, "messages can't be written")
	}
	c.messages++
	c.bytes += int64(len(line)) + 1
	return nil
}

// seen notes the time of a message.
func (c *collecting) seen(at time.Time) {
	if c.oldest.IsZero() || at.Before(c.oldest) {
		c.oldest = at
	}
	if at.After(c.newest) {
		c.newest = at
	}
}

// land gives the files their names in a folder, which commits their messages, and returns what they cover. Where it fails, or the process
// ends, some partitions may be landed and others not: each is for itself.
func (c *collecting) land(folder string) ([]Span, error) {
	if err := os.MkdirAll(folder, 0o777); err != nil { //nolint:gosec // what the umask allows, as for all files of the lake
		return nil, failed(err, "%s can't be made", folder)
	}
	partitions := slices.Sorted(maps.Keys(c.open))
	var err error
	for _, p := range partitions {
		s := c.open[p]
		err = errors.Join(err, s.out.Flush(), s.file.Sync(), s.file.Close())
	}
	if err != nil {
		return nil, failed(err, "messages can't be written")
	}
	var all []Span
	for _, p := range partitions {
		span := Span{Topic: c.topic, Generation: c.generation, Partition: p, First: c.open[p].first, Last: c.next[p] - 1}
		if err := os.Rename(c.name(p), filepath.Join(folder, span.Name())); err != nil {
			return nil, failed(err, "%s can't be landed", span.Name())
		}
		all = append(all, span)
	}
	if err := syncFolder(folder); err != nil {
		return nil, failed(err, "%s can't be written", folder)
	}
	*c = collecting{folder: c.folder, topic: c.topic, generation: c.generation, next: c.next, open: map[int32]*openSpan{}}
	return all, nil
}

// close closes the files of messages that are not landed: they will be read again.
func (c *collecting) close() {
	for _, s := range c.open {
		_ = s.file.Close()
	}
	_ = os.RemoveAll(c.folder)
}
