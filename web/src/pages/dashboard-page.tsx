import { useEffect } from 'preact/hooks';
import { FilterBar } from '../components/filter-bar';
import { pick } from '../i18n/language';
import { usePage } from '../state/context';
import { WidgetSwitch } from '../widgets/widget-switch';

/** The one screen: the layout's rows of widgets under the filters. */
export function DashboardPage() {
  const { dashboard, lang } = usePage();
  useEffect(() => {
    // A link to one widget: the fragment can't do it alone, as the widgets come after the page.
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView({ block: 'center' });
  }, []);
  return (
    <>
      <FilterBar />
      <main class="page dashboard" data-page="dashboard" tabIndex={-1}>
        <h1 class="unseen">{pick(dashboard.model.title, lang)}</h1>
        {dashboard.layout.rows.map((row, i) => (
          <div class="row" key={i} style={{ '--height': `${row.height}px` }}>
            {row.widgets.map((widget) => (
              <div class="cell" key={widget.id} style={{ '--span': widget.span }}>
                <WidgetSwitch widget={widget} />
              </div>
            ))}
          </div>
        ))}
      </main>
    </>
  );
}
