package openapi

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"goldserve/gold"
)

// filter returns references to the parameters of a field, one for each operator.
func (b *builder) filter(m *Model, f *Filter) openapi3.Parameters {
	var refs openapi3.Parameters
	for _, op := range f.Operators {
		operator := op.Row()
		name := f.Name
		if op != gold.Eq || !f.Bare {
			name += "__" + operator.Name
		}
		key := m.component(f.Dataset, name)
		if b.doc.Components.Parameters[key] == nil {
			b.doc.Components.Parameters[key] = &openapi3.ParameterRef{Value: f.parameter(name, operator)}
		}
		refs = append(refs, parameterRef(key))
	}
	return refs
}

// parameter describes a comparison of a field.
func (f *Filter) parameter(name string, operator *gold.Operator) *openapi3.Parameter {
	about := fmt.Sprintf("Rows whose %s %s this.", f.Name, operator.Meaning)
	if operator.Arity == gold.NoValue {
		about = fmt.Sprintf("Rows whose %s %s.", f.Name, operator.Meaning)
	}
	if text := describe(&f.Field.Doc); text != "" {
		about += " " + text
	}
	if operator.Arity != gold.NoValue && f.Periods == gold.NoPeriod && len(f.Patterns) > 0 {
		about += " Its texts have the pattern " + strings.Join(f.Patterns, " and ") + "."
	}
	p := openapi3.NewQueryParameter(name).WithDescription(about)
	switch {
	case operator.Arity == gold.NoValue:
		p.Schema = enum([]string{"true", "false"}).NewRef()
	case operator.Search:
		p.Schema = freeText().WithMinLength(1).WithMaxLength(64).NewRef()
	case operator.Arity == gold.AnyValues:
		commaSeparated(p, f.value(operator))
	default:
		p.Schema = f.value(operator).NewRef()
	}
	p.Schema.Value.Examples = f.examples(operator)
	return p
}

func freeText() *openapi3.Schema { return openapi3.NewStringSchema().WithPattern(`^[^\x00]*$`) }

// listItem is a text in a list: one that holds a comma or starts with a quote is quoted as in CSV.
const listItem = `^([^\x00",][^\x00,]*|"([^\x00"]|"")*")?$`

// value describes one value that a field is compared with.
func (f *Filter) value(operator *gold.Operator) *openapi3.Schema {
	switch f.Field.Kind {
	case gold.Bool:
		return openapi3.NewBoolSchema()
	case gold.Int:
		// A float64, which openapi3.Schema has for bounds, can't say these.
		s := openapi3.NewInt64Schema()
		s.Extensions = map[string]any{"minimum": json.Number(strconv.Itoa(math.MinInt64)), "maximum": json.Number(strconv.Itoa(math.MaxInt64))}
		return s
	case gold.Double:
		return openapi3.NewFloat64Schema().WithFormat("double")
	case gold.Decimal:
		s := openapi3.NewSchema().WithTypes(openapi3.TypeNumber)
		s.MultipleOf = new(1 / gold.Pow10(f.Field.Scale))
		return s
	case gold.Duration:
		return openapi3.NewStringSchema().WithFormat("duration")
	case gold.WideDecimal:
		return openapi3.NewSchema().WithTypes(openapi3.TypeNumber).WithFormat("decimal")
	case gold.Date, gold.Time:
		if f.Field.Kind == gold.Time && (operator.Op == gold.NotIn || operator.Op == gold.Ne) {
			return openapi3.NewDateTimeSchema() // periods of time can't be left out
		}
		return periods("Period", f.Calendar.Within(gold.DayPeriod))
	default:
		return f.text(operator)
	}
}

// periodSchemas are the schemas of components.json for texts that are periods.
var periodSchemas = map[gold.PeriodUnit]string{
	gold.DayPeriod: "PeriodOfDays", gold.WeekPeriod: "PeriodOfWeeks", gold.MonthPeriod: "PeriodOfMonths",
	gold.QuarterPeriod: "PeriodOfQuarters", gold.YearPeriod: "PeriodOfYears",
	gold.FiscalQuarterPeriod: "PeriodOfFiscalQuarters", gold.FiscalYearPeriod: "PeriodOfFiscalYears",
}

// fiscalSchema is the schema of fiscal periods beside others.
const fiscalSchema = "FiscalPeriod"

// periods describes a text that is a period of one of some units, the first of which has a schema.
func periods(schema string, units []gold.PeriodUnit) *openapi3.Schema {
	s := openapi3.NewSchema()
	if slices.Contains(units, gold.FiscalYearPeriod) && !slices.Contains([]string{periodSchemas[gold.FiscalQuarterPeriod], periodSchemas[gold.FiscalYearPeriod]}, schema) {
		s.AnyOf = openapi3.SchemaRefs{schemaRef(schema), schemaRef(fiscalSchema)}
	} else {
		s.AllOf = openapi3.SchemaRefs{schemaRef(schema)}
	}
	return s
}

// text describes a text that a field is compared with.
func (f *Filter) text(operator *gold.Operator) *openapi3.Schema {
	switch inList := operator.Arity == gold.AnyValues; {
	case operator.Whole && f.Valid != nil && inList:
		return enum(quoted(f.Valid))
	case operator.Whole && f.Valid != nil:
		return enum(f.Valid)
	case f.Periods != gold.NoPeriod:
		return periods(periodSchemas[f.Periods], f.Calendar.Within(f.Periods))
	case inList:
		return openapi3.NewStringSchema().WithPattern(listItem)
	default:
		return freeText()
	}
}

// quoted quotes what a list needs quoted.
func quoted(values []string) []string {
	out := slices.Clone(values)
	for i, v := range out {
		if strings.Contains(v, ",") || strings.HasPrefix(v, `"`) {
			out[i] = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
		}
	}
	return out
}

// examples returns one value of the release.
func (f *Filter) examples(operator *gold.Operator) []any {
	if operator.Arity == gold.NoValue {
		return []any{"false"}
	}
	v, ok := natural(f.Field, f.Example)
	if !ok {
		return nil
	}
	switch {
	case operator.Search:
		if f.Example.Text() == "" {
			return nil
		}
		word, _, _ := strings.Cut(f.Example.Text(), " ")
		return []any{strings.ToLower(word)}
	case operator.Arity == gold.AnyValues:
		if f.Field.Kind == gold.Text {
			v = quoted([]string{f.Example.Text()})[0]
		}
		return []any{[]any{v}}
	default:
		return []any{v}
	}
}

// natural returns a value as JSON has it, and whether it is an example that may be shown.
func natural(f *gold.Field, v gold.Value) (any, bool) {
	if f.PII || f.Mask != gold.MaskNone {
		return nil, false
	}
	switch v.Kind() {
	case gold.Null:
		return nil, false
	case gold.Bool:
		return v.Bool(), true
	case gold.Int, gold.Double, gold.Decimal, gold.WideDecimal:
		return json.Number(f.Format(v)), true
	default:
		return v.Format(f.Scale), true
	}
}
