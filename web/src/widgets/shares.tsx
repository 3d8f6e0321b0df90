import { useMemo } from 'preact/hooks';
import type { SharesWidget } from '../api/dashboard';
import { categoryColor, categoryIndex } from '../charts/palette';
import { Widget } from '../components/widget';
import { chosen, toggle } from '../state/condition';
import { usePage } from '../state/context';
import { useDataset } from '../state/use-dataset';
import { useTitle } from './title';

/** Several figures of the same groups as aligned bars of 100 %: where a group is large in one and small in another. */
export function Shares({ widget }: { widget: SharesWidget }) {
  const page = usePage();
  const title = useTitle(widget);
  const { state, t, format, label, go } = page;
  const question = useDataset(widget.dataset, { aggregate: false, params: [], without: widget.group });
  const { dataset, asked } = question;
  const group = dataset?.fields.find((field) => field.name === widget.group);
  const fields = widget.fields.map((name) => dataset?.fields.find((field) => field.name === name)).filter((field) => field !== undefined);
  const values = chosen(state.conditions, widget.group);
  const body = asked.answer?.body;
  const rows = useMemo(() => {
    const found = body?.data ?? [];
    const order = found.map((row) => String(row[widget.group]));
    const at = (row: (typeof found)[number]): number => categoryIndex(group?.values, order, String(row[widget.group]));
    return [...found].sort((a, b) => at(a) - at(b)).map((row) => ({ row, key: String(row[widget.group]), color: categoryColor(at(row)) }));
  }, [body, group, widget.group]);
  const total = (name: string): number => rows.reduce((sum, { row }) => sum + Number(row[name] ?? 0), 0);
  return (
    <Widget
      id={widget.id}
      kind="shares"
      title={title}
      asked={asked}
      path={question.path}
      unreached={question.unreached}
      snapshot={question.snapshot}
      empty={rows.length === 0}
      table={{ columns: (dataset?.fields ?? []).map((field) => ({ name: field.name, label: label(field), doc: field })), rows: rows.map(({ row }) => row), keys: [widget.group] }}
    >
      {() => (
        <div class="shares-chart">
          {fields.map((field) => {
            const sum = total(field.name);
            return (
              <div class="share-line" key={field.name} data-metric={field.name} data-value={sum}>
                <span class="share-name" title={field.description?.[page.lang]}>{label(field)}</span>
                <span class="stack" aria-hidden="true">
                  {rows.map(({ row, key, color }) => {
                    const part = sum === 0 ? 0 : Number(row[field.name] ?? 0) / sum;
                    const dim = values.length > 0 && !values.includes(key);
                    return (
                      <span key={key} class={dim ? 'part dim' : 'part'} style={{ width: `${part * 100}%`, background: color }} title={`${format.value(key, group ?? {})} — ${label(field)}: ${format.exact(Number(row[field.name] ?? 0), field)} (${format.share(part)})`}>
                        {part >= 0.14 && !dim && format.share(part, 0)}
                      </span>
                    );
                  })}
                </span>
                <span class="number muted">{format.short(sum, field)}</span>
              </div>
            );
          })}
          <div class="legend-row legend-head" aria-hidden="true">
            <span />
            <span />
            {fields.map((field) => <span key={field.name} class="number" title={label(field)}>{label(field)}</span>)}
          </div>
          <ul class="legend">
            {rows.map(({ row, key, color }) => {
              const name = format.value(key, group ?? {});
              const pressed = values.includes(key);
              return (
                <li key={key} data-key={key}>
                  <button type="button" class="legend-row" aria-pressed={pressed} title={pressed ? t.unselect(name) : t.select(name)} onClick={() => { go((s) => ({ ...s, conditions: toggle(s.conditions, widget.group, key) })); }}>
                    <span class="swatch" style={{ background: color }} />
                    <span class="legend-name">{name}</span>
                    {fields.map((field) => (
                      <span key={field.name} class="number" data-metric={field.name} data-value={Number(row[field.name] ?? 0)} title={`${label(field)}: ${format.exact(Number(row[field.name] ?? 0), field)}`}>
                        {format.share(total(field.name) === 0 ? null : Number(row[field.name] ?? 0) / total(field.name), 0)}
                      </span>
                    ))}
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
