package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"goldserve/gold"
)

// topicFile is where a stream remembers which topic it reads.
const topicFile = "topic.json"

// topicState is what is remembered of a topic: which one it is, and where each of its partitions began.
type topicState struct {
	Topic      string  `json:"topic"`
	ID         string  `json:"id"`
	Generation int     `json:"generation"` // 1; one more each time that the topic began anew
	Begin      []int64 `json:"begin"`      // the first offset that is read, by partition
}

func readTopicState(folder string) (*topicState, error) {
	text, err := os.ReadFile(filepath.Join(folder, topicFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failed(err, "the stream's %s can't be read", topicFile)
	}
	s := &topicState{}
	if err := json.Unmarshal(text, s); err != nil || s.ID == "" || s.Generation < 1 {
		return nil, gold.Errorf(gold.Invalid, gold.CodeStreamDamaged, "%s is not as the stream wrote it: restore it", filepath.ToSlash(filepath.Join(folder, topicFile)))
	}
	return s, nil
}

func (s *topicState) write(folder string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(folder, topicFile), append(text, '\n'))
}

// writeWhole writes a file so that it is there whole or as it was, also after a crash.
func writeWhole(name string, text []byte) error {
	next := name + ".next"
	f, err := os.Create(next)
	if err == nil {
		_, err = f.Write(text)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Rename(next, name)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(name))
	}
	if err != nil {
		return failed(err, "%s can't be written", name)
	}
	return nil
}

// syncFolder makes renames in a folder outlast a crash of the machine, where the system can.
func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	_ = f.Sync() // not every system can
	return f.Close()
}

// ends are where a topic's partitions begin and end at the brokers.
type ends struct {
	id         string
	start, end []int64 // by partition; end is where the next message will be
}

// look asks the brokers about a topic.
func look(ctx context.Context, admin *kadm.Client, c *Connection, topic string) (*ends, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	m, err := admin.Metadata(ctx, topic)
	if err != nil {
		return nil, c.errUnreached(err)
	}
	t := m.Topics[topic]
	switch {
	case errors.Is(t.Err, kerr.UnknownTopicOrPartition) || len(t.Partitions) == 0 && t.Err == nil:
		return nil, gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "the brokers have no topic %s: create it, or produce into it first", topic)
	case t.Err != nil:
		return nil, gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "the brokers refuse the topic %s: %w", topic, t.Err)
	}
	e := &ends{id: t.ID.String(), start: make([]int64, len(t.Partitions)), end: make([]int64, len(t.Partitions))}
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, c.errUnreached(err)
	}
	last, err := admin.ListCommittedOffsets(ctx, topic)
	if err != nil {
		return nil, c.errUnreached(err)
	}
	for p := range e.start {
		first, ok := starts.Lookup(topic, int32(p))
		end, also := last.Lookup(topic, int32(p))
		if !ok || !also || first.Err != nil || end.Err != nil {
			return nil, gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "the brokers don't say where partition %d of the topic %s begins and ends: %w", p, topic, errors.Join(first.Err, end.Err))
		}
		e.start[p], e.end[p] = first.Offset, end.Offset
	}
	return e, nil
}

// position is where a stream is in a topic.
type position struct {
	*topicState
	next []int64 // by partition: the offset that is read next
}

// positionOf returns where the landed files of a topic end, each partition for itself; partitions that nothing was landed of begin where
// the state says.
func positionOf(state *topicState, landed []Span) *position {
	p := &position{topicState: state, next: slices.Clone(state.Begin)}
	for _, s := range landed {
		if s.Generation != state.Generation {
			continue
		}
		for int(s.Partition) >= len(p.next) {
			p.next = append(p.next, 0)
		}
		p.next[s.Partition] = max(p.next[s.Partition], s.Last+1)
	}
	return p
}

// meet compares a position with what the brokers have. New partitions begin at 0. Its error says which messages can't be had any more;
// with accept, the position goes on without them instead, and lost says so.
func (p *position) meet(e *ends, accept bool) (changed bool, lost []string, err error) {
	refuse := func(text string) error {
		return &gold.Error{Kind: gold.Invalid, Code: gold.CodeStreamLost, Message: text}
	}
	begin := func() { // another topic, as far as offsets go
		p.ID, p.Generation, p.Begin = e.id, p.Generation+1, slices.Clone(e.start)
		p.next = slices.Clone(e.start)
		changed = true
	}
	if e.id != p.ID {
		text := "the topic " + p.Topic + " was deleted and created again since it was read: what it had after the landed files is no longer available"
		if !accept {
			return false, nil, refuse(text)
		}
		begin()
		return changed, append(lost, text), nil
	}
	if len(e.end) < len(p.next) {
		return false, nil, refuse(fmt.Sprintf("the topic %s has %s, and the landed files are of %d", p.Topic, gold.Counted(len(e.end), "partition"), len(p.next)))
	}
	for i := len(p.next); i < len(e.end); i++ {
		p.next, changed = append(p.next, 0), true
	}
	for i := len(p.Begin); i < len(e.end); i++ {
		p.Begin = append(p.Begin, 0)
	}
	for i, next := range p.next {
		if next > e.end[i] {
			text := fmt.Sprintf("partition %d of the topic %s ends before offset %d, and was read up to %d: it was cut off, as when a broker lost its disk", i, p.Topic, e.end[i], next-1)
			if !accept {
				return false, nil, refuse(text)
			}
			begin()
			return changed, append(lost, text), nil
		}
	}
	for i, next := range p.next {
		if next >= e.start[i] {
			continue
		}
		text := removed(p.Topic, int32(i), e.start[i], next)
		if !accept {
			return false, nil, refuse(text)
		}
		lost = append(lost, text)
		p.next[i], p.Begin[i], changed = e.start[i], e.start[i], true
	}
	return changed, lost, nil
}

// removed says that messages of a partition that begins at an offset by now were removed before they were read.
func removed(topic string, partition int32, start, next int64) string {
	return fmt.Sprintf("partition %d of the topic %s begins at offset %d by now, and was read up to %d: %s were removed before they were read, as the topic's retention says",
		partition, topic, start, next-1, gold.Counted(start-next, "message"))
}
