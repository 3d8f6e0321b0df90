package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/spf13/pflag"

	"goldserve/gold"
)

// serveRequest has the options of one run of serve.
type serveRequest struct{ watch time.Duration }

func (r *serveRequest) flags(flags *pflag.FlagSet) {
	flags.DurationVar(&r.watch, "watch", 0, "follow the lake: look at it this often, and publish what changed (with --lake: 5s)")
}

// defaultWatch is how often serve --lake looks at its lake.
const defaultWatch = 5 * time.Second

// follows reports whether the server follows a lake too, which only its command line says: the settings may name a lake for publish.
func (r *serveRequest) follows(c *config) (bool, error) {
	switch {
	case r.watch == 0 && c.origins["watch"] == "" && c.origins["lake"] != "--lake":
		return false, nil
	case c.origins["watch"] == "":
		r.watch = defaultWatch
	}
	if err := checkEvery(r.watch); err != nil {
		return false, err
	}
	_, _, err := c.lakeLocation()
	return true, err
}

// serveLake starts the process that follows the lake, and returns how that goes and what stops it.
func (a *app) serveLake(ctx context.Context, log *slog.Logger, every time.Duration) (watching func() *gold.Watching, stop func()) {
	told := "" // the last failure
	p := &lakeProcess{app: a, log: log, every: every, given: map[string]string{}}
	if a.config.PublishStore != "" {
		p.given["store"] = a.config.PublishStore
	}
	p.result = func(out *published, err error) {
		switch {
		case err != nil:
			if text := messageOf(err); text != told {
				told = text
				log.Warn("not published, and the last release stays", "code", gold.CodeOf(err), "error", text)
			}
			return
		case out.Release != 0 && len(out.Loaded)+len(out.Refreshed) > 0 || told != "":
			log.Info("the lake is published", "model", out.Model, "outcome", out.Outcome, "release", out.Release, "loaded", out.Loaded, "seconds", out.Seconds)
		}
		told = ""
	}
	return p.watching, p.follow(ctx)
}
