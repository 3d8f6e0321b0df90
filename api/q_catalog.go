package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// releaseCatalog finds the versions of one release by dataset and by endpoint. It is never changed.
type releaseCatalog struct {
	contracts *gold.Model   // of the model that the release is of
	release   *gold.Release // nil: nothing is published
	versions  []*gold.Version
	byName    map[string]*gold.Version
	endpoints map[string]*gold.Version // by the name after the slash
	metrics   []string                 // the key figures
	facts     string
}

// catalogOf returns the catalog of a release, which may be nil. With onDisk, datasets that contracts on disk know and
// the release doesn't are in it without rows, behind those of the release: they have no answers until they are published.
func catalogOf(m *gold.Model, r *gold.Release, onDisk bool) *releaseCatalog {
	c := &releaseCatalog{
		contracts: m, release: r,
		byName:    map[string]*gold.Version{},
		endpoints: map[string]*gold.Version{},
		metrics:   m.KPIs, facts: m.Facts,
	}
	if r != nil {
		c.metrics, c.facts = r.KPIs, r.Facts
		for i := range r.Versions {
			c.add(&r.Versions[i])
		}
	}
	if onDisk {
		for i := range m.Datasets {
			c.add(&gold.Version{Dataset: m.Datasets[i]})
		}
	}
	return c
}

func (c *releaseCatalog) add(v *gold.Version) {
	if c.byName[v.Dataset.Name] != nil {
		return
	}
	c.byName[v.Dataset.Name] = v
	c.versions = append(c.versions, v)
	if name := strings.TrimPrefix(v.Dataset.Endpoint, "/"); name != "" && c.endpoints[name] == nil {
		c.endpoints[name] = v
	}
}

// named returns the version of a dataset, nil where there is none.
func (c *releaseCatalog) named(dataset string) *gold.Version { return c.byName[dataset] }

// dataset returns the version of a dataset, or a NotFound error that names the nearest.
func (c *releaseCatalog) dataset(name string) (*gold.Version, error) {
	if v := c.byName[name]; v != nil {
		return v, nil
	}
	names := make([]string, 0, len(c.versions))
	for _, v := range c.versions {
		names = append(names, v.Dataset.Name)
	}
	return nil, unknown(gold.CodeUnknownDataset, fmt.Sprintf("%s has no dataset %s", c.title(), name), gold.Nearest(name, names))
}

// endpoint returns the version behind /name, or a NotFound error that names the nearest; others are the names of what is
// no dataset's.
func (c *releaseCatalog) endpoint(name string, others ...string) (*gold.Version, error) {
	if v := c.endpoints[name]; v != nil {
		return v, nil
	}
	names := slices.Clone(others)
	for _, v := range c.versions {
		if v.Dataset.Endpoint != "" {
			names = append(names, strings.TrimPrefix(v.Dataset.Endpoint, "/"))
		}
	}
	names = slices.DeleteFunc(names, func(other string) bool { return other == name })
	nearest := gold.Nearest(name, names)
	if nearest != "" {
		nearest = "/" + nearest
	}
	return nil, unknown(gold.CodeUnknownDataset, fmt.Sprintf("%s has no endpoint /%s", c.title(), name), nearest)
}

// title names the release in messages.
func (c *releaseCatalog) title() string {
	if c.release == nil {
		return c.contracts.Name
	}
	return releaseTag(c.release)
}

// releaseTag is a release in headers and messages: shop/12.
func releaseTag(r *gold.Release) string { return r.Model + "/" + strconv.FormatInt(r.Number, 10) }
