package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"goldserve/gold"
)

// Catalog finds the versions of one release by dataset and by endpoint. It is never changed.
type Catalog struct {
	Contracts *gold.Model   // of the model that the release is of, with the release's title, locale and AsOf
	Release   *gold.Release // nil: nothing is published
	Versions  []*gold.Version
	ByName    map[string]*gold.Version
	endpoints map[string]*gold.Version // by the name after the slash
	narrow    map[*gold.Version]*Scope
	wide      map[*gold.Version]*Scope
	KPIs      []string // the key figures
	Facts     string
	Calendar  gold.Calendar // by which the release tells time
}

// NewCatalog returns the catalog of a release, which may be nil. With onDisk, datasets that contracts on disk know and
// the release doesn't are in it without rows, behind those of the release: they have no answers until they are published.
func NewCatalog(m *gold.Model, r *gold.Release, onDisk bool) *Catalog {
	c := &Catalog{
		Contracts: m.Of(r), Release: r,
		ByName:    map[string]*gold.Version{},
		endpoints: map[string]*gold.Version{},
		KPIs:      m.KPIs, Facts: m.Facts, Calendar: m.Calendar,
	}
	if r != nil {
		c.KPIs, c.Facts, c.Calendar = r.KPIs, r.Facts, r.Calendar
		for i := range r.Versions {
			c.add(&r.Versions[i])
		}
	}
	if onDisk {
		for i := range m.Datasets {
			c.add(&gold.Version{Dataset: m.Datasets[i]})
		}
	}
	narrow, wide := map[*gold.Version]*Scope{}, map[*gold.Version]*Scope{}
	for _, v := range c.Versions {
		narrow[v], wide[v] = c.Narrow(v), c.Wide(v)
	}
	c.narrow, c.wide = narrow, wide
	return c
}

func (c *Catalog) add(v *gold.Version) {
	if c.ByName[v.Dataset.Name] != nil {
		return
	}
	c.ByName[v.Dataset.Name] = v
	c.Versions = append(c.Versions, v)
	if name := strings.TrimPrefix(v.Dataset.Endpoint, "/"); name != "" && c.endpoints[name] == nil {
		c.endpoints[name] = v
	}
}

// Dataset returns the version of a dataset, or a NotFound error that names the nearest.
func (c *Catalog) Dataset(name string) (*gold.Version, error) {
	if v := c.ByName[name]; v != nil {
		return v, nil
	}
	names := make([]string, 0, len(c.Versions))
	for _, v := range c.Versions {
		names = append(names, v.Dataset.Name)
	}
	return nil, Unknown(gold.CodeUnknownDataset, fmt.Sprintf("%s has no dataset %s", c.Title(), name), gold.Nearest(name, names))
}

// Held is Dataset among those that the release has, without what contracts on disk add.
func (c *Catalog) Held(name string) (*gold.Version, error) {
	v, err := c.Dataset(name)
	if err == nil && Published(v) != nil {
		return nil, Unknown(gold.CodeUnknownDataset, fmt.Sprintf("%s has no dataset %s", c.Title(), name), "")
	}
	return v, err
}

// Behind returns the version behind /name, nil for none. A name may have several segments: sales/monthly.
func (c *Catalog) Behind(name string) *gold.Version { return c.endpoints[name] }

// EndpointNames returns the names of all endpoints.
func (c *Catalog) EndpointNames() []string {
	var names []string
	for _, v := range c.Versions {
		if v.Dataset.Endpoint != "" {
			names = append(names, strings.TrimPrefix(v.Dataset.Endpoint, "/"))
		}
	}
	return names
}

// Endpoint returns the version behind /name, or a NotFound error that names the nearest: the path of the rows, where a
// dataset of that name has no endpoint. below is what follows the name in the path, such as /9999; others are further names
// of endpoints.
func (c *Catalog) Endpoint(name, below string, others ...string) (*gold.Version, error) {
	if v := c.endpoints[name]; v != nil {
		return v, nil
	}
	message := fmt.Sprintf("%s has no endpoint /%s", c.Title(), name)
	if v := c.ByName[name]; v != nil && v.Dataset.Endpoint == "" {
		return nil, Unknown(gold.CodeUnknownDataset, message, "/datasets/"+name+"/rows"+below)
	}
	names := slices.DeleteFunc(slices.Concat(others, c.EndpointNames()), func(other string) bool { return other == name })
	nearest := gold.Nearest(name, names)
	if nearest != "" {
		nearest = "/" + nearest
	}
	return nil, Unknown(gold.CodeUnknownDataset, message, nearest)
}

// Title names the release in messages.
func (c *Catalog) Title() string {
	if c.Release == nil {
		return c.Contracts.Name
	}
	return ReleaseTag(c.Release)
}

// ReleaseTag is a release in headers and messages: shop/12.
func ReleaseTag(r *gold.Release) string { return r.Model + "/" + strconv.FormatInt(r.Number, 10) }
