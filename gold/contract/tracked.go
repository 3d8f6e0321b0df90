package contract

import (
	"goldserve/gold"
	"goldserve/gold/yaml"
)

// mlflowValue describes the runs that a publish logs to MLflow besides its own.
func mlflowValue() yaml.Value {
	return yaml.KeysValue(
		yaml.Key{Name: "runs", Need: true, Doc: "A map from the run's name to settings.", Value: yaml.MapValue(yaml.KeysValue(
			yaml.Key{Name: "dataset", Need: true, Value: yaml.TextValue.As("dataset"), Doc: "The dataset whose rows are measured. If an ONNX file scores it, the file and its card are artifacts of the run."},
			yaml.Key{Name: "by", Value: fieldName, Default: "all rows together", Doc: "A field by which rows are grouped: METRIC/VALUE is the metric of each of its values."},
			yaml.Key{Name: "metrics", Need: true, Value: yaml.MapValue(yaml.TextValue.As("measure")).As("map from name to measure"), Doc: "What is measured, such as {rows: count(), revenue: sum(amount)}."},
		))},
	)
}

// tracked reads the runs.
func (m *loaded) tracked(n *yaml.Node, l *linker) (all []gold.TrackedRun) {
	const what = "model: mlflow"
	o := m.file.Object(n, what)
	if at := o.Need("runs"); at != nil {
		for _, e := range m.file.Pairs(at, what+": runs") {
			if r, ok := m.trackedRun(e, what+": runs", l); ok {
				all = append(all, r)
			}
		}
	}
	o.Done()
	return all
}

func (m *loaded) trackedRun(e yaml.Entry, what string, l *linker) (r gold.TrackedRun, ok bool) {
	f := m.file
	r.Name, ok = f.Identifier(e.Key, what)
	what += ": " + e.Key.Text
	o := f.Object(e.Value, what)
	by, metrics := o.Take("by"), o.Need("metrics")
	if at := o.Need("dataset"); at != nil {
		if d := m.dataset(at, what+": dataset", l); d != nil {
			r.Dataset = d.contract.Dataset.Name
			find := func(n *yaml.Node, what, name string) *gold.Field { return d.findOpenField(f, n, what, name) }
			if by != nil {
				if name, isText := f.Text(by, what+": by"); isText && find(by, what+": by", name) != nil {
					r.By = name
				}
			}
			if metrics != nil {
				r.Metrics = m.trackedMetrics(metrics, what+": metrics", d, find)
			}
		}
	}
	o.Done()
	return r, ok && r.Dataset != "" && (by == nil || r.By != "") && len(r.Metrics) > 0
}

// trackedMetrics reads measures, whose values must be numbers.
func (m *loaded) trackedMetrics(n *yaml.Node, what string, of *draft, find finder) []gold.Measure {
	reader := &draft{File: m.file}
	measures, made, ok := reader.measures(n, what, &of.contract.Dataset, find)
	for i := range made {
		if k := made[i].Kind; k != gold.Null && !k.Countable() {
			m.file.Add(n, "%s: %s is %s, and a metric is a number", what, made[i].Name, k.WithArticle())
			ok = false
		}
	}
	if !ok {
		return nil
	}
	return measures
}
