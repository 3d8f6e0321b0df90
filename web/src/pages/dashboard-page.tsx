import { useEffect, useRef, useState } from 'preact/hooks';
import type { Layout } from '../api/dashboard';
import { Boundary } from '../components/boundary';
import { FilterBar } from '../components/filter-bar';
import { pick } from '../i18n/language';
import { usePage } from '../state/context';
import { WidgetSwitch } from '../widgets/widget-switch';

/** Rows that are seen at once; those below ask after them. */
const atOnce = 3;

/** The one screen: the layout's rows of widgets under the filters. */
export function DashboardPage() {
  const { dashboard, lang } = usePage();
  useEffect(() => {
    // A link to one widget: the fragment can't do it alone, as widgets come after the page.
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView({ block: 'center' });
  }, []);
  return (
    <>
      <Boundary id="filters"><FilterBar /></Boundary>
      <main class="page dashboard" data-page="dashboard" tabIndex={-1}>
        <h1 class="unseen">{pick(dashboard.model.title, lang)}</h1>
        {dashboard.layout.rows.map((row, i) => (i < atOnce ? <Row key={i} row={row} /> : <LaterRow key={i} row={row} />))}
      </main>
    </>
  );
}

type LayoutRow = Layout['rows'][number];

function Row({ row }: { row: LayoutRow }) {
  return (
    <div class="row" style={{ '--height': `${row.height}px` }}>
      {row.widgets.map((widget) => (
        <div class="cell" key={widget.id} style={{ '--span': widget.span }}>
          <Boundary id={widget.id}><WidgetSwitch widget={widget} /></Boundary>
        </div>
      ))}
    </div>
  );
}

/** A row that asks once it is near the screen, once the browser has nothing else to do, or to be printed. */
function LaterRow({ row }: { row: LayoutRow }) {
  const [due, setDue] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (due || !place.current) return undefined;
    const show = (): void => {
      setDue(true);
    };
    const observer = new IntersectionObserver(([entry]) => { if (entry?.isIntersecting) show(); }, { rootMargin: '300px' });
    observer.observe(place.current);
    addEventListener('beforeprint', show);
    const timer = setTimeout(show, 2500);
    return () => {
      observer.disconnect();
      removeEventListener('beforeprint', show);
      clearTimeout(timer);
    };
  }, [due]);
  if (due) return <Row row={row} />;
  return (
    <div class="row" ref={place} style={{ '--height': `${row.height}px` }}>
      {row.widgets.map((widget) => (
        <div class="cell" key={widget.id} id={widget.id} style={{ '--span': widget.span }} />
      ))}
    </div>
  );
}
