package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake/s3"
	"goldserve/stream"
)

// streamFolder is the stream's own folder in its lake.
const streamFolder = "_stream"

// streaming is one run of a consumer: it builds windows and publishes them.
type streaming struct {
	*app
	ask     *streamRequest
	log     *slog.Logger
	model   *contract.Model
	root    string
	windows *stream.Windows
	quiet   *slog.Logger // of what happens in every window
}

func (a *app) runStreamConsume(ctx context.Context, ask *streamRequest) error {
	if err := ask.check(); err != nil {
		return err
	}
	conn, topic, err := a.connection()
	if err != nil {
		return err
	}
	s, err := a.streaming(ask, topic)
	if err != nil {
		return err
	}
	if err := s.checkEngine(ctx); err != nil {
		return err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := unlock(); err != nil {
			s.log.Warn("lock not freed", "lake", s.root, "error", err)
		}
	}()
	if err := s.windows.Open(); err != nil {
		return errors.Join(err, s.windows.Close())
	}
	defer closeLogged(s.log, "journal", s.windows)
	told, stop, err := s.teller(ctx, topic)
	if err != nil {
		return err
	}
	defer stop()
	defer leanHeap()()
	keys, memory := s.windows.Memory()
	s.log.Info("streaming", "topic", topic, "lake", s.root, "every", ask.every, "keys", keys, "keys_memory", gold.RoundedBytes(memory))
	err = a.footprint(ctx, phaseStream, func(ctx context.Context) error {
		return stream.Consume(ctx, stream.Config{
			Connection: conn, Topic: topic, Folder: s.windows.Folder, State: s.windows.State, Required: s.required(), Every: ask.every, Once: ask.once, After: ask.after,
			AcceptLoss: ask.acceptLoss, Group: "goldserve-" + s.model.Name, Window: s.windows.Make, Publish: s.publish, Told: told,
		})
	})
	s.log.Info("no longer streaming", "topic", topic, "lake", s.root)
	return err
}

// leanHeap has garbage collected once the heap has grown by a quarter, rather than doubled, until the function that it returns is called: nearly
// all that a stream holds are the keys, which cost the collector nothing. GOGC in the environment has precedence.
func leanHeap() func() {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(25)
	return func() { debug.SetGCPercent(before) }
}

// streaming finds what a model makes of messages, and where.
func (a *app) streaming(ask *streamRequest, topic string) (*streaming, error) {
	log := a.logger()
	m, unwritten, err := a.config.buildModel(log)
	if err != nil {
		return nil, err
	}
	if unwritten {
		return nil, usagef("the model %s has no contracts yet: a stream adds to the datasets that they declare", m.Name)
	}
	if m.Stream == nil {
		return nil, usagef("the model %s has no stream: in its model.yaml, which names the raw source of the messages: see docs/stream.md", m.Name)
	}
	root := cmp.Or(a.config.Lake, defaultStreamLake)
	if s3.IsLocation(root) {
		return nil, usagef("%s is a bucket: a stream's lake is a folder of this machine", root)
	}
	s := &streaming{app: a, ask: ask, log: log, model: m, quiet: slog.New(warnings{log.Handler()})}
	if s.root, err = filepath.Abs(root); err != nil {
		return nil, usagef("%s: %w", root, err)
	}
	folders := stagesOf("", m)
	bronze := folders.folder(builder.Bronze)
	below, err := landedBelow(m.Build.Sources[0])
	if err != nil {
		return nil, err
	}
	s.windows = &stream.Windows{
		Folder: filepath.Join(s.root, bronze, below), Topic: topic, State: filepath.Join(s.root, streamFolder), Gold: filepath.Join(s.root, folders.folder(builder.Gold)),
		Landed: filepath.ToSlash(filepath.Join(bronze, below)), Build: s.build,
	}
	if s.windows.Tables, err = streamedTables(m); err != nil {
		return nil, err
	}
	return s, nil
}

// warnings is a handler of a log that leaves out what is no warning.
type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }

// landedBelow returns the folder below bronze in which a source looks for landed files.
func landedBelow(s gold.RawSource) (string, error) {
	name := stream.Span{Topic: "t", Generation: 1}.Name()
	for _, pattern := range s.Files {
		folder, base := filepath.Split(filepath.FromSlash(pattern))
		if matches, _ := filepath.Match(base, name); matches && folder != "" && !strings.Contains(folder, "*") {
			return filepath.Clean(folder), nil
		}
	}
	return "", usagef("the source %s reads %s: messages are landed as files of a folder, such as %[1]s/*", s.Name, strings.Join(s.Files, ", "))
}

// streamedTables returns the tables of gold that a model's datasets are read from, with their keys.
func streamedTables(m *contract.Model) (all []stream.Table, err error) {
	tables, err := builder.ReadSQL(m.Files, m.Dir, m.Build)
	if err != nil {
		return nil, err
	}
	for i := range m.Contracts {
		c := &m.Contracts[i]
		if c.Dataset.Derive != nil {
			continue
		}
		at := slices.IndexFunc(tables, func(t *builder.Table) bool {
			return t.Stage == builder.Gold && (c.Source == t.Name || c.Source == t.Name+".parquet")
		})
		if at < 0 || tables[at].Format != "parquet" || len(tables[at].PartitionBy) > 0 || tables[at].Temporary {
			return nil, usagef("%s: the dataset %s is read from %s, which is not a Parquet table of the model's SQL: a stream needs one", c.File, c.Dataset.Name, c.Source)
		}
		if c.Dataset.Keyless() {
			return nil, usagef("%s: the dataset %s has no key: a stream needs it to skip duplicates", c.File, c.Dataset.Name)
		}
		t := stream.Table{Name: tables[at].Name}
		for _, f := range c.Dataset.KeyFields() {
			t.Key = append(t.Key, f.Column())
		}
		all = append(all, t)
	}
	return all, nil
}

// required are the keys that each message must have.
func (s *streaming) required() (names []string) {
	for _, c := range s.model.Build.Sources[0].Columns {
		if !c.Optional {
			names = append(names, c.Name)
		}
	}
	return names
}

// checkEngine returns the error of an engine that can't be had, before anything is read.
func (s *streaming) checkEngine(ctx context.Context) error {
	engine, err := s.openEngine()
	if err != nil {
		return err
	}
	defer closeLogged(s.log, "engine", engine)
	_, err = engine.Version(ctx)
	return err
}

// lock keeps other consumers, and builds, off the lake.
func (s *streaming) lock(ctx context.Context) (func() error, error) {
	lake, err := s.writtenLake(s.log, s.root)
	if err != nil {
		return nil, err
	}
	place, err := lake.at(s.root)
	if err != nil {
		return nil, err
	}
	unlock, err := place.Lock(ctx)
	if gold.CodeOf(err) == gold.CodeBuildConflict {
		return nil, gold.Errorf(gold.Conflict, gold.CodeStreamConflict, "another stream or build is at work: %w", err)
	}
	return unlock, err
}

// build builds a window as a lake of its own.
func (s *streaming) build(ctx context.Context, folder string) (map[string]string, error) {
	s.config.Lake = folder
	ask := stagesOf("", s.model)
	ask.set, ask.model = s.ask.set, s.model
	b, closeAll, err := s.openBuilder(ctx, s.quiet, ask)
	if err != nil {
		return nil, err
	}
	defer closeAll()
	for _, t := range b.Tables { // of the window's files, only those that the next tables are made of are read
		t.Copies = nil
	}
	if _, err := b.Run(ctx, ask.options(), builder.Progress{}); err != nil {
		return nil, err
	}
	built := map[string]string{}
	for _, t := range s.windows.Tables {
		built[t.Name] = filepath.Join(folder, ask.folder(builder.Gold), t.Name+".parquet")
	}
	return built, nil
}

// publish publishes the gold of the windows.
func (s *streaming) publish(ctx context.Context) (int64, error) {
	if s.windows.Empty() {
		return 0, nil
	}
	s.config.Lake, s.config.MLflow = s.windows.Gold, noMLflow
	made, err := s.publishLake(ctx, s.quiet, &publishRequest{lakeRequest: lakeRequest{model: s.model}}, nil) // what is built is what is published
	if err == nil {
		s.windows.Published()
	}
	if made.done == nil || made.done.Release == nil {
		return 0, err
	}
	return made.done.Release.Number, err
}

// cleanedFile finds the file of a table of silver.
func cleanedFile(silver, table string) (string, error) {
	for _, ending := range []string{".parquet", ".jsonl", ".json", ".csv"} {
		name := filepath.Join(silver, table+ending)
		if info, err := os.Stat(name); err == nil && !info.IsDir() {
			return name, nil
		}
	}
	return "", usagef("%s has no file of the table %s to produce: build it with goldserve build, or name a file", filepath.ToSlash(silver), table)
}
