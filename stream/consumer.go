package stream

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"goldserve/gold"
)

// Config says what a consumer reads, and what becomes of it.
type Config struct {
	Connection
	Topic    string
	Folder   string        // of the landed files
	State    string        // the stream's own folder
	Required []string      // the keys that each message must have
	Every    time.Duration // between two windows
	Most     int64         // bytes that are collected while a window is at work; 0: 256 MiB
	Group    string        // whose offsets are committed, for others to see the lag; "": none
	Once     bool          // end when everything is published that the topic had at the start
	// After is closed when the topic has what a stream that runs once is to publish; nil: it has it at the start.
	After <-chan struct{}
	// AcceptLoss lets the stream go on where messages can't be had any more.
	AcceptLoss bool

	// Window makes gold of landed files; nil: of those that are landed already and weren't made gold of.
	Window func(ctx context.Context, landed []Span) (*Made, error)
	// Publish publishes the gold. Where it fails, it is tried again with the next window.
	Publish func(ctx context.Context) (release int64, err error)
	// Told is told of each window, from one goroutine.
	Told func(Progress)
}

// Made is what a window added to the gold.
type Made struct {
	Window     int
	Rows       map[string]int64 // by table
	Duplicates map[string]int64 // rows whose key was there already, by table
}

// Progress says how a stream goes, once a window.
type Progress struct {
	Window      int              `json:"window,omitempty"` // 0: there was nothing to read
	Messages    int64            `json:"messages"`
	DeadLetters int64            `json:"dead_letters"`
	Rows        map[string]int64 `json:"rows,omitempty"`
	Duplicates  map[string]int64 `json:"duplicates,omitempty"`
	Release     int64            `json:"release,omitempty"` // 0: none was published
	LagMessages int64            `json:"lag_messages"`      // in the topic, and not in the release
	LagSeconds  float64          `json:"lag_seconds"`       // the age of the oldest of them
	Seconds     float64          `json:"seconds"`           // that the window took to build and publish
	At          time.Time        `json:"at"`
	Err         error            `json:"-"` // the publish that failed, or brokers that are away
}

// consumer is one run.
type consumer struct {
	Config
	client   *kgo.Client
	admin    *kadm.Client
	dead     *deadLetters
	at       *position // where the landed files end
	got      *collecting
	last     *ends
	stop     []int64 // of once, by partition: where the stream ends; nil: that isn't known yet
	away     bool    // the brokers did not answer at the last look
	working  chan outcome
	work     batch // that is at work
	done     batch // up to which all is published
	unserved bool  // the last publish failed
}

// batch is what a window was made of.
type batch struct {
	messages, dead int64
	next           []int64 // by partition
	oldest, newest time.Time
	begun          time.Time
}

// outcome is what became of a window.
type outcome struct {
	made    *Made
	release int64
	err     error // nothing can go on
	publish error
}

// Consume reads a topic until the context ends or, with Once, the topic's end is published. Only one may run for a folder.
func Consume(ctx context.Context, config Config) error {
	c := &consumer{Config: config}
	if c.Most == 0 {
		c.Most = 256 << 20
	}
	if c.Told == nil {
		c.Told = func(Progress) {}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := c.open(ctx); err != nil {
		return err
	}
	defer c.client.Close()
	defer c.got.close()
	err := c.run(ctx)
	if c.working != nil { // what it has begun goes on at the next start
		cancel()
		<-c.working
	}
	if ctx.Err() != nil && !c.Once && (err == nil || errors.Is(err, context.Canceled)) {
		return nil // as its user stops it
	}
	return err
}

// open finds where the stream is, and connects.
func (c *consumer) open(ctx context.Context) error {
	state, err := readTopicState(c.State)
	if err != nil {
		return err
	}
	landed, err := landedIn(c.Folder, c.Topic)
	if err != nil {
		return err
	}
	if c.client, err = c.Connection.open(ctx, c.consumes()...); err != nil {
		return err
	}
	c.admin = kadm.NewClient(c.client)
	c.dead = &deadLetters{client: c.client, topic: DeadLetters(c.Topic)}
	if err = c.begin(ctx, state, landed); err != nil {
		c.client.Close()
	}
	return err
}

// consumes are the options of a client that reads.
func (c *consumer) consumes() []kgo.Opt {
	return []kgo.Opt{
		kgo.ConsumeResetOffset(kgo.NoResetOffset()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.FetchMaxWait(500 * time.Millisecond), kgo.FetchMaxBytes(32 << 20), kgo.MaxConcurrentFetches(3),
		kgo.MetadataMinAge(250 * time.Millisecond),
	}
}

// begin compares where the stream is with what the brokers have, and begins to read there.
func (c *consumer) begin(ctx context.Context, state *topicState, landed []Span) (err error) {
	if c.last, err = look(ctx, c.admin, &c.Connection, c.Topic); err != nil {
		return err
	}
	fresh := state == nil
	switch {
	case fresh && len(landed) > 0:
		return gold.Errorf(gold.Invalid, gold.CodeStreamDamaged, "%s has landed files of the topic %s, and %s is missing: restore it", filepath.ToSlash(c.Folder), c.Topic, filepath.ToSlash(filepath.Join(c.State, topicFile)))
	case fresh:
		state = &topicState{Topic: c.Topic, ID: c.last.id, Generation: 1, Begin: slices.Clone(c.last.start)}
	case state.Topic != c.Topic:
		return gold.Errorf(gold.Conflict, gold.CodeStreamConflict, "the lake has the stream of the topic %s: give %s a lake of its own", state.Topic, c.Topic)
	}
	c.at = positionOf(state, landed)
	changed, lost, err := c.at.meet(c.last, c.AcceptLoss)
	if err != nil {
		return err
	}
	for _, text := range lost {
		c.Logger.Warn("messages were lost, and the stream goes on", "lost", text)
	}
	if changed || fresh {
		if err := state.write(c.State); err != nil {
			return err
		}
	}
	if c.got, err = newCollecting(filepath.Join(c.State, "collecting"), c.at); err != nil {
		return err
	}
	c.done.next = slices.Clone(c.at.next)
	if c.After == nil {
		c.stop = slices.Clone(c.last.end)
	}
	c.assign(0)
	return nil
}

// assign has the client read the partitions from one on.
func (c *consumer) assign(from int) {
	offsets := map[int32]kgo.Offset{}
	for p := from; p < len(c.got.next); p++ {
		offsets[int32(p)] = kgo.NoResetOffset().At(c.got.next[p])
	}
	c.client.AddConsumePartitions(map[string]map[int32]kgo.Offset{c.Topic: offsets})
	c.client.ForceMetadataRefresh() // else the client learns of new partitions minutes later
}

// run collects, lands and has windows made, in turn.
func (c *consumer) run(ctx context.Context) error {
	c.start(ctx, batch{next: slices.Clone(c.at.next), begun: time.Now()}, nil) // what is landed already
	for {
		if err := c.collect(ctx); err != nil {
			return err
		}
		if err := c.look(ctx); err != nil {
			return err
		}
		if c.away {
			if err := c.rest(ctx, time.Second); err != nil {
				return err
			}
			continue
		}
		ended := c.Once && c.reached(c.got.next)
		if len(c.got.open) > 0 {
			if err := c.land(ctx); err != nil {
				return err
			}
		} else if ended && !c.unserved {
			return nil
		} else if c.unserved {
			c.start(ctx, batch{next: slices.Clone(c.at.next), begun: time.Now()}, []Span{})
		} else {
			c.tell(Progress{})
		}
		if ended {
			return c.wait(ctx)
		}
	}
}

// wait waits for the window at work, and returns what it failed with.
func (c *consumer) wait(ctx context.Context) error {
	if c.working == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case o := <-c.working:
		return errors.Join(c.finish(ctx, o), o.publish)
	}
}

// land commits what was collected, and has a window made of it.
func (c *consumer) land(ctx context.Context) error {
	if err := c.dead.flush(ctx); err != nil {
		return err
	}
	b := batch{messages: c.got.messages, dead: c.got.dead, oldest: c.got.oldest, newest: c.got.newest, begun: time.Now()}
	spans, err := c.got.land(c.Folder)
	if err != nil {
		return err
	}
	c.at.next = slices.Clone(c.got.next)
	b.next = slices.Clone(c.got.next)
	c.start(ctx, b, spans)
	return nil
}

// start has a window made and published while the next one is collected.
func (c *consumer) start(ctx context.Context, b batch, landed []Span) {
	if !c.work.oldest.IsZero() {
		b.oldest = c.work.oldest
	}
	c.work, c.working = b, make(chan outcome, 1)
	to := c.working
	go func() {
		var o outcome
		if o.made, o.err = c.Window(ctx, landed); o.err == nil {
			o.release, o.publish = c.Publish(ctx)
		}
		to <- o
	}()
}

// finish takes over what became of a window.
func (c *consumer) finish(ctx context.Context, o outcome) error {
	c.working = nil
	if o.err != nil {
		return o.err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.unserved = o.publish != nil
	if !c.unserved {
		if c.work.newest.IsZero() {
			c.work.newest = c.done.newest
		}
		c.done = c.work
		c.commit(ctx)
	}
	p := Progress{Messages: c.work.messages, DeadLetters: c.work.dead, Release: o.release, Seconds: time.Since(c.work.begun).Seconds(), Err: o.publish}
	if o.made != nil {
		p.Window, p.Rows, p.Duplicates = o.made.Window, o.made.Rows, o.made.Duplicates
	}
	owed := batch{}
	if c.unserved {
		owed.oldest = c.work.oldest // which the release still lacks
	}
	c.work = owed
	c.tell(p)
	return nil
}

// commit tells the brokers how far the release is, for people who look at a group's lag.
func (c *consumer) commit(ctx context.Context) {
	if c.Group == "" {
		return
	}
	offsets := kadm.Offsets{}
	for p, next := range c.done.next {
		offsets.AddOffset(c.Topic, int32(p), next, -1)
	}
	within, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := c.admin.CommitAllOffsets(within, c.Group, offsets); err != nil {
		c.Logger.DebugContext(ctx, "offsets not committed", "group", c.Group, "error", err)
	}
}
