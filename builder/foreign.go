package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"goldserve/gold"
)

// foreign returns an error where files would be replaced that no build made. What a build was at that was broken off isn't known, nor what
// a record says that can't be used: there all files with names of tables count as a build's.
func (c *commit) foreign(ctx context.Context, p *Plan) error {
	if p.broken {
		return nil
	}
	if len(p.record.Tables) == 0 {
		if _, err := c.lake.Gold.Stat(ctx, gold.BuiltFile); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	made := map[string]bool{}
	for i := range p.record.Tables {
		c.keep(made, &p.record.Tables[i])
	}
	const most = 5
	var names []string
	for _, put := range c.puts {
		if made[key(put.place, put.name)] || path.Base(put.name) == successFile {
			continue
		}
		switch _, err := put.place.Stat(ctx, put.name); {
		case err == nil:
			names = append(names, put.place.String()+"/"+put.name)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	if len(names) == 0 {
		return nil
	}
	rest := ""
	if n := len(names) - most; n > 0 {
		names, rest = names[:most], fmt.Sprintf(" and %d more", n)
	}
	return gold.Errorf(gold.Unavailable, gold.CodeBuildFailed, "in the way of the build's tables, and no build made them (%s/%s does not list them): %s%s: move them away, and build again",
		c.lake.Gold, gold.BuiltFile, strings.Join(names, ", "), rest)
}
