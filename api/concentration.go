package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"goldserve/gold"
	"goldserve/gold/measure"
)

var concentrationParameters = []string{"measures", "release", "as_of", "format", "dialect"}

// concentrationShares are the shares of the groups, from the largest on, that an answer tells of.
var concentrationShares = []float64{0.01, 0.05, 0.1, 0.2, 0.5, 1}

// maxConcentrated bounds the groups of one concentration, 8 bytes each.
const maxConcentrated = 10_000_000

// handleConcentration answers /datasets/{dataset}/concentration/{field}: how much of a measure the groups that have most
// of it have, from the largest hundredth to all.
//
//	@ID			concentration
//	@Summary	How much of a measure the largest groups of {dataset} have
//	@Description	A row for each share of the groups, those with most of the measure first: how many they are, what they have together, and which part of all that is. Of sums and counts alone, whose parts add up.
//	@Tags		figures
//	@Produce	json
//	@Param		dataset	path	string	true	"the dataset"
//	@Param		field	path	string	true	"the field to group by"
//	@Success	200	{object}	map[string]any	"shares"
//	@Failure	404	{object}	problemBody	"unknown_field"
//	@Router		/datasets/{dataset}/concentration/{field} [get]
func (s *Server) handleConcentration(w http.ResponseWriter, r *http.Request) error {
	req, err := s.open(w, r, tables)
	if err != nil {
		return err
	}
	v, err := req.version(r, "dataset")
	if err != nil {
		return err
	}
	sc := req.catalog.narrow(v)
	f, err := valuesField(r, sc)
	if err != nil {
		return err
	}
	q := readConcentration(req.params, sc, f)
	if err := req.params.err(concentrationParameters...); err != nil {
		return err
	}
	if v.Rows == 0 {
		return empty(&v.Dataset)
	}
	if err := published(lenders(append(predicatesOf(q.filters, ofRows), gold.Predicate{Via: f.via}))...); err != nil {
		return err
	}
	p := &plan{
		req: req,
		compute: func(ctx context.Context, dst []byte) ([]byte, *meta, error) {
			rows := newObjects(dst)
			m, err := s.readConcentrated(ctx, sc, q, rows.begin)
			return append(rows.body, "],\n"...), m, err
		},
		table: &table{
			name:  fileTitle(&v.Dataset) + "_" + f.name + "_concentration",
			write: func(ctx context.Context, to sink) (*meta, error) { return s.readConcentrated(ctx, sc, q, to) },
		},
	}
	p.of.text("concentration", v.Dataset.Name)
	q.canon(&p.of)
	return s.answer(w, r, p)
}

// readConcentration takes the one measure and the filters of a concentration: an aggregate by one field, those groups
// first that have most.
func readConcentration(p *params, sc *scope, f *reach) *aggregateQuery {
	q := &aggregateQuery{groups: []gold.Group{{Field: f.name, As: "_group", Via: f.via}}}
	q.figures, _ = readFigures(p, sc)
	q.filters = p.filters(sc, concentrationParameters)
	switch {
	case len(p.problems) > 0:
		return q
	case len(q.figures) != 1:
		p.problem("measures", problemInvalidValue, "expected one measure, not %d", len(q.figures))
	case q.figures[0].ratio() || q.figures[0].measure.Func != gold.Sum && q.figures[0].measure.Func != gold.Count:
		p.problem("measures", problemInvalidValue, "expected a sum or a count, whose parts add up, not %s", q.figures[0].name)
	default:
		if name := q.figures[0].name; name == "share" || name == "groups" || name == "part" {
			p.problem("measures", problemInvalidValue, "two columns would be named %s: name it otherwise, as in other:%s", name, q.figures[0].measure)
		}
		q.sort = []gold.Sort{{Field: q.figures[0].name, Desc: true}}
	}
	return q
}

// readConcentrated gives the shares to a sink.
func (s *Server) readConcentrated(ctx context.Context, sc *scope, q *aggregateQuery, to sink) (*meta, error) {
	figure := q.fields(sc.version)[1]
	unit := gold.Pow10(figure.Scale) // of a Decimal
	var values []float64
	stats, err := eachBatch(ctx, func() (gold.Rows, error) { return s.groups(ctx, sc, q, nil, maxConcentrated+1) }, func(b *gold.Batch) error {
		if len(values)+b.Rows > maxConcentrated {
			return gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "%s has more than %d values here: filter them", q.groups[0].Field, maxConcentrated)
		}
		for i := range b.Rows {
			value := 0.0
			if v := b.Columns[1].Value(i); !v.IsNull() {
				value = v.Number() / unit
			}
			values = append(values, value)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("measure the concentration of %s: %w", sc.version.Dataset.Name, err)
	}
	start := time.Now()
	figure.Kind, figure.Scale = gold.Double, 0
	out := shares(values, figure)
	m := &meta{query: stats.Duration, answeredBy: stats.AnsweredBy}
	count, whole := int64(out.Rows), false
	m.count, m.truncated = &count, &whole
	write, err := to(out.Fields)
	if err == nil {
		err = write(out)
	}
	m.encode = time.Since(start)
	return m, err
}

// shares sums values, which descend, up to each share of their number. Sums are exact and rounded once.
func shares(values []float64, figure gold.Field) *gold.Batch {
	fields := []gold.Field{{Name: "share", Kind: gold.Double}, {Name: "groups", Kind: gold.Int}, figure, {Name: "part", Kind: gold.Double, Nullable: true}}
	out := gold.NewBatch(fields, len(concentrationShares))
	var all measure.Sum
	all.AddSlice(values)
	var sum measure.Sum
	n := 0
	for _, share := range concentrationShares {
		// A share of few groups is one group at least; what is a whole number is not lifted by its last bit.
		next := int(math.Ceil(share*float64(len(values)) - 1e-9))
		sum.AddSlice(values[n:next])
		n = next
		out.AppendRow(gold.NewDouble(share), gold.NewInt(int64(n)), gold.NewDouble(sum.Value()), gold.Ratio(gold.NewDouble(sum.Value()), gold.NewDouble(all.Value())))
	}
	return out
}
