package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/cwriter"
	"github.com/vbauerster/mpb/v8/decor"

	"goldserve/publisher"
)

// startProgress creates the command's log and reports its publisher's progress: by bars if standard error is a
// terminal, otherwise by lines of the log; with --json also by events on standard output. The returned function ends
// the bars; call it before you print a result. It may be called twice.
func (a *app) startProgress(events bool) (log *slog.Logger, end func()) {
	if b := a.newBars(); b != nil {
		a.stderr = b
		a.progress = b.show
		return a.logger(), b.end
	}
	log = a.logger()
	a.progress = func(e publisher.Event) {
		logEvent(log, e)
		if events {
			_ = a.printEvent(stageEvent(e)) // a closed standard output doesn't end a publish
		}
	}
	return log, func() {}
}

// logEvent logs the start and the end of a dataset.
func logEvent(log *slog.Logger, e publisher.Event) {
	switch e.Stage {
	case publisher.Reading, publisher.Loading:
		if e.Rows == 0 {
			log.Info("dataset started", "stage", string(e.Stage), "dataset", e.Dataset, "of", e.Of)
		}
	case publisher.Done:
		log.Info("dataset done", "dataset", e.Dataset, "rows", e.Rows, "seconds", e.Elapsed.Seconds())
	case publisher.Planning, publisher.Deriving, publisher.Sealing, publisher.Switching, publisher.Refreshing, publisher.Mirroring:
		log.Debug("stage started", "stage", string(e.Stage), "dataset", e.Dataset)
	}
}

// bars draws a bar for each dataset on a terminal, with the log's lines above them.
type bars struct {
	terminal *os.File
	drawn    *mpb.Progress
	datasets map[string]*bar
}

// bar is a dataset's bar with its latest event.
type bar struct {
	*mpb.Bar
	event atomic.Pointer[publisher.Event]
}

// newBars returns the bars, or nil if standard error is not a terminal.
func (a *app) newBars() *bars {
	terminal, ok := a.stderr.(*os.File)
	if !ok || a.config.JSON || a.config.Log == "json" || os.Getenv("TERM") == "dumb" || !cwriter.IsTerminal(int(terminal.Fd())) {
		return nil
	}
	return &bars{terminal, mpb.New(mpb.WithOutput(terminal)), map[string]*bar{}}
}

var _ io.Writer = (*bars)(nil)

// Write writes above the bars while they are drawn, else below them.
func (b *bars) Write(text []byte) (int, error) {
	if n, err := b.drawn.Write(text); err == nil {
		return n, nil
	}
	return b.terminal.Write(text)
}

// show shows an event.
func (b *bars) show(e publisher.Event) {
	if e.Dataset == "" {
		return
	}
	shown := b.datasets[e.Dataset]
	if shown == nil {
		shown = &bar{}
		shown.event.Store(&e)
		b.datasets[e.Dataset] = shown
		shown.Bar = b.drawn.AddBar(0, mpb.BarWidth(30), mpb.PrependDecorators(decor.Name(e.Dataset, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return barText(shown.event.Load()) })))
	}
	shown.event.Store(&e)
	shown.SetTotal(max(e.Of, 1), false)
	shown.SetCurrent(e.Rows)
	if e.Stage == publisher.Done {
		shown.SetTotal(max(e.Rows, 1), true)
	}
}

// barText shows the progress of a dataset in numbers.
func barText(e *publisher.Event) string {
	text := fmt.Sprintf(" %d / %d rows", e.Rows, e.Of)
	if seconds := e.Elapsed.Seconds(); seconds > 0 && e.Rows > 0 {
		text += fmt.Sprintf("  %.0f/s", float64(e.Rows)/seconds)
	}
	switch e.Stage {
	case publisher.Done:
		return text + "  " + e.Elapsed.Round(time.Millisecond).String()
	case publisher.Sealing:
		return text + "  index, count"
	default:
		return text + "  " + string(e.Stage)
	}
}

// end leaves the bars on the screen as they are.
func (b *bars) end() {
	for _, shown := range b.datasets {
		shown.Abort(false) // complete bars stay
	}
	b.drawn.Wait()
}
