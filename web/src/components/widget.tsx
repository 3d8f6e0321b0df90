import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Meta, Row } from '../api/answer';
import type { Params } from '../api/url';
import { usePage, type Page } from '../state/context';
import { formatState, withOption } from '../state/page-state';
import { fieldOf } from '../state/reach';
import { settle } from '../state/settled';
import { pinned, type Asked } from '../state/use-answer';
import { DataTable, type Column } from './data-table';
import { EmptyNotice, ProblemNotice, Skeleton, UnreachedNotice } from './notice';

export interface TableView {
  columns: Column[];
  rows: Row[];
  keys: string[];
}

interface WidgetProps {
  id: string;
  /** What it is, for its styles. */
  kind: string;
  title: string;
  /** What stands beside the title: a legend, a switch. */
  aside?: ComponentChildren;
  asked: Pick<Asked<{ meta: Meta }>, 'answer' | 'problem' | 'loading' | 'retry'>;
  /** The path that was asked, without its release; undefined where nothing can be asked. */
  path: string | undefined;
  /** The path stands as it is: it is of releases, or of another model. */
  unpinned?: boolean;
  /** The path of the files, where it is another one; null: there are none. */
  files?: string | null | undefined;
  /** Fields of filters that do not reach the widget. */
  unreached?: string[];
  /** The period does not filter it: it is marked with the day that it is of. */
  snapshot?: boolean;
  empty?: boolean;
  partial?: boolean;
  table?: TableView | undefined;
  /** The chart as an image, for its download. */
  image?: (() => Promise<string | undefined>) | undefined;
  /** The chart, unless the table is shown or there is nothing to show. */
  children: () => ComponentChildren;
}

/** The frame of a widget: its title, its state, its figures in other forms, and where they come from. */
export function Widget(props: WidgetProps) {
  const { id, title, asked, unreached = [], table } = props;
  const page = usePage();
  const { t, state, dashboard, label, release, format } = page;
  const showTable = table !== undefined && state.options[`${id}.view`] === 'table';
  // A dataset without rows has nothing to ask for, and nothing went wrong.
  const none = asked.problem?.code === 'dataset_empty';
  const status = unreached.length > 0 ? 'unavailable' : asked.problem && !none ? 'error' : asked.loading ? 'loading' : none || props.empty ? 'empty' : 'ready';
  const stale = asked.answer?.body.meta.stale === true;
  useEffect(settle, [status, showTable]);
  return (
    <section
      class={`widget ${props.kind}`}
      id={id}
      data-widget={id}
      data-state={status}
      data-stale={stale ? '' : undefined}
      data-partial={props.partial ? '' : undefined}
      aria-labelledby={`${id}-title`}
      aria-busy={status === 'loading'}
    >
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        {props.snapshot && dashboard.as_of_field !== undefined && <span class="badge" title={t.snapshotTitle}>{t.snapshot(format.day(release.asOf))}</span>}
        {stale && <span class="badge warn">{t.stale}</span>}
        {status !== 'unavailable' && status !== 'error' && props.aside}
      </header>
      <div class="widget-body">
        {status === 'unavailable' ? (
          <UnreachedNotice fields={unreached.map((name) => ({ name, label: label(fieldOf(dashboard, name) ?? { name }) }))} />
        ) : status === 'error' && asked.problem ? (
          <ProblemNotice problem={asked.problem} retry={asked.retry} />
        ) : status === 'empty' ? (
          <EmptyNotice hints={asked.answer?.body.meta.hints} />
        ) : !asked.answer ? (
          <Skeleton />
        ) : showTable ? (
          <DataTable caption={title} columns={table.columns} rows={table.rows} keys={table.keys} />
        ) : (
          props.children()
        )}
      </div>
      <footer>
        <Provenance {...props} />
        <Actions {...props} showTable={showTable} />
      </footer>
    </section>
  );
}

/** Which release the figures are of, how long the query took, and what answered it. */
function Provenance({ asked, unreached = [] }: WidgetProps) {
  const { t, release, format } = usePage();
  const meta = asked.answer?.body.meta;
  const problem = asked.problem;
  if (!meta || problem || unreached.length > 0) return <span class="provenance">{t.release(String(release.number))}</span>;
  return (
    <span class="provenance" title={meta.answered_by === undefined ? undefined : t.tookTitle(meta.answered_by)}>
      {[meta.release === undefined ? '' : t.release(String(meta.release)), meta.query_ms === 0 ? '' : t.took(format.milliseconds(meta.query_ms))].filter(Boolean).join(' · ')}
    </span>
  );
}

function Actions(props: WidgetProps & { showTable: boolean }) {
  const page = usePage();
  const { t, go, lang, client, release } = page;
  const { id, path, table, unreached = [] } = props;
  if (path === undefined || unreached.length > 0) return null;
  const files = props.files === undefined ? path : props.files;
  const file = (of: string, params: Params): string => client.href(pinned(of + (of.includes('?') ? '&' : '?') + params.map(([name, value]) => `${name}=${value}`).join('&'), release.number));
  return (
    <span class="actions">
      {table && (
        <button
          type="button"
          data-action="table"
          aria-pressed={props.showTable}
          title={props.showTable ? t.chartTitle : t.tableTitle}
          onClick={() => { go((s) => withOption(s, id, 'view', props.showTable ? '' : 'table'), { replace: true }); }}
        >
          {props.showTable ? t.chart : t.table}
        </button>
      )}
      {files !== null && (
        <>
          <a data-action="csv" title={t.csvTitle} download href={file(files, [['format', 'csv'], ['dialect', lang === 'fr' ? 'excel-fr' : 'excel']])}>CSV</a>
          <a data-action="xlsx" title={t.xlsxTitle} download href={file(files, [['format', 'xlsx']])}>Excel</a>
        </>
      )}
      {props.image && !props.showTable && <button type="button" data-action="png" title={t.pngTitle} onClick={() => { void download(props.image, id); }}>{t.png}</button>}
      <button type="button" data-action="link" title={t.linkTitle} onClick={() => { void copyLink(page, id); }}>{t.link}</button>
      <a data-action="api" title={t.apiTitle} target="_blank" rel="noreferrer" href={client.href(props.unpinned ? path : pinned(path, release.number))}>{t.api}</a>
    </span>
  );
}

/** Copies a link that shows the page's figures for good: it names their release. */
export async function copyLink(page: Page, widget?: string): Promise<void> {
  const { state, release, t, say } = page;
  const link = new URL(location.href);
  link.search = formatState({ ...state, release: release.number });
  link.hash = widget ?? '';
  try {
    await navigator.clipboard.writeText(link.href);
    say(t.copied);
  } catch {
    say(`${t.copyFailed} ${link.href}`);
  }
}

async function download(image: WidgetProps['image'], name: string): Promise<void> {
  const href = await image?.();
  if (href === undefined) return;
  const link = document.createElement('a');
  link.href = href;
  link.download = `${name}.png`;
  link.click();
}
