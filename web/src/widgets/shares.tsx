import { useMemo } from 'preact/hooks';
import type { SharesWidget } from '../api/dashboard';
import { categoryColor } from '../charts/palette';
import { Widget } from '../components/widget';
import { choiceKey, chosen, offers, toggle, type Choice } from '../state/condition';
import { usePage } from '../state/context';
import { datasetOf, fieldsOf } from '../state/reach';
import { computed, useDataset } from '../state/use-dataset';
import { grouped, partsOf, shownGroups } from './parts';
import { useTitle } from './title';

/** Several figures of the same groups as aligned bars of 100 %: where a group is large in one and small in another. */
export function Shares({ widget }: { widget: SharesWidget }) {
  const page = usePage();
  const title = useTitle(widget);
  const { dashboard, state, t, format, label, pick, go } = page;
  const dataset = datasetOf(dashboard, widget.dataset);
  const known = dataset && fieldsOf(dataset);
  const group = known?.get(widget.group);
  // What is added up is an amount, however a value of its own is written.
  const fields = widget.fields.map((name) => known?.get(name)).filter((field) => field !== undefined).map((field) => ({ ...field, formula: `sum(${field.name})` }));
  // Groups are told in the order of their money, where there is any.
  const main = fields.find((field) => field.format === 'money') ?? fields[0];
  const anew = computed(page, widget.dataset, widget.group);
  const limit = shownGroups(group?.values);
  const aggregate = useDataset(widget.dataset, {
    aggregate: true,
    params: [['group_by', widget.group], ['measures', fields.map(({ name }) => `sum(${name})`).join(',')], ['sort', `-sum_${main?.name ?? ''}`], ['limit', String(limit)], ['totals', 'true']],
    without: widget.group,
    off: anew || !main,
  });
  const rows = useDataset(widget.dataset, { aggregate: false, params: [['limit', String(dataset?.max_limit ?? 0)]], without: widget.group, off: !anew });
  const question = anew ? rows : aggregate;
  const { asked } = question;
  const body = asked.answer?.body;
  const { parts, totals } = useMemo(() => {
    if (!body || !main) return { parts: [], totals: {} };
    const names = fields.map(({ name }) => name);
    if (!anew) return partsOf(body.data, body.totals ?? {}, widget.group, names, (name) => `sum_${name}`, body.meta.truncated !== true);
    const sums = grouped(body.data, widget.group, names, main.name, limit);
    return partsOf(sums.rows, sums.totals, widget.group, names, (name) => name, new Set(body.data.map((row) => row[widget.group])).size <= sums.rows.length);
  }, [body, anew, widget, limit]); // eslint-disable-line react-hooks/exhaustive-deps -- fields are the widget's own
  const values = chosen(state.conditions, widget.group);
  const nameOf = (choice: Choice | undefined): string => (choice === undefined ? t.otherParts : format.choice(choice, group ?? {}));
  const colored = parts.map((part, i) => ({ ...part, name: nameOf(part.choice), key: part.choice === undefined ? 'others' : choiceKey(part.choice), color: part.choice === undefined ? 'var(--compared)' : colorOf(part.choice, group?.values, i), dim: values.length > 0 && (part.choice === undefined || !values.includes(part.choice)) }));
  const shareOf = (name: string, value: number | null | undefined): number | null => (totals[name] ? (value ?? 0) / totals[name] : null);
  const shareText = (share: number | null): string => format.share(share, share !== null && share > 0 && share < 0.01 ? 1 : 0);
  // Of rows that are cut no part of all can be told.
  const cut = anew && body?.meta.truncated === true;
  return (
    <Widget
      id={widget.id}
      kind="shares"
      title={title}
      asked={asked}
      path={question.path}
      unreached={question.unreached}
      snapshot={question.snapshot}
      empty={parts.length === 0}
      table={{
        columns: [{ name: widget.group, label: group ? label(group) : widget.group, doc: group ?? {} }, ...fields.map((field) => ({ name: field.name, label: label(field), doc: field }))],
        rows: colored.map((part) => ({ [widget.group]: part.choice ?? part.name, ...part.figures })),
        keys: [widget.group],
      }}
    >
      {() => cut ? <p class="notice">{t.tooMany}</p> : (
        <div class="shares-chart" style={{ '--fields': fields.length }}>
          {fields.map((field) => (
            <div class="share-line" key={field.name} data-metric={field.name} data-value={totals[field.name] ?? 0}>
              <span class="share-name" title={pick(field.description)}>{label(field)}</span>
              <span class="stack" aria-hidden="true">
                {colored.map(({ key, name, color, dim, figures }) => {
                  const value = figures[field.name] ?? 0;
                  const part = Math.max(0, shareOf(field.name, value) ?? 0);
                  return (
                    <span key={key} class={dim ? 'part dim' : 'part'} style={{ width: `${part * 100}%`, background: color }} title={`${name} — ${t.named(label(field), format.exact(value, field))} (${format.share(part)})`}>
                      {part >= 0.14 && !dim && format.share(part, 0)}
                    </span>
                  );
                })}
              </span>
              <span class="number muted">{format.short(totals[field.name], field)}</span>
            </div>
          ))}
          <div class="legend-row legend-head" aria-hidden="true">
            <span />
            <span />
            {fields.map((field) => <span key={field.name} class="number" title={label(field)}>{label(field)}</span>)}
          </div>
          <ul class="legend">
            {colored.map(({ choice, key, name, color, figures }) => {
              const cells = (
                <>
                  <span class="swatch" style={{ background: color }} />
                  <span class={choice === null || choice === undefined ? 'legend-name muted' : 'legend-name'}>{name}</span>
                  {fields.map((field) => (
                    <span key={field.name} class="number" data-metric={field.name} data-value={figures[field.name] ?? ''} title={t.named(label(field), format.exact(figures[field.name], field))}>
                      {shareText(shareOf(field.name, figures[field.name]))}
                    </span>
                  ))}
                </>
              );
              if (choice === undefined) return <li key={key} data-others=""><span class="legend-row">{cells}</span></li>;
              const pressed = values.includes(choice);
              return (
                <li key={key} data-key={choice ?? ''} data-null={choice === null ? '' : undefined}>
                  <button type="button" class="legend-row" disabled={!offers(group, choice)} aria-pressed={pressed} title={pressed ? t.unselect(name) : t.select(name)} onClick={() => { go((s) => ({ ...s, conditions: toggle(s.conditions, widget.group, choice) })); }}>
                    {cells}
                  </button>
                </li>
              );
            })}
          </ul>
        </div>
      )}
    </Widget>
  );
}

/** A group's colour: of a closed list always the same one, else by its place. */
function colorOf(choice: Choice, values: string[] | undefined, place: number): string {
  const at = choice === null ? -1 : (values?.indexOf(choice) ?? -1);
  return categoryColor(at < 0 ? Math.max(place, values?.length ?? 0) : at);
}
