import type { Meta, Row, Value } from '../api/answer';
import type { Dataset, Field } from '../api/dashboard';
import { apiPath, type Params } from '../api/url';
import { CodeName } from '../components/code-name';
import { DataTable, raw, type Column } from '../components/data-table';
import { Link } from '../components/link';
import { Widget } from '../components/widget';
import { usePage } from '../state/context';
import { withOption } from '../state/page-state';
import { useAnswer, type Asked } from '../state/use-answer';
import { usePatient } from '../state/use-patient';
import { diffPath } from './diff-page';
import { cellOf, pairPage, rowsOf, shownFields, type DatasetDiff, type Diff, type DiffRow, type Pair } from './release-diff';
import { useWords } from './use-words';

const pageSize = 100;

/** The column of what became of a row: no field has such a name. */
const fate = ' change';

/** The rows of a dataset that differ between two releases, page by page. */
export function DiffRowsPage({ pair, name }: { pair: Pair; name: string }) {
  const { client, state, t, format, label } = usePage();
  const words = useWords();
  const skip = Number(/^[1-9]\d{0,14}$/.exec(state.options['diff.skip'] ?? '')?.[0] ?? 0);
  const params: Params = [['to', String(pair.to)], ['limit', String(pageSize)], ...(skip === 0 ? [] : [['skip', String(skip)] as [string, string]])];
  const path = apiPath(`releases/${pair.from}/diff/${name}`, params);
  const { asked, note } = usePatient(useAnswer<{ data: DiffRow[]; meta: Meta }>(client, path));
  const before = useDocs(name, pair.from);
  const after = useDocs(name, pair.to);
  const dataset = after.answer?.body.data;
  const old = before.answer?.body.data;
  const rows = asked.answer?.body.data ?? [];
  const counts = useCounts(pair, name, asked);
  const total = counts && rowsOf(counts);
  const keyed = rows.some((row) => Object.keys(row.key).length > 0);
  const at = (place: number): typeof state => withOption(state, 'diff', 'skip', place === 0 ? '' : String(place));
  const masked = dataset?.fields.filter((field) => field.mask !== undefined) ?? [];
  return (
    <>
      <p class="crumb"><Link to={{ ...at(0), page: pairPage(pair) }}>← {words.differences(String(pair.from), String(pair.to))}</Link></p>
      <h1>{dataset ? label(dataset) : name}{dataset && <CodeName of={dataset} />}</h1>
      <p class="lead muted">
        {t.release(String(pair.from))} → {t.release(String(pair.to))}
        {counts && <span data-metric="counts" data-value={total}>{` · ${words.counts(format.integer(counts.added), format.integer(counts.removed), format.integer(counts.changed))}`}</span>}
      </p>
      <Widget id="rows" kind="rows differences" title={words.differentRows} asked={dataset && old ? asked : { ...asked, answer: undefined, loading: !asked.problem }} path={path} unpinned files={null} aside={<span class="aside muted" role="status">{note}</span>}>
        {() => (rows.length === 0 ? <p class="notice">{words.nothingDiffers}</p> : dataset && old && <Rows caption={words.differentRows} rows={rows} before={old} after={dataset} />)}
      </Widget>
      {(skip > 0 || asked.answer?.body.meta.truncated) && (
        <nav class="paging" aria-label={words.paging}>
          {skip > 0 && <Link to={at(0)}>{words.first}</Link>}
          {skip > 0 && <Link to={at(Math.max(0, skip - pageSize))}>{words.before}</Link>}
          {rows.length > 0 && <span role="status">{total === undefined ? words.placeOpen(format.integer(skip + 1), format.integer(skip + rows.length)) : words.place(format.integer(skip + 1), format.integer(skip + rows.length), format.integer(total))}</span>}
          {asked.answer?.body.meta.truncated && <Link to={at(skip + pageSize)}>{words.after}</Link>}
        </nav>
      )}
      {rows.length > 0 && (
        <p class="muted differences-notes">
          {[keyed ? words.onlyDifferent : words.noCommonKey, ...(masked.length > 0 ? [words.maskedLeftOut(format.list(masked.map(label)))] : [])].join(' ')}
        </p>
      )}
    </>
  );
}

/** How the values of a release are named and written. */
function useDocs(name: string, release: number): Asked<{ data: Dataset; meta: Meta }> {
  const { client } = usePage();
  return useAnswer(client, apiPath(`datasets/${name}`, [['release', String(release)]]));
}

/** How many rows differ, which is asked after the rows: a reader who came by the list of datasets has it already. */
function useCounts(pair: Pair, name: string, rows: Asked<unknown>): DatasetDiff | undefined {
  const { client } = usePage();
  const { answer } = useAnswer<{ data: Diff; meta: Meta }>(client, rows.answer ? diffPath(pair) : undefined);
  return answer?.body.data.datasets.find((d) => d.dataset === name);
}

interface RowsProps {
  caption: string;
  rows: DiffRow[];
  before: Dataset;
  after: Dataset;
}

function Rows({ caption, rows, before, after }: RowsProps) {
  const { label } = usePage();
  const words = useWords();
  const fields = shownFields(rows, after.fields);
  const keys = Object.keys(rows[0]?.key ?? {});
  const sources = new Map<Row, DiffRow>();
  const flat = rows.map((row) => {
    const entries = fields.map(({ name }): [string, Value] => {
      const { before: was, after: is } = cellOf(row, name);
      return [name, was !== undefined && is !== undefined ? `${raw(was)} → ${raw(is)}` : (is ?? was ?? null)];
    });
    const made: Row = { [fate]: row.change, ...Object.fromEntries(entries) };
    sources.set(made, row);
    return made;
  });
  const marks = { added: `+ ${words.rowAdded}`, removed: `− ${words.rowRemoved}`, changed: `≠ ${words.rowChanged}` };
  const columns: Column[] = [
    { name: fate, label: words.what, doc: {}, cell: (row) => { const kind = sources.get(row)?.change ?? 'changed'; return <span class={`fate ${kind}`}>{marks[kind]}</span>; } },
    ...fields.map((field): Column => ({ name: field.name, label: label(field), doc: field, cell: (row) => <ChangedCell row={sources.get(row)} field={field} before={before.fields.find(({ name }) => name === field.name) ?? field} /> })),
  ];
  return <DataTable caption={caption} columns={columns} rows={flat} keys={keys} />;
}

/** A value of a row; of a changed one, before and after. */
function ChangedCell({ row, field, before }: { row: DiffRow | undefined; field: Field; before: Field }) {
  const { format } = usePage();
  const words = useWords();
  if (!row) return null;
  const { before: was, after: is } = cellOf(row, field.name);
  if (was === undefined && is === undefined) return null;
  if (is === undefined) return <>{format.value(was, before)}</>;
  if (was === undefined) return <>{format.value(is, field)}</>;
  const [old, now] = format.apart(was, before, is, field);
  return <><del>{old}</del><span aria-hidden="true"> → </span><ins><span class="unseen">{words.became} </span>{now}</ins></>;
}
