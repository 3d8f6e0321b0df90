package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"goldserve/gold"
)

// broker is a cluster in memory, with a topic of two partitions.
type broker struct {
	*testing.T
	cluster *kfake.Cluster
	admin   *kadm.Client
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	b := &broker{t, cluster, kadm.NewClient(client)}
	b.create(2)
	return b
}

func (b *broker) create(partitions int32) {
	b.Helper()
	if made, err := b.admin.CreateTopic(b.Context(), partitions, 1, nil, "events"); err != nil || made.Err != nil {
		b.Fatal(err, made.Err)
	}
}

// produce writes messages into a partition.
func (b *broker) produce(partition int32, values ...string) {
	b.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner())) // which knows the topic as it is now
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	for _, v := range values {
		if err := client.ProduceSync(b.Context(), &kgo.Record{Topic: "events", Partition: partition, Value: []byte(v)}).FirstErr(); err != nil {
			b.Fatal(err)
		}
	}
}

// lakeOf is a folder that a consumer lands in.
type lakeOf struct {
	*broker
	folder string
	made   [][]string // the files of each window
	told   []Progress
}

func (b *broker) lake() *lakeOf { return &lakeOf{broker: b, folder: b.TempDir()} }

func (l *lakeOf) config() Config {
	return Config{
		Connection: Connection{Brokers: l.cluster.ListenAddrs(), Client: "test", Wait: 3 * time.Second, Logger: slog.New(slog.DiscardHandler)},
		Topic:      "events", Folder: filepath.Join(l.folder, "bronze", "events"), State: filepath.Join(l.folder, "_stream"),
		Required: []string{"id"}, Every: 50 * time.Millisecond, Once: true, Group: "shown",
		Window: func(_ context.Context, landed []Span) (*Made, error) {
			var names []string
			for _, s := range landed {
				names = append(names, s.Name())
			}
			if len(names) > 0 {
				l.made = append(l.made, names)
			}
			return &Made{Window: len(l.made)}, nil
		},
		Publish: func(context.Context) (int64, error) { return int64(len(l.made)), nil },
		Told:    func(p Progress) { l.told = append(l.told, p) },
	}
}

// consume runs a consumer once.
func (l *lakeOf) consume(change ...func(*Config)) error {
	config := l.config()
	for _, f := range change {
		f(&config)
	}
	if err := os.MkdirAll(config.State, 0o755); err != nil {
		l.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(l.Context(), 20*time.Second)
	defer cancel()
	return Consume(ctx, config)
}

// follow runs a consumer until what it tells is enough.
func (l *lakeOf) follow(enough func(Progress) bool, change ...func(*Config)) {
	l.Helper()
	config := l.config()
	for _, f := range change {
		f(&config)
	}
	ctx, cancel := context.WithCancel(l.Context())
	defer cancel()
	config.Once, config.Told = false, func(p Progress) {
		if enough(p) {
			cancel()
		}
		l.told = append(l.told, p)
	}
	if err := os.MkdirAll(config.State, 0o755); err != nil {
		l.Fatal(err)
	}
	if err := Consume(ctx, config); err != nil {
		l.Fatal(err)
	}
}

func (l *lakeOf) must(change ...func(*Config)) {
	l.Helper()
	if err := l.consume(change...); err != nil {
		l.Fatal(err)
	}
}

// landed returns every line that was landed, sorted, and the names of the files.
func (l *lakeOf) landed() (lines, names []string) {
	l.Helper()
	files, err := filepath.Glob(filepath.Join(l.folder, "bronze", "events", "*"))
	if err != nil {
		l.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			l.Fatal(err)
		}
		names = append(names, filepath.Base(f))
		lines = append(lines, strings.Fields(string(text))...)
	}
	slices.Sort(lines)
	return lines, names
}

func (l *lakeOf) wantLines(want ...string) {
	l.Helper()
	slices.Sort(want)
	if lines, _ := l.landed(); !slices.Equal(lines, want) {
		l.Fatalf("landed %q, want %q", lines, want)
	}
}

func ids(from, to int) (all []string) {
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprintf(`{"id":%d}`, i))
	}
	return all
}

func TestMessagesAreLandedByPartitionAndOffsets(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 3)...)
	b.produce(1, ids(3, 5)...)
	l := b.lake()
	l.must()
	l.wantLines(ids(0, 5)...)
	if _, names := l.landed(); !slices.Equal(names, []string{"events-0-00000000000000000000-00000000000000000002.jsonl", "events-1-00000000000000000000-00000000000000000001.jsonl"}) {
		t.Error(names)
	}
	if last := l.told[len(l.told)-1]; last.Messages != 5 || last.LagMessages != 0 || last.Release != 1 {
		t.Errorf("%+v", last)
	}
	// Once more: nothing is read twice, what is new is read alone.
	l.must()
	b.produce(1, ids(5, 6)...)
	l.must()
	l.wantLines(ids(0, 6)...)
	if len(l.made) != 2 || !slices.Equal(l.made[1], []string{"events-1-00000000000000000002-00000000000000000002.jsonl"}) {
		t.Error(l.made)
	}
	committed, err := b.admin.FetchOffsets(t.Context(), "shown")
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := committed.Lookup("events", 1); !ok || o.At != 3 {
		t.Error("the group's offsets are", committed)
	}
}

func TestDeadLettersSayWhyAndWhere(t *testing.T) {
	b := newBroker(t)
	b.produce(1, `{"id":1}`, `{"id":`, `[1]`, `{"name":"x"}`, "", "{\n \"id\": 2\n}", `{"id":"`+"\xff"+`"}`)
	b.produce(0, "junk")
	l := b.lake()
	l.must()
	l.wantLines(`{"id":1}`, `{"id":2}`)
	if p := l.told[0]; p.Messages != 2 && l.told[1].Messages != 2 {
		t.Errorf("%+v", l.told)
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.ConsumeTopics("events.dlq"))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var letters []string
	for len(letters) < 6 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		fetches := reader.PollFetches(ctx)
		late := ctx.Err()
		cancel()
		if late != nil {
			t.Fatal("only these arrived", letters)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			about := map[string]string{}
			for _, h := range r.Headers {
				about[h.Key] = string(h.Value)
			}
			letters = append(letters, fmt.Sprintf("%s/%s/%s %s", about["topic"], about["partition"], about["offset"], about["reason"]))
		})
	}
	slices.Sort(letters)
	want := []string{
		"events/0/0 the message is not JSON: byte 1 is not as expected", "events/1/1 the message is not JSON: byte 6 is not as expected", "events/1/2 the message is JSON, but not an object",
		"events/1/3 the key id is missing", "events/1/4 the message is empty", "events/1/6 the message is not UTF-8",
	}
	if !slices.Equal(letters, want) {
		t.Errorf("%q", letters)
	}
	// A partition of dead letters alone is passed over all the same.
	l.must()
	if _, names := l.landed(); len(names) != 2 {
		t.Error(names)
	}
}

func TestWhatAWindowLeftIsMadeAtTheNextStart(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 3)...)
	l := b.lake()
	broken := fmt.Errorf("the disk is full")
	if err := l.consume(func(c *Config) {
		c.Window = func(_ context.Context, landed []Span) (*Made, error) {
			if len(landed) > 0 {
				return nil, broken
			}
			return &Made{}, nil
		}
	}); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	asked := false
	l.must(func(c *Config) {
		c.Window = func(_ context.Context, landed []Span) (*Made, error) {
			asked = asked || landed == nil
			return &Made{}, nil
		}
	})
	if !asked {
		t.Error("nobody was asked for gold of what had been landed")
	}
	l.wantLines(ids(0, 3)...)
}

func TestAPublishThatFailsIsTriedAgain(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 3)...)
	l := b.lake()
	var tries atomic.Int32
	l.follow(func(p Progress) bool { return p.Release == 7 && p.LagMessages == 0 }, func(c *Config) {
		c.Publish = func(context.Context) (int64, error) {
			if tries.Add(1) < 4 {
				return 0, fmt.Errorf("the store is away")
			}
			return 7, nil
		}
	})
	if tries.Load() != 4 || !slices.ContainsFunc(l.told, func(p Progress) bool { return p.Err != nil && p.LagMessages == 3 }) {
		t.Errorf("%d tries, %+v", tries.Load(), l.told)
	}
	age := 0.0 // of the oldest message that the release lacks, which grows while none is published
	for _, p := range l.told {
		if p.Err != nil && p.LagSeconds <= age {
			t.Errorf("%+v", l.told)
		}
		age = p.LagSeconds
	}
}

func TestRetentionThatRanPastTheStreamIsNoSilentLoss(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 3)...)
	l := b.lake()
	l.must()
	b.produce(0, ids(3, 10)...)
	if _, err := b.admin.DeleteRecords(t.Context(), kadm.Offsets{"events": {0: {Topic: "events", Partition: 0, At: 7}}}); err != nil {
		t.Fatal(err)
	}
	l.mustLose("partition 0 of the topic events begins at offset 7 by now, and was read up to 2: 4 messages were removed before they were read")
	l.wantLines(ids(0, 3)...)
	l.must(func(c *Config) { c.AcceptLoss = true })
	l.wantLines(append(ids(0, 3), ids(7, 10)...)...)
	l.must()
}

// mustLose expects the error of messages that can't be had any more.
func (l *lakeOf) mustLose(says string) {
	l.Helper()
	if err := l.consume(); gold.CodeOf(err) != gold.CodeStreamLost || !strings.Contains(err.Error(), says) {
		l.Fatal(err)
	}
}

func TestATopicThatWasCreatedAgainIsAnotherOne(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 5)...)
	l := b.lake()
	l.must()
	if _, err := b.admin.DeleteTopic(t.Context(), "events"); err != nil {
		t.Fatal(err)
	}
	if err := l.consume(); gold.CodeOf(err) != gold.CodeStreamUnavailable || !strings.Contains(err.Error(), "no topic events") {
		t.Fatal(err)
	}
	b.create(1)
	b.produce(0, ids(5, 12)...)
	l.mustLose("the topic events was deleted and created again")
	l.wantLines(ids(0, 5)...)
	l.must(func(c *Config) { c.AcceptLoss = true })
	l.wantLines(ids(0, 12)...)
	if _, names := l.landed(); !slices.Contains(names, "events@2-0-00000000000000000000-00000000000000000006.jsonl") {
		t.Error(names)
	}
	b.produce(0, ids(12, 13)...)
	l.must()
	l.wantLines(ids(0, 13)...)
}

func TestATopicIsCreatedAgainWhileItIsRead(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 5)...)
	l := b.lake()
	begun := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- l.consume(func(c *Config) {
			c.Once = false
			told := c.Told
			c.Told = func(p Progress) {
				if told(p); p.Messages == 5 {
					close(begun)
				}
			}
		})
	}()
	<-begun
	if _, err := b.admin.DeleteTopic(t.Context(), "events"); err != nil {
		t.Fatal(err)
	}
	b.create(2)
	b.produce(0, ids(5, 12)...)
	if err := <-ended; gold.CodeOf(err) != gold.CodeStreamLost {
		t.Fatal(err)
	}
	l.wantLines(ids(0, 5)...)
}

func TestATopicThatWasCutOffEndsTheStream(t *testing.T) {
	state := &topicState{Topic: "events", ID: "x", Generation: 1, Begin: []int64{0, 0}}
	at := positionOf(state, []Span{{"events", 1, 1, 0, 99}})
	_, _, err := at.meet(&ends{id: "x", start: []int64{0, 0}, end: []int64{0, 40}}, false)
	if gold.CodeOf(err) != gold.CodeStreamLost || !strings.Contains(err.Error(), "partition 1 of the topic events ends before offset 40, and was read up to 99") {
		t.Fatal(err)
	}
	if changed, lost, err := at.meet(&ends{id: "x", start: []int64{0, 0}, end: []int64{0, 40}}, true); err != nil || !changed || len(lost) != 1 || state.Generation != 2 || !slices.Equal(at.next, []int64{0, 0}) {
		t.Error(at, lost, err)
	}
}

func TestPartitionsThatAreAddedAreReadFromTheirBeginning(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 2)...)
	l := b.lake()
	l.must()
	if _, err := b.admin.CreatePartitions(t.Context(), 1, "events"); err != nil {
		t.Fatal(err)
	}
	b.produce(2, ids(2, 5)...)
	l.must()
	l.wantLines(ids(0, 5)...)

	// The same while it is read.
	l.told = nil
	l.follow(func(p Progress) bool {
		if len(l.told) == 1 {
			if _, err := b.admin.CreatePartitions(t.Context(), 1, "events"); err != nil {
				t.Error(err)
			}
			b.produce(3, ids(5, 7)...)
			return false
		}
		return p.Messages == 2
	})
	l.wantLines(ids(0, 7)...)
}

func TestAStreamBeginsWhereItsTopicDoes(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 5)...)
	if _, err := b.admin.DeleteRecords(t.Context(), kadm.Offsets{"events": {0: {Topic: "events", Partition: 0, At: 3}}}); err != nil {
		t.Fatal(err)
	}
	l := b.lake()
	l.must()
	l.wantLines(ids(3, 5)...)
	l.must()
}

func TestBrokersThatAreAwayAreSaid(t *testing.T) {
	b := newBroker(t)
	l := b.lake()
	err := l.consume(func(c *Config) { c.Brokers, c.Wait = []string{"127.0.0.1:1"}, 300*time.Millisecond })
	if gold.CodeOf(err) != gold.CodeStreamUnavailable || !strings.Contains(err.Error(), "the brokers 127.0.0.1:1 can't be reached") {
		t.Fatal(err)
	}
}

func TestABrokerThatComesBackIsReadOn(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 2)...)
	l := b.lake()
	var away atomic.Bool
	b.cluster.Control(func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		if away.Load() {
			return nil, fmt.Errorf("the broker is away"), true
		}
		return nil, nil, false
	})
	said := false
	l.follow(func(p Progress) bool {
		switch {
		case p.Messages == 2 && len(l.told) < 3:
			away.Store(true)
		case gold.CodeOf(p.Err) == gold.CodeStreamUnavailable && !said:
			said = true
			away.Store(false)
			b.produce(1, ids(2, 4)...)
		}
		return said && p.Release > 0 && p.LagMessages == 0
	})
	if !said {
		t.Error("that the brokers were away was not said")
	}
	l.wantLines(ids(0, 4)...)
}

func TestDeadLettersWaitForBrokersThatAreAway(t *testing.T) {
	b := newBroker(t)
	b.produce(0, `{"id":1}`, "no JSON", `{"id":2}`)
	l := b.lake()
	refusals := 0
	b.cluster.ControlKey(int16(kmsg.CreateTopics), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		if refusals++; refusals > 1 {
			return nil, nil, false
		}
		refused := req.ResponseKind().(*kmsg.CreateTopicsResponse)
		topic := kmsg.NewCreateTopicsResponseTopic()
		topic.Topic, topic.ErrorCode = "events.dlq", kerr.RequestTimedOut.Code
		refused.Topics = append(refused.Topics, topic)
		return refused, nil, true
	})
	said := false
	l.follow(func(p Progress) bool {
		said = said || gold.CodeOf(p.Err) == gold.CodeStreamUnavailable
		return p.Release > 0 && p.LagMessages == 0
	})
	if !said || refusals != 2 {
		t.Errorf("said: %t, after %d requests for the topic", said, refusals)
	}
	l.wantLines(`{"id":1}`, `{"id":2}`)
}

func TestFilesThatCoverTheSameMessagesAreRefused(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 3)...)
	l := b.lake()
	l.must()
	name := Span{"events", 1, 0, 2, 4}.Name()
	if err := os.WriteFile(filepath.Join(l.folder, "bronze", "events", name), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.consume(); gold.CodeOf(err) != gold.CodeStreamDamaged || !strings.Contains(err.Error(), name) {
		t.Fatal(err)
	}
}

func TestAFolderOfAnotherStreamIsRefused(t *testing.T) {
	b := newBroker(t)
	b.produce(0, ids(0, 3)...)
	l := b.lake()
	l.must()
	if err := l.consume(func(c *Config) { c.Topic = "others" }); gold.CodeOf(err) != gold.CodeStreamUnavailable {
		t.Fatal(err) // there is no such topic
	}
	if err := os.Remove(filepath.Join(l.folder, "_stream", "topic.json")); err != nil {
		t.Fatal(err)
	}
	if err := l.consume(); gold.CodeOf(err) != gold.CodeStreamDamaged || !strings.Contains(err.Error(), "topic.json is missing") {
		t.Fatal(err)
	}
}
