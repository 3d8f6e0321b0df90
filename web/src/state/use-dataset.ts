import type { Rows } from '../api/answer';
import type { Dataset } from '../api/dashboard';
import { apiPath, type Params } from '../api/url';
import { usePage, type Page } from './context';
import { ask, datasetOf, type Question, type QuestionOptions } from './reach';
import { pinned, useAnswer, type Asked } from './use-answer';

export interface DatasetQuestion extends Question {
  dataset: Dataset | undefined;
  asked: Asked<Rows>;
  /** What was asked, without its release; undefined where a filter does not reach it. */
  path: string | undefined;
}

interface Extra extends QuestionOptions {
  /** The release's dataset is asked at this URL below its own: `aggregate`, or its rows. */
  aggregate: boolean;
  params: Params;
  /** Nothing is asked. */
  off?: boolean;
}

/** Whether a question that a dataset takes needs its rows computed anew from its origin, which an aggregate can't be of. */
export function computed(page: Page, name: string, without: string): boolean {
  const { dashboard, state, release } = page;
  const dataset = datasetOf(dashboard, name);
  if (!dataset) return false;
  const wide = ask(dashboard, dataset, state, release.asOf, { without });
  return wide.unreached.length === 0 && ask(dashboard, dataset, state, release.asOf, { without, rows: true }).unreached.length > 0;
}

/** Asks a dataset for rows or an aggregate, under the page's filters and on its release. */
export function useDataset(name: string, extra: Extra): DatasetQuestion {
  const { client, dashboard, state, release } = usePage();
  const dataset = datasetOf(dashboard, name);
  const question: Question = dataset ? ask(dashboard, dataset, state, release.asOf, { rows: extra.aggregate, ...extra }) : { params: [], unreached: [], span: undefined, snapshot: false };
  const below = extra.aggregate ? `datasets/${name}/aggregate` : (dataset?.endpoint?.slice(1) ?? `datasets/${name}/rows`);
  const path = question.unreached.length > 0 || extra.off || dataset?.rows === 0 ? undefined : apiPath(below, [...extra.params, ...question.params]);
  const asked = useAnswer<Rows>(client, path === undefined ? undefined : pinned(path, release.number));
  return { ...question, dataset, asked, path };
}
