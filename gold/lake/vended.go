package lake

import (
	"context"
	"errors"

	"goldserve/gold/lake/catalog"
	"goldserve/gold/lake/iceberg"
	"goldserve/gold/lake/object"
)

// Opener opens what lies at a location s3://… with credentials that a catalog gave for it alone, and asks its server nothing yet.
// Renew gives it others later. Its error is what is wrong, without secrets.
type Opener func(location string, by *catalog.Vended) (source object.Source, renew func(*catalog.Vended), err error)

// vendedTable is a table of a catalog that is read with credentials of the catalog's.
type vendedTable struct {
	*object.Mounted
	location string
	server   catalog.Server
	renew    func(*catalog.Vended)
}

// vended returns the source of a table that a catalog gives credentials for: the lake's, with those for the table's folder alone.
func (l *Lake) vended(named string, table *iceberg.Table, by *catalog.Vended) (*vendedTable, error) {
	location := table.Location()
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.vend[named]
	if kept != nil && kept.location == location && kept.server == by.Server {
		kept.renew(by)
		return kept, nil
	}
	source, renew, err := l.opener(location, by)
	if err != nil {
		return nil, object.Refused(named, "the catalog gives credentials for the Iceberg table that can't be used: "+err.Error(), nil)
	}
	if l.read != nil {
		source = object.Observe(source, func(info object.Info) { l.read(object.Below(table.Folder(), info.Name), info.Token) })
	}
	if kept != nil {
		l.replaced = append(l.replaced, kept)
	}
	kept = &vendedTable{object.Mount(l.source, table.Folder(), source), location, by.Server, renew}
	put(&l.vend, named, kept)
	return kept, nil
}

// lookVended has what was opened with credentials of a catalog looked at anew, once it is asked.
func (l *Lake) lookVended(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.vend {
		if err := t.Look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// closeVended closes what was opened with credentials of a catalog.
func (l *Lake) closeVended() (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range l.vend {
		err = errors.Join(err, t.Close())
	}
	for _, t := range l.replaced {
		err = errors.Join(err, t.Close())
	}
	l.vend, l.replaced = nil, nil
	return err
}
