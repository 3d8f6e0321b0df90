package main

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/builder"
	"goldserve/stream"
)

// phaseStream is the phase of streams in a record of energy.
const phaseStream = "stream"

// defaultStreamLake is the lake of a stream where nothing names one: builds have another.
const defaultStreamLake = "stream"

// streamRequest is what the flags of a stream ask for.
type streamRequest struct {
	set              []string
	every            time.Duration
	once, acceptLoss bool
	rate             string
	perSecond        int
	after            <-chan struct{} // closed when everything is produced; nil: nothing is
}

func (a *app) stream() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "stream",
		Short:   "Publish the messages of a Kafka topic, each once, every few seconds",
		Example: "  goldserve stream run --model orders --brokers 127.0.0.1:9092 --topic events events.jsonl",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.streamProduce(), a.streamConsume(), a.streamRun(), a.streamStatus())
	return cmd
}

func (a *app) streamProduce() *cobra.Command {
	var ask streamRequest
	cmd := &cobra.Command{
		Use:   "produce [FILE]",
		Short: "Produce the rows of a file as messages of a topic",
		Long: `produce sends each line of FILE (JSON lines), each element of a JSON array, or each row of a CSV or Parquet file as one message, as a JSON
object. The model says which column is a message's key: messages with the same key stay in order. Each message is stored once, even
if the connection breaks meanwhile. A missing topic is created with the brokers' defaults.

Without FILE, the model's cleaned table in the folder silver of the lake is sent (stream: produce in model.yaml).`,
		Example: `  goldserve stream produce --brokers 127.0.0.1:9092 --topic events events.jsonl
  goldserve stream produce --model orders --rate 20000/s`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.evented(func(ctx context.Context) error { return a.runStreamProduce(ctx, &ask, args) })(cmd, args)
		},
	}
	flags := cmd.Flags()
	a.config.streamSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	flags.Lookup("model").Usage = modelOfStream
	a.setting(flags, "lake").Usage = "folder whose cleaned table is sent if no file is named (default: lake)"
	ask.producerFlags(flags)
	a.setting(flags, "json")
	return cmd
}

// modelOfStream says which model a stream is of.
const modelOfStream = "the model whose stream: to follow (default: the only one in --models, else " + defaultModel + ")"

func (r *streamRequest) producerFlags(flags *pflag.FlagSet) {
	flags.StringVar(&r.rate, "rate", "", "messages per second, such as 20000/s (default: as fast as the brokers take them)")
}

func (r *streamRequest) consumerFlags(a *app, flags *pflag.FlagSet) {
	a.config.streamSettings.flags(flags)
	a.config.modelSettings.flags(flags)
	flags.Lookup("model").Usage = modelOfStream
	a.setting(flags, "lake").Usage = "folder of the stream's own lake (default: " + defaultStreamLake + ")"
	flags.StringArrayVar(&r.set, "set", nil, "set a parameter of the model's build: NAME=VALUE (repeatable)")
	flags.DurationVar(&r.every, "every", 10*time.Second, "time between two releases")
	flags.BoolVar(&r.once, "once", false, "end when everything that the topic has now is published")
	flags.BoolVar(&r.acceptLoss, "accept-loss", false, "go on although messages were removed from the topic before they were read")
	a.engineFlags(flags)
	a.setting(flags, "hmac-key-file")
	a.config.storeSettings.flags(flags)
	a.config.retentionSettings.flags(flags)
	a.config.publishSettings.flags(flags)
	a.config.mirrorSettings.flags(flags)
	a.config.footprintSettings.flags(flags)
	a.setting(flags, "admin-listen")
	a.setting(flags, "json").Usage = "print a line of JSON for each window; the last one is failed if the stream failed"
}

func (a *app) streamConsume() *cobra.Command {
	var ask streamRequest
	cmd := &cobra.Command{
		Use:   "consume [LAKE]",
		Short: "Publish the messages of a topic, each once, every few seconds",
		Long: `consume reads a topic from where the lake ends, or from its beginning, until a signal ends it. Every 10 seconds (--every), the messages that
came in are landed in the lake, built with the model's SQL, and published as additional rows of the current release.

Each message is in the releases once, whatever is killed and when: the names of the landed files say up to which offset the topic was read.
A message that isn't a JSON object with the model's required keys goes to the topic TOPIC.dlq, with the reason. Rows whose key is
there already are skipped.

If messages were removed from the topic before they were read, or the topic was created again, consume ends with exit code 3 and says
which are missing; --accept-loss goes on without them. While the brokers are away it waits. Only one consumer runs for each lake.`,
		Example: `  goldserve stream consume --model orders --brokers 127.0.0.1:9092 --topic events
  goldserve stream consume --model orders --once ./stream`,
		Args: cobra.MaximumNArgs(1),
		RunE: a.eventedLake(func(ctx context.Context) error { return a.runStreamConsume(ctx, &ask) }),
	}
	ask.consumerFlags(a, cmd.Flags())
	return cmd
}

func (a *app) streamRun() *cobra.Command {
	var ask streamRequest
	cmd := &cobra.Command{
		Use:   "run [FILE]",
		Short: "Produce a file and publish the topic, in one command",
		Long: `run does what produce and consume do, at the same time. When the file is sent, it goes on to publish the topic until a signal ends it or,
with --once, ends when everything is published.`,
		Example: `  goldserve stream run --model orders --brokers 127.0.0.1:9092 --topic events --rate 2000/s events.jsonl
  goldserve stream run --model orders --once`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.evented(func(ctx context.Context) error { return a.runStreamRun(ctx, &ask, args) })(cmd, args)
		},
	}
	ask.consumerFlags(a, cmd.Flags())
	ask.producerFlags(cmd.Flags())
	return cmd
}

// check checks the options of a stream.
func (r *streamRequest) check() error {
	if r.every < 100*time.Millisecond || r.every > time.Hour {
		return usagef("--every is %s: expected a duration from 100ms to 1h, such as 10s", r.every)
	}
	return r.checkRate()
}

func (r *streamRequest) checkRate() error {
	if r.rate == "" {
		return nil
	}
	n, err := strconv.Atoi(strings.TrimSuffix(r.rate, "/s"))
	if err != nil || n < 1 || n > 10_000_000 {
		return usagef("--rate is %q: expected messages per second, such as 20000/s", r.rate)
	}
	r.perSecond = n
	return nil
}

func (a *app) runStreamProduce(ctx context.Context, ask *streamRequest, args []string) error {
	if err := ask.checkRate(); err != nil {
		return err
	}
	p, name, err := a.producer(ask, args)
	if err != nil {
		return err
	}
	done, err := stream.Produce(ctx, *p)
	a.tellProduced(p, name, done)
	return err
}

// tellProduced tells what the brokers have taken.
func (a *app) tellProduced(p *stream.Producer, name string, done stream.Produced) {
	if a.config.JSON {
		_ = a.printEvent(struct { // a closed standard output doesn't end what was done
			Event string `json:"event"`
			Topic string `json:"topic"`
			File  string `json:"file"`
			stream.Produced
		}{"produced", p.Topic, name, done})
		return
	}
	keys := ""
	if done.WithoutKey > 0 {
		keys = ", " + strconv.FormatInt(done.WithoutKey, 10) + " without " + p.Key
	}
	a.printf("%s: %d messages of %s produced in %.1f s (%.0f/s)%s\n", p.Topic, done.Messages, name, done.Seconds, float64(done.Messages)/max(done.Seconds, 1e-9), keys)
}

// producer returns what produces a file, or the model's cleaned table.
func (a *app) producer(ask *streamRequest, args []string) (*stream.Producer, string, error) {
	m, _, err := a.config.buildModel(a.logger())
	if err != nil {
		return nil, "", err
	}
	conn, topic, err := a.connection()
	if err != nil {
		return nil, "", err
	}
	p := &stream.Producer{Connection: conn, Topic: topic, Rate: ask.perSecond}
	if m.Stream != nil {
		p.Key = m.Stream.Key
	}
	name := ""
	switch {
	case len(args) > 0:
		name = args[0]
	case m.Stream == nil || m.Stream.Produce == "":
		return nil, "", usagef("name the file to produce: the model %s has no table for it (stream: produce in model.yaml)", m.Name)
	default:
		if name, err = cleanedFile(stagesOf("", m).stage(&a.config, builder.Silver), m.Stream.Produce); err != nil {
			return nil, "", err
		}
	}
	p.Each = func(to func([]byte) error) error { return stream.EachMessage(name, to) }
	return p, name, nil
}

func (a *app) runStreamRun(ctx context.Context, ask *streamRequest, args []string) error {
	if err := ask.check(); err != nil {
		return err
	}
	lake := a.config.Lake
	a.config.Lake = "" // which is the stream's: what is produced lies in the build's
	p, name, err := a.producer(ask, args)
	a.config.Lake = lake
	if err != nil {
		return err
	}
	if err := stream.CreateTopic(ctx, p.Connection, p.Topic); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	produced, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		done, err := stream.Produce(ctx, *p)
		if ctx.Err() == nil {
			a.tellProduced(p, name, done)
		}
		if failed <- err; err != nil {
			cancel()
		}
		close(produced)
	}()
	ask.after = produced
	err = a.runStreamConsume(ctx, ask)
	cancel()
	if sent := <-failed; sent != nil && !errors.Is(sent, context.Canceled) {
		if errors.Is(err, context.Canceled) { // which the producer's failure did
			return sent
		}
		return errors.Join(sent, err)
	}
	return err
}
