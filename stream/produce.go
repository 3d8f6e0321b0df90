package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"goldserve/gold"
)

// Producer says what is produced, and where.
type Producer struct {
	Connection
	Topic string
	Key   string // the key of an object that is a message's key; "": messages have none
	Rate  int    // messages a second; 0: as fast as the brokers take them
	// Each hands on the messages.
	Each func(to func([]byte) error) error
}

// Produced counts what the brokers have acknowledged.
type Produced struct {
	Messages   int64   `json:"messages"`
	WithoutKey int64   `json:"without_key"`
	Bytes      int64   `json:"bytes"`
	Seconds    float64 `json:"seconds"`
}

// Produce produces each message once: the client numbers them, so that brokers drop what it sends again. It creates the topic, as the
// brokers' defaults say, if there is none. What was produced before an error stays, and is counted.
func Produce(ctx context.Context, p Producer) (done Produced, err error) {
	begin := time.Now()
	client, err := p.open(ctx, kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(50_000), kgo.ProducerBatchMaxBytes(1<<20), kgo.RecordDeliveryTimeout(2*time.Minute))
	if err != nil {
		return done, err
	}
	defer client.Close()
	if err := createTopic(ctx, client, p.Topic); err != nil {
		return done, p.refused(err)
	}
	s := &sending{Producer: p, client: client, begin: begin}
	err = p.Each(func(value []byte) error { return s.send(ctx, value) })
	flushed := client.Flush(ctx)
	if failed := s.failed.Load(); failed != nil {
		err = p.refused(*failed)
	} else if err == nil && flushed != nil {
		err = flushed
	}
	return Produced{Messages: s.messages.Load(), WithoutKey: s.without, Bytes: s.bytes.Load(), Seconds: time.Since(begin).Seconds()}, err
}

// CreateTopic creates a topic, if there is none, as the brokers' defaults say.
func CreateTopic(ctx context.Context, c Connection, topic string) error {
	client, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := createTopic(ctx, client, topic); err != nil {
		return gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "the topic %s can't be created: %w", topic, err)
	}
	return nil
}

// createTopic creates a topic, if there is none, as the brokers' defaults say.
func createTopic(ctx context.Context, client *kgo.Client, topic string) error {
	admin := kadm.NewClient(client)
	if m, err := admin.Metadata(ctx, topic); err == nil && m.Topics[topic].Err == nil && len(m.Topics[topic].Partitions) > 0 {
		return nil
	}
	made, err := admin.CreateTopic(ctx, -1, -1, nil, topic)
	if err == nil {
		err = made.Err
	}
	if errors.Is(err, kerr.TopicAlreadyExists) {
		return nil
	}
	return err
}

func (p *Producer) refused(err error) error {
	if ctx := errors.Is(err, context.Canceled); ctx {
		return err
	}
	return gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "the brokers don't take messages for the topic %s: %w", p.Topic, err)
}

// sending is one run of a producer.
type sending struct {
	Producer
	client          *kgo.Client
	begin           time.Time
	sent, without   int64
	messages, bytes atomic.Int64 // acknowledged
	failed          atomic.Pointer[error]
}

// send sends a message, at its time.
func (s *sending) send(ctx context.Context, value []byte) error {
	if failed := s.failed.Load(); failed != nil {
		return *failed
	}
	if err := s.pace(ctx); err != nil {
		return err
	}
	r := &kgo.Record{Topic: s.Topic, Value: append([]byte(nil), value...)}
	if s.Key != "" {
		if r.Key = keyOf(r.Value, s.Key); r.Key == nil {
			s.without++
		}
	}
	s.sent++
	s.client.Produce(ctx, r, func(r *kgo.Record, err error) {
		if err != nil {
			s.failed.CompareAndSwap(nil, &err)
			return
		}
		s.messages.Add(1)
		s.bytes.Add(int64(len(r.Value)))
	})
	return ctx.Err()
}

// pace waits until the next message is due.
func (s *sending) pace(ctx context.Context) error {
	if s.Rate == 0 {
		return nil
	}
	due := s.begin.Add(time.Duration(float64(s.sent) / float64(s.Rate) * float64(time.Second)))
	wait := time.Until(due)
	if wait < 2*time.Millisecond {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

// keyOf returns the value of a key of a JSON object as a message's key: a text without its quotes, a number as it is written; nil: there is
// none, or it is null.
func keyOf(object []byte, name string) []byte {
	if !json.Valid(object) || len(object) == 0 || object[0] != '{' {
		return nil
	}
	for rest := object[1:]; ; {
		key, after, ok := nextKey(rest)
		if !ok {
			return nil
		}
		if key == name {
			value := bytes.TrimSpace(after[:valueEnd(after)])
			var text string
			switch {
			case string(value) == "null":
				return nil
			case json.Unmarshal(value, &text) == nil:
				return []byte(text)
			}
			return value
		}
		rest = afterValue(after)
	}
}
