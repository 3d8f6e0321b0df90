package publisher

import (
	"context"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake"
)

// maxReplans is how often a publish plans anew what a lake that changes under it holds.
const maxReplans = 3

// planner plans one request, and again where its lake changed before the plan was carried out: what is wrong with a lake that
// changes says nothing, and a release holds no lake half before and half after a commit.
type planner struct {
	*Publisher
	request Request
	in      *inputs // of the last plan; nil: to be opened
	replans int
}

// plan opens the lake, unless it is open, and decides what to do with what it has.
func (p *planner) plan(ctx context.Context) (*plan, error) {
	for {
		if p.in == nil {
			if err := p.settle(ctx); err != nil {
				return nil, err
			}
		}
		made, err := p.once(ctx)
		if again, err := p.moved(ctx, err); !again {
			return made, err
		}
	}
}

func (p *planner) once(ctx context.Context) (*plan, error) {
	if p.in == nil {
		var marker *lake.Marker
		if name := p.request.Model.Ready; name != "" {
			var err error
			if marker, err = p.request.Lake.Marker(ctx, name); err != nil {
				return nil, err
			}
		}
		var err error
		p.in, err = p.open(ctx, p.request)
		p.in.marker = marker
		if err != nil {
			return nil, err
		}
	}
	return p.Publisher.plan(ctx, p.in)
}

// moved returns what an error comes to, and whether to plan again: where the lake changed since it was opened, that is the
// error, and the next plan opens it anew.
func (p *planner) moved(ctx context.Context, err error) (again bool, _ error) {
	if gold.KindOf(err) == gold.Invalid && p.in != nil {
		if changed := p.in.unchanged(ctx); gold.CodeOf(changed) == gold.CodeSourceChanged {
			err = changed
		}
	}
	if gold.CodeOf(err) != gold.CodeSourceChanged || p.replans == maxReplans {
		return false, err
	}
	p.close()
	p.replans++
	p.config.Logger.Info("the lake changed while it was read: planning again", "problem", err.Error(), "replan", p.replans)
	return true, nil
}

// settle waits until nothing of the lake has changed for the time that the model asks for.
func (p *planner) settle(ctx context.Context) error {
	settle := p.request.Model.Settle
	var before time.Time
	for n := 0; settle > 0; n++ {
		file, latest, err := p.latest(ctx)
		if err != nil {
			return err
		}
		age := time.Since(latest)
		// By the clock of who runs this, or, where that of the lake is ahead, by what was seen.
		if age >= settle || n > 0 && latest.Equal(before) {
			return nil
		}
		if n > maxReplans {
			return gold.Errorf(gold.Unavailable, gold.CodeSourceChanged,
				"the lake %s is still being written: %s changed %s ago, and the model waits until nothing has changed for %s; publish again once its writer is done",
				p.request.Lake.Path(), file, max(age, 0).Round(time.Millisecond), settle)
		}
		before = latest
		wait := min(settle, settle-age)
		p.config.Logger.Info("waiting until the lake is written", "file", file, "for", wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
	return nil
}

// latest returns which source changed last, and when.
func (p *planner) latest(ctx context.Context) (file string, latest time.Time, err error) {
	for _, c := range inOrder(p.request.Model) {
		if c.Dataset.Derive != nil {
			continue
		}
		s := specOf(c, p.request)
		changed, err := p.request.Lake.Changed(ctx, s)
		if err != nil {
			return "", time.Time{}, err
		}
		if changed.After(latest) {
			file, latest = s.File(), changed
		}
	}
	return file, latest, nil
}

// close closes the lake's files.
func (p *planner) close() {
	if p.in != nil {
		p.in.close()
		p.in = nil
	}
}
