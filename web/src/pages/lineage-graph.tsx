import { usePage } from '../state/context';
import { Link } from '../components/link';
import { draw, partsOfName, type Drawing, type Lineage, type LineageTable, type Line } from './lineage';
import { Scroll } from './scroll';
import { ShortId } from './short-id';
import { useWords } from './use-words';

/** What made a dataset: its tables as a graph that is a list too, and how each was made. */
export function LineageView({ of, dataset }: { of: Lineage; dataset: string }) {
  const words = useWords();
  const parameters = Object.entries(of.parameters);
  return (
    <>
      <dl class="figures">
        <div><dt>{words.build}</dt><dd data-metric="build" data-value={of.build}><ShortId of={of.build} /></dd></div>
        <div><dt>{words.engine}</dt><dd data-metric="engine">{of.engine}</dd></div>
        {parameters.map(([name, value]) => <div key={name}><dt>{name}</dt><dd data-metric={name} data-value={value}>{value}</dd></div>)}
      </dl>
      <Graph tables={of.tables} dataset={dataset} />
      <Tables tables={of.tables} dataset={dataset} />
    </>
  );
}

// What the styles' sizes are, for the lines: a table, and the way from one to the next, by level and by slot.
const across = { width: 168, height: 46, level: 204, slot: 60 };
const down = { width: 150, height: 46, level: 74, slot: 160 };

function Graph({ tables, dataset }: { tables: LineageTable[]; dataset: string }) {
  const words = useWords();
  const drawing = draw(tables);
  return (
    <Scroll name={words.lineage}>
      <div class="lineage" style={{ '--levels': drawing.levels, '--slots': drawing.slots }}>
        <Lines of={drawing} path={pathAcross} class="across" />
        <Lines of={drawing} path={pathDown} class="down" />
        <ol aria-label={words.lineage}>
          {tables.map((table) => {
            const place = drawing.places.get(table.name);
            return (
              <li key={table.name} data-node={table.name} class={partsOfName(table.name)[0] || 'derived'} aria-current={table.dataset === dataset ? 'page' : undefined} title={table.name} style={{ '--level': place?.level, '--slot': place?.slot }}>
                <span class="node-name"><Name of={table} short shown={dataset} /></span>
                <span class="muted"><Extent of={table} /></span>
                {(table.reads ?? []).length > 0 && <span class="unseen">{words.reads} {(table.reads ?? []).join(', ')}</span>}
              </li>
            );
          })}
        </ol>
      </div>
    </Scroll>
  );
}

function Lines({ of, path, class: className }: { of: Drawing; path: (line: Line) => string; class: string }) {
  return (
    <svg class={className} aria-hidden="true">
      {of.lines.map((line) => <path key={`${line.from} ${line.to}`} data-line={`${line.from} ${line.to}`} d={path(line)} />)}
    </svg>
  );
}

/** From the right edge of each place to the left edge of the next; a lane is a straight line. */
function pathAcross(line: Line): string {
  const { width, height, level, slot } = across;
  return curves(line, (place) => ({ x: place.level * level, y: place.slot * slot + height / 2 }), (from, to) => {
    const middle = (from.x + width + to.x) / 2;
    return [`M${from.x + width} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`, `H${to.x + width}`];
  });
}

/** From the lower edge of each place to the upper edge of the next. */
function pathDown(line: Line): string {
  const { width, height, level, slot } = down;
  return curves(line, (place) => ({ x: place.slot * slot + width / 2, y: place.level * level }), (from, to) => {
    const middle = (from.y + height + to.y) / 2;
    return [`M${from.x} ${from.y + height}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`, `V${to.y + height}`];
  });
}

interface Point {
  x: number;
  y: number;
}

function curves({ places }: Line, at: (place: Line['places'][number]) => Point, curve: (from: Point, to: Point) => [curve: string, lane: string]): string {
  return places.slice(1).map((place, i) => {
    const [step, lane] = curve(at(places[i] ?? place), at(place));
    return i < places.length - 2 ? step + lane : step;
  }).join('');
}

interface NameProps {
  of: LineageTable;
  /** Without its stage. */
  short?: boolean;
  /** The dataset whose page it is. */
  shown: string;
}

/** The name of a table; that of another dataset leads to its page. */
function Name({ of: { name, dataset }, short, shown }: NameProps) {
  const { state } = usePage();
  const text = short ? partsOfName(name)[1] : name;
  return dataset === undefined || dataset === shown ? <>{text}</> : <Link to={{ ...state, page: `datasets/${dataset}` }}>{text}</Link>;
}

/** How much a table holds: rows, or the files of a source. */
function Extent({ of }: { of: LineageTable }) {
  const { t, format } = usePage();
  const words = useWords();
  const parts = [
    of.derived ? words.derived : partsOfName(of.name)[0],
    of.files === undefined ? '' : words.files(of.files, format.integer(of.files)),
    of.rows === undefined ? '' : t.rowsOf(format.integer(of.rows)),
  ];
  return <>{parts.filter(Boolean).join(' · ')}</>;
}

function Tables({ tables, dataset }: { tables: LineageTable[]; dataset: string }) {
  const { format } = usePage();
  const words = useWords();
  const made = tables.some(({ sql }) => sql !== undefined);
  const set = tables.some(({ parameters = [] }) => parameters.length > 0);
  return (
    <Scroll name={words.lineageSteps}>
      <table class="data wrap">
        <caption class="unseen">{words.lineageSteps}</caption>
        <thead>
          <tr>
            <th scope="col">{words.table}</th>
            {made && <th scope="col">SQL</th>}
            <th scope="col">{words.reads}</th>
            {set && <th scope="col">{words.parameters}</th>}
            <th scope="col" class="number">{words.rows}</th>
            <th scope="col" class="number">{words.rejected}</th>
            <th scope="col">{words.id}</th>
          </tr>
        </thead>
        <tbody>
          {tables.map((table) => (
            <tr key={table.name} data-key={table.name}>
              <th scope="row"><Name of={table} shown={dataset} /></th>
              {made && <td class="text">{table.sql !== undefined && <><code>{table.sql}</code> {table.sql_sha256 !== undefined && <span class="muted"><ShortId of={table.sql_sha256} /></span>}</>}</td>}
              <td class="text">{table.reads?.join(', ') ?? <Files of={table} />}</td>
              {set && <td class="text">{table.parameters?.join(', ')}</td>}
              <td class="number" data-metric="rows" data-value={table.rows ?? ''}>{table.rows === undefined ? '—' : format.integer(table.rows)}</td>
              <td class="number" data-metric="rejected" data-value={table.rejected ?? ''}>{table.rejected === undefined ? '—' : format.integer(table.rejected)}</td>
              <td>{table.id !== undefined && <ShortId of={table.id} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** The files of a source, on request. */
function Files({ of: { files, bytes, listed = [] } }: { of: LineageTable }) {
  const { format } = usePage();
  const words = useWords();
  if (files === undefined) return null;
  const extent = [words.files(files, format.integer(files)), bytes === undefined ? '' : format.bytes(bytes)].filter(Boolean).join(' · ');
  if (listed.length === 0) return <>{extent}</>;
  return (
    <details>
      <summary>{extent}</summary>
      <ul class="plain-list">
        {listed.map((file) => <li key={file.path}><code>{file.path}</code> <span class="muted">{format.bytes(file.bytes)} <ShortId of={file.sha256} /></span></li>)}
        {files > listed.length && <li class="muted">{words.moreFiles(format.integer(files - listed.length))}</li>}
      </ul>
    </details>
  );
}
