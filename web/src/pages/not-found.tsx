import { Link } from '../components/link';
import { usePage } from '../state/context';

/** What a path leads to where it leads nowhere. */
export function NotFound() {
  const { state, t } = usePage();
  return (
    <>
      <h1>{t.notFound}</h1>
      <p><Link to={{ ...state, page: '' }}>{t.toDashboard}</Link></p>
    </>
  );
}
