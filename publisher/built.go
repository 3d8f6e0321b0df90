package publisher

import (
	"context"
	"time"

	"goldserve/gold"
)

// awaitBuild waits until no build replaces the lake's files any more, as err says one does. It returns that error where one still
// does after Config.BuildWait, the time of earlier waits included.
func (p *planner) awaitBuild(ctx context.Context, err error) error {
	const least, most = 20 * time.Millisecond, time.Second
	p.config.Logger.Info("waiting until the lake is built", "lake", p.request.Lake.Path(), "problem", err.Error())
	for wait := least; gold.CodeOf(err) == gold.CodeLakeBuilding; wait = min(2*wait, most) {
		wait = min(wait, p.config.BuildWait-p.waited)
		if wait <= 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		p.waited += wait
		if err = p.request.Lake.Look(ctx); err == nil {
			err = p.request.Lake.Building(ctx)
		}
	}
	return err
}

// openBuild takes what the build that made the lake says of its files.
func (in *inputs) openBuild(ctx context.Context) (err error) {
	if in.build, err = in.request.Lake.Build(ctx); err != nil || in.build == nil {
		return err
	}
	in.request.Manifest, err = in.build.Manifest(in.request.Manifest)
	return err
}

// lineage says of what the build that made the lake made the datasets; nil: none did.
func (pl *plan) lineage() *gold.Lineage {
	if pl.build == nil {
		return nil
	}
	tables := map[string]string{}
	for _, d := range pl.decisions {
		if d.table == nil || d.kept {
			continue
		}
		if name := d.table.MadeBy(pl.build); name != "" {
			tables[d.name()] = name
		}
	}
	return pl.build.Lineage(tables)
}
