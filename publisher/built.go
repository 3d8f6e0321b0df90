package publisher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
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

// withSQL returns an error of a file's columns with what people mend: the SQL that makes the file, if the build of the lake did, or the
// contract.
func (in *inputs) withSQL(err error, c *contract.Contract, t *lake.Table) error {
	wrong, ok := errors.AsType[*gold.Error](err)
	if !ok || in.build == nil {
		return err
	}
	made := t.MadeBy(in.build)
	at := slices.IndexFunc(in.build.Tables, func(b gold.BuiltTable) bool { return b.FullName() == made })
	if at < 0 || !slices.ContainsFunc(wrong.Problems, ofColumns) {
		return err
	}
	problems := slices.Clone(wrong.Problems)
	for i := range problems {
		if p := &problems[i]; ofColumns(*p) {
			p.Detail += fmt.Sprintf("; %s makes the file, and %s declares its columns: correct one of them", in.build.Tables[at].SQL, c.File)
		}
	}
	return gold.InvalidAll(problems)
}

// ofColumns reports whether a problem is of the columns that a file has.
func ofColumns(p gold.Problem) bool {
	return p.Code == gold.CodeSchemaMissing || p.Code == gold.CodeSchemaType || p.Code == gold.CodeSchemaDuplicate
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
	return pl.build.Lineage(tables, pl.request.Model.Pack != nil)
}
