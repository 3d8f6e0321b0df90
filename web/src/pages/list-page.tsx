import { useEffect, useRef } from 'preact/hooks';
import type { Row } from '../api/answer';
import type { Dataset, Field, TablePage } from '../api/dashboard';
import { apiPath, keySegment, type Params } from '../api/url';
import { Chips } from '../components/chips';
import { DataTable, type Column } from '../components/data-table';
import { Popover } from '../components/popover';
import { ValuePicker } from '../components/value-picker';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { atPlace, columnsOf, parseSort, placeOf, sortBy, sortOf, sortParams, toFirst, toggleColumn, type Place } from '../state/list-state';
import { withOption } from '../state/page-state';
import { datasetOf, fieldsOf, rowFields, takes } from '../state/reach';
import { useDataset } from '../state/use-dataset';
import { Cell } from '../components/cell';
import { AddFilter } from './add-filter';
import { NotFound } from './not-found';
import { useWords } from './use-words';

const pageSize = 50;

/** The rows of a dataset, page by page: sorted and filtered by the server. */
export function ListPage({ table }: { table: TablePage }) {
  const { dashboard } = usePage();
  const dataset = datasetOf(dashboard, table.dataset);
  return dataset ? <Listing table={table} dataset={dataset} /> : <NotFound />;
}

function Listing({ table, dataset }: { table: TablePage; dataset: Dataset }) {
  const { state, format, label, go, pick, t } = usePage();
  const words = useWords();
  const fields = columnsOf(state, table, dataset);
  const sort = sortOf(state, table, dataset);
  const marks = (table.marks ?? []).filter((mark) => dataset.fields.some(({ name }) => name === mark.field));
  const names = [...new Set([...fields.map((field) => field.name), ...marks.map((mark) => mark.field)])].join(',');
  const place = usePlace(table.id, JSON.stringify([names, sort, state.conditions, state.release]));
  const order: Params = [['fields', names], ...sortParams(sort)];
  const cursor: Params = place.cursor === undefined ? [] : [['cursor', place.cursor]];
  const question = useDataset(table.dataset, { aggregate: false, params: [...order, ['limit', String(pageSize)], ['count', 'exact'], ...cursor] });
  const { asked } = question;
  const body = asked.answer?.body;
  const rows = body?.data ?? [];
  // While the next page is under way, the answer is that of the page before.
  const next = asked.loading ? undefined : body?.meta.cursor;
  const earlier = useEarlier(question.path?.replace(/&cursor=[^&]*/, ''), place, next);
  const files = question.path === undefined ? undefined : apiPath(dataset.endpoint?.slice(1) ?? `datasets/${dataset.name}/rows`, [['fields', fields.map((field) => field.name).join(',')], ...sortParams(sort), ...question.params]);
  const first = parseSort(sort.split(',')[0] ?? '');
  const columns = fields.map((field): Column => ({
    name: field.name,
    label: label(field),
    doc: field,
    cell: (row: Row) => <Cell row={row} field={field} keys={dataset.key} bar={table.bars?.includes(field.name) ?? false} marks={marks} page={table.id} />,
  }));
  const header = (column: Column) => {
    const field = fields.find(({ name }) => name === column.name);
    if (!field?.sortable) return column.label;
    const sorted = first.name === field.name;
    return (
      <button type="button" class="sort" data-sort={field.name} title={field.description ? pick(field.description) : t.sortBy(column.label)} onClick={() => { go((s) => sortBy(s, table, dataset, field)); }}>
        {column.label}
        <span aria-hidden="true">{sorted ? (first.descending ? ' ▼' : ' ▲') : ''}</span>
      </button>
    );
  };
  const at = (place.number - 1) * pageSize;
  const total = body?.meta.total;
  return (
    <>
      <h1>{pick(table.title)}</h1>
      <Toolbar table={table} dataset={dataset} shown={fields} />
      <Widget
        id={table.id}
        kind="rows"
        title={total === undefined ? pick(table.title) : t.rowsOf(format.integer(total))}
        asked={asked}
        path={question.path}
        files={files}
        unreached={question.unreached}
        snapshot={question.snapshot}
        empty={rows.length === 0}
      >
        {() => <DataTable caption={pick(table.title)} columns={columns} rows={rows} keys={dataset.key} header={header} sorted={first} />}
      </Widget>
      {question.unreached.length === 0 && (rows.length > 0 || place.number > 1) && (
        <nav class="paging" aria-label={words.paging}>
          <button type="button" data-action="first" disabled={place.number === 1} onClick={() => { go((s) => toFirst(s, table.id)); }}>{words.first}</button>
          <button type="button" data-action="previous" disabled={!earlier} onClick={() => { if (earlier) go((s) => atPlace(s, table.id, earlier)); }}>{words.before}</button>
          {rows.length > 0 && (
            <span role="status" data-metric="total" data-value={total ?? ''}>
              {total === undefined ? words.placeOpen(format.integer(at + 1), format.integer(at + rows.length)) : words.place(format.integer(at + 1), format.integer(at + rows.length), format.integer(total))}
            </span>
          )}
          <button type="button" data-action="next" disabled={next === undefined} onClick={() => { if (next !== undefined) go((s) => atPlace(s, table.id, { number: place.number + 1, cursor: next })); }}>{words.after}</button>
        </nav>
      )}
    </>
  );
}

/**
 * The page of the list that the URL names. A cursor goes on with the query that it came from: where that changed under
 * it (a chip was taken away), the list is on its first page again.
 */
function usePlace(id: string, query: string): Place {
  const { state, go } = usePage();
  const place = placeOf(state, id);
  const last = useRef({ cursor: place.cursor, query });
  const outdated = place.cursor !== undefined && last.current.cursor === place.cursor && last.current.query !== query;
  if (!outdated) last.current = { cursor: place.cursor, query };
  useEffect(() => {
    if (outdated) go((s) => toFirst(s, id), { replace: true });
  }, [outdated, go, id]);
  return outdated ? { number: 1, cursor: undefined } : place;
}

/** The place before one, as far as the reader came by it: cursors lead onwards alone. */
function useEarlier(query: string | undefined, place: Place, next: string | undefined): Place | undefined {
  const seen = useRef({ query, cursors: new Map<number, string>() });
  if (seen.current.query !== query) seen.current = { query, cursors: new Map() };
  const { cursors } = seen.current;
  if (place.cursor !== undefined) cursors.set(place.number, place.cursor);
  if (next !== undefined) cursors.set(place.number + 1, next);
  if (place.number === 1) return undefined;
  if (place.number === 2) return { number: 1, cursor: undefined };
  const cursor = cursors.get(place.number - 1);
  return cursor === undefined ? undefined : { number: place.number - 1, cursor };
}

interface ToolbarProps {
  table: TablePage;
  dataset: Dataset;
  shown: Field[];
}

/** Filters of the list, and its columns. */
function Toolbar({ table, dataset, shown }: ToolbarProps) {
  const { dashboard, state, t, pick, format, go, label } = usePage();
  const words = useWords();
  const choices = dashboard.layout.filters.filter((filter) => 'field' in filter).filter((filter) => takes(dataset, { field: filter.field, operator: 'in', values: [] }));
  const [key, ...more] = dataset.key;
  const keyField = more.length === 0 ? dataset.fields.find((field) => field.name === key) : undefined;
  const offered = rowFields(dataset);
  return (
    <section class="filter-bar" aria-label={t.filters}>
      {keyField && <GoTo table={table} field={keyField} />}
      {choices.map((filter) => <ValuePicker key={filter.field} field={filter.field} label={pick(filter.label) || label(fieldsOf(dataset).get(filter.field) ?? { name: filter.field })} search={filter.type === 'search'} dataset={dataset} />)}
      <AddFilter dataset={dataset} without={choices.map((filter) => filter.field)} />
      <Popover name={words.columns} label={words.columnsOf(format.integer(shown.length), format.integer(offered.length))} filter="columns">
        {() => (
          <>
            <ul class="values" aria-label={words.columns}>
              {offered.map((field) => (
                <li key={field.name}>
                  <label class="option">
                    <input type="checkbox" data-value={field.name} checked={shown.includes(field)} disabled={dataset.key.includes(field.name)} onChange={() => { go((s) => toggleColumn(s, table, dataset, field.name), { replace: true }); }} />
                    <span>{label(field)}</span>
                  </label>
                </li>
              ))}
            </ul>
            <button type="button" class="plain" onClick={() => { go((s) => toFirst(withOption(s, table.id, 'columns', ''), table.id), { replace: true }); }}>{words.usual}</button>
          </>
        )}
      </Popover>
      <Chips period={false} />
      {state.conditions.length > 0 && (
        <button type="button" class="plain reset" data-action="reset" title={t.resetTitle} onClick={() => { go((s) => ({ ...s, conditions: [] })); }}>
          {t.reset}
        </button>
      )}
    </section>
  );
}

/** Opens the page of the row whose key is typed. */
function GoTo({ table, field }: { table: TablePage; field: Field }) {
  const { state, go, label } = usePage();
  const words = useWords();
  return (
    <form
      class="go-to"
      onSubmit={(event) => {
        event.preventDefault();
        const typed = new FormData(event.currentTarget).get('key');
        if (typeof typed === 'string' && typed.trim() !== '') go(() => ({ ...state, page: `${table.id}/${keySegment([typed.trim()])}` }));
      }}
    >
      <input name="key" class="find" required inputMode={field.type === 'int' ? 'numeric' : 'text'} placeholder={words.goTo(label(field))} aria-label={words.goTo(label(field))} />
      <button type="submit">{words.open}</button>
    </form>
  );
}
