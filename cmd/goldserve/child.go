package main

import (
	"context"
	"io"
	"os"
	"sync"

	"goldserve/gold"
	"goldserve/watch"
)

// child is this process where another one supervises it: serve --lake or up, which must not end by what a file does.
type child struct {
	*app
	avoid []watch.Avoided

	mu   sync.Mutex
	last watch.Event // the last file that was told
}

// supervised returns what a supervisor says to this process, and a context that ends once it wants this process to; nil: there is
// none.
func (a *app) supervised(ctx context.Context) (context.Context, *child, error) {
	if os.Getenv(watch.Variable) == "" {
		return ctx, nil, nil
	}
	a.stdout = &wholeLines{to: a.stdout}
	ctx, end := context.WithCancel(ctx)
	order, err := watch.ReadOrder(os.Stdin, end, func() { os.Exit(exitUnavailable) })
	if err != nil {
		end()
		return ctx, nil, usagef("%s is set: %w", watch.Variable, err)
	}
	c := &child{app: a, avoid: order.Avoid}
	a.reading = c.reading
	return ctx, c, nil
}

// begin tells that a publish begins, and returns an error where the lake still has what ended a process before this one.
func (c *child) begin(ctx context.Context, f *following, state string) error {
	c.mu.Lock()
	c.last = watch.Event{}
	c.mu.Unlock()
	if err := c.printEvent(watch.Event{Event: watch.EventPublishing, State: state}); err != nil {
		return gold.Errorf(gold.Unavailable, gold.CodeInternal, "tell the supervisor: %w", err)
	}
	for i := range c.avoid {
		there, err := c.has(ctx, f, &c.avoid[i], state)
		if err != nil {
			return err
		}
		if there {
			return c.avoid[i].Err()
		}
	}
	return nil
}

// has reports whether the lake has what is to be avoided.
func (c *child) has(ctx context.Context, f *following, avoid *watch.Avoided, state string) (bool, error) {
	if avoid.State == state || avoid.File == "" || avoid.Token == "" {
		return avoid.State == state, nil // the name of a file that is no UTF-8 did not come here as it is
	}
	l, _, err := c.openLake(ctx, f.log)
	if err != nil {
		return false, err
	}
	defer c.closeLake(f.log, l)
	token, err := l.VersionOf(ctx, avoid.File)
	return token == avoid.Token, err
}

// reading tells which file is read, before it is.
func (c *child) reading(file, token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := (watch.Event{Event: watch.EventFile, File: file, Token: token}); e != c.last {
		c.last = e
		_ = c.printEvent(e) // a supervisor that is gone ends this process
	}
}

// turned tells that a turn is over.
func (c *child) turned(w *gold.Watching) {
	_ = c.printEvent(watch.Turn{Event: watch.EventWatching, Watching: *w})
}

// wholeLines lets several goroutines write lines.
type wholeLines struct {
	mu sync.Mutex
	to io.Writer
}

func (w *wholeLines) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
