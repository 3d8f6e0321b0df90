import { Link } from '../components/link';
import { usePage } from '../state/context';
import { DashboardPage } from './dashboard-page';

/** The page that the path names. */
export function PageSwitch() {
  const { state } = usePage();
  const [section = ''] = state.page.split('/');
  if (section === '') return <DashboardPage />;
  return <NotFoundPage />;
}

function NotFoundPage() {
  const { state, t } = usePage();
  return (
    <main class="page" data-page="not-found" tabIndex={-1}>
      <h1>{t.notFound}</h1>
      <p><Link to={{ ...state, page: '' }}>{t.toDashboard}</Link></p>
    </main>
  );
}
