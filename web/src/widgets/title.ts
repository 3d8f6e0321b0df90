import type { Texts } from '../api/dashboard';
import { usePage } from '../state/context';
import { datasetOf, fieldOf, metricOf } from '../state/reach';

interface Titled {
  title?: Texts;
  dataset: string;
  metric?: string;
  group?: string;
}

/** The title that the layout gives a widget; without one, what it shows. */
export function useTitle({ title, dataset, metric, group }: Titled): string {
  const { dashboard, label, pick, t } = usePage();
  const given = pick(title);
  if (given !== '') return given;
  const what = metric === undefined ? datasetOf(dashboard, dataset) : metricOf(dashboard, metric);
  const by = group === undefined ? undefined : fieldOf(dashboard, group);
  const name = what ? label(what) : dataset;
  return by ? t.of(name, label(by)) : name;
}
