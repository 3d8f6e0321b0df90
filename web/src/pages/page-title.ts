import type { Dashboard, Lang } from '../api/dashboard';
import type { Dictionary } from '../i18n/dictionary';
import { pick } from '../i18n/language';

/** The document's title on a page: what it shows, of which model. */
export function pageTitle(dashboard: Dashboard, page: string, lang: Lang, t: Dictionary): string {
  const [section = '', item] = page.split('/');
  const table = dashboard.layout.tables.find(({ id }) => id === section);
  const fixed: Record<string, string> = { datasets: t.datasets, releases: t.releases, benchmark: t.benchmark };
  const name = table ? pick(table.title, lang) : fixed[section];
  const model = pick(dashboard.model.title, lang) ?? dashboard.model.name;
  return [item === undefined ? undefined : decode(item), name, model, 'goldserve'].filter((part) => part !== undefined && part !== '').join(' · ');
}

/** A segment of a path in clear; as it stands where it is no valid one. */
export function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
