package stream

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"goldserve/gold"
)

// DeadLetters is the topic that messages of a topic go to which can't be landed.
func DeadLetters(topic string) string { return topic + ".dlq" }

// deadLetters writes dead letters.
type deadLetters struct {
	client *kgo.Client
	topic  string
	made   bool // the topic is there

	mu  sync.Mutex
	err error // the first that could not be written
}

// write hands a message on, as it is, with why and where it was read. flush says whether it arrived.
func (d *deadLetters) write(ctx context.Context, r *kgo.Record, reason string) error {
	if !d.made {
		if err := createTopic(ctx, d.client, d.topic); err != nil {
			return d.failed(err)
		}
		d.made = true
	}
	headers := append(r.Headers,
		kgo.RecordHeader{Key: "reason", Value: []byte(reason)},
		kgo.RecordHeader{Key: "topic", Value: []byte(r.Topic)},
		kgo.RecordHeader{Key: "partition", Value: strconv.AppendInt(nil, int64(r.Partition), 10)},
		kgo.RecordHeader{Key: "offset", Value: strconv.AppendInt(nil, r.Offset, 10)})
	d.client.Produce(ctx, &kgo.Record{Topic: d.topic, Key: r.Key, Value: r.Value, Headers: headers, Timestamp: r.Timestamp}, func(_ *kgo.Record, err error) {
		if err != nil {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.err = errors.Join(d.err, err)
		}
	})
	return nil
}

// flush returns once every dead letter has arrived.
func (d *deadLetters) flush(ctx context.Context) error {
	if err := d.client.Flush(ctx); err != nil {
		return d.failed(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.failed(d.err)
	}
	return nil
}

func (d *deadLetters) failed(err error) error {
	return gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "dead letters can't be written to the topic %s, so that nothing after them is landed: %w", d.topic, err)
}
