import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Client } from '../api/client';
import type { Dashboard, Doc, Lang, Texts } from '../api/dashboard';
import type { Formatter } from '../format/formatter';
import type { Dictionary } from '../i18n/dictionary';
import type { PageState } from './page-state';

/** What every part of the page knows. */
export interface Page {
  client: Client;
  dashboard: Dashboard;
  /** The release that all of the page is of. */
  release: { number: number; asOf: string; publishedAt: string };
  state: PageState;
  /** Changes the state and its URL; `replace` makes no step of the history. */
  go: (change: (state: PageState) => PageState, options?: { replace?: boolean }) => void;
  /** The address of a state, for links. */
  href: (state: PageState) => string;
  lang: Lang;
  t: Dictionary;
  format: Formatter;
  /** The model's own label of something, else its name. */
  label: (doc: Doc & { name: string }) => string;
  /** A text of the model in the reader's language. */
  pick: (texts: Texts | undefined) => string;
  theme: 'light' | 'dark';
  /** Says something quietly, at the foot of the page and to screen readers. */
  say: (message: string) => void;
}

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error('usePage is for parts of a page');
  return page;
}
