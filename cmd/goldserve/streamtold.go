package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/stream"
)

// streamStatusFile is what a consumer says of itself, in the stream's own folder.
const streamStatusFile = "status.json"

// streamStatus is how a stream goes: a line of consume --json, and what status reads.
type streamStatus struct {
	Event string `json:"event,omitempty"` // window
	Model string `json:"model"`
	Topic string `json:"topic"`
	stream.Progress
	Keys       int64  `json:"keys"`
	KeysMemory int64  `json:"keys_memory"`
	Problem    string `json:"problem,omitempty"`
}

// teller returns what is told of each window, and serves the metrics until stop is called.
func (s *streaming) teller(ctx context.Context, topic string) (told func(stream.Progress), stop func(), err error) {
	metrics := &streamMetrics{model: s.model.Name}
	stop, err = s.serveStreamMetrics(ctx, metrics)
	last, problem := int64(0), ""
	return func(p stream.Progress) {
		now := streamStatus{Event: "window", Model: s.model.Name, Topic: topic, Progress: p}
		now.Keys, now.KeysMemory = s.windows.Memory()
		if p.Release == 0 {
			now.Release = last
		}
		if last = now.Release; p.Err != nil {
			now.Problem = messageOf(p.Err)
		}
		metrics.add(&now)
		s.writeStatus(&now)
		switch {
		case now.Problem != "" && now.Problem != problem:
			s.log.Error("not published, and the last release stays", "problem", now.Problem, "lag_messages", p.LagMessages, "lag_seconds", p.LagSeconds)
		case p.Window > 0:
			s.log.Info("window", "window", p.Window, "messages", p.Messages, "dead_letters", p.DeadLetters, "rows", countsOf(p.Rows), "duplicates", countsOf(p.Duplicates), "release", p.Release,
				"seconds", p.Seconds, "lag_messages", p.LagMessages, "lag_seconds", p.LagSeconds)
		}
		if s.config.JSON && (p.Window > 0 || now.Problem != problem) {
			_ = s.printEvent(&now) // a closed standard output doesn't end the stream
		}
		problem = now.Problem
	}, stop, err
}

// countsOf writes counts by table: customers 3, sales 50. Those that are 0 are left out.
func countsOf(counts map[string]int64) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > 0 {
			words = append(words, fmt.Sprintf("%s %d", name, counts[name]))
		}
	}
	return list(words)
}

// writeStatus writes how the stream goes for others. That it can't is no reason to end it.
func (s *streaming) writeStatus(now *streamStatus) {
	text, err := json.Marshal(now)
	if err == nil {
		err = writeWhole(whole{filepath.Join(s.windows.State, streamStatusFile), append(text, '\n')})
	}
	if err != nil {
		s.log.Debug("status not written", "error", err)
	}
}

// streamMetrics are the metrics of a stream.
type streamMetrics struct {
	model                         string
	now                           atomic.Pointer[streamStatus]
	messages, dead, skipped, made atomic.Int64
}

func (m *streamMetrics) add(now *streamStatus) {
	m.now.Store(now)
	m.messages.Add(now.Messages)
	m.dead.Add(now.DeadLetters)
	for _, n := range now.Duplicates {
		m.skipped.Add(n)
	}
	if now.Window > 0 {
		m.made.Add(1)
	}
}

func streamDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("goldserve_stream_"+name, help, []string{"model"}, nil)
}

var (
	streamLag      = streamDesc("lag_messages", "Messages of the topic that the release doesn't have.")
	streamAge      = streamDesc("lag_seconds", "Age of the oldest message that the release doesn't have; 0 if it has all.")
	streamTold     = streamDesc("last_window_timestamp_seconds", "Time of the last window.")
	streamMessages = streamDesc("messages_total", "Messages that were landed.")
	streamDead     = streamDesc("dead_letters_total", "Messages that went to the topic of dead letters.")
	streamSkipped  = streamDesc("duplicates_total", "Rows that were skipped, as their key was there already.")
	streamWindows  = streamDesc("windows_total", "Windows that were built and published.")
	streamKeys     = streamDesc("keys_bytes", "Memory of the keys that are known.")
)

// Describe names the metrics.
func (m *streamMetrics) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{streamLag, streamAge, streamTold, streamMessages, streamDead, streamSkipped, streamWindows, streamKeys} {
		descriptions <- d
	}
}

// Collect reads the last status.
func (m *streamMetrics) Collect(values chan<- prometheus.Metric) {
	now := m.now.Load()
	if now == nil {
		return
	}
	for d, value := range map[*prometheus.Desc]float64{streamLag: float64(now.LagMessages), streamAge: now.LagSeconds, streamTold: float64(now.At.UnixMilli()) / 1000, streamKeys: float64(now.KeysMemory)} {
		values <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, m.model)
	}
	for d, value := range map[*prometheus.Desc]int64{streamMessages: m.messages.Load(), streamDead: m.dead.Load(), streamSkipped: m.skipped.Load(), streamWindows: m.made.Load()} {
		values <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(value), m.model)
	}
}

// serveStreamMetrics serves the metrics at --admin-listen, until stop is called.
func (s *streaming) serveStreamMetrics(ctx context.Context, metrics *streamMetrics) (stop func(), err error) {
	registry := newRegistry()
	registry.MustRegister(metrics)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metricsHandler(s.log, registry))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	return s.serveAdmin(ctx, s.log, mux)
}

func (a *app) streamStatus() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [LAKE]",
		Short: "Show a stream's last window and its lag",
		Long: `status shows the last report of a lake's consumer: its window, the release, and the lag in messages and seconds. Exit codes: 0 the last
publish succeeded, 3 nothing was streamed into the lake, 4 the last publish failed or the brokers are away.`,
		Example: `  goldserve stream status
  goldserve stream status ./stream --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: a.eventedLake(func(context.Context) error { return a.runStreamStatus() }),
	}
	a.setting(cmd.Flags(), "lake").Usage = "folder of the stream's own lake (default: " + defaultStreamLake + ")"
	a.setting(cmd.Flags(), "json")
	return cmd
}

func (a *app) runStreamStatus() error {
	lake := cmp.Or(a.config.Lake, defaultStreamLake)
	var s streamStatus
	text, err := os.ReadFile(filepath.Join(lake, streamFolder, streamStatusFile))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return gold.Errorf(gold.NotFound, gold.CodeLakeNotFound, "%s has no stream, or none with a finished window: %w", filepath.ToSlash(lake), err)
	}
	s.Event = ""
	if a.config.JSON {
		if err := a.printEvent(&s); err != nil {
			return err
		}
	} else {
		a.printf("%s from the topic %s: release %d, %d messages behind (%.1f s), said %s ago\n", s.Model, s.Topic, s.Release, s.LagMessages, s.LagSeconds, time.Since(s.At).Round(100*time.Millisecond))
	}
	if s.Problem != "" {
		return gold.Errorf(gold.Unavailable, gold.CodeStreamUnavailable, "the last release stays: %s", s.Problem)
	}
	return nil
}
