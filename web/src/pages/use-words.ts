import { pageWords, type PageWords } from '../i18n/pages';
import { usePage } from '../state/context';

/** The words of the pages beside the dashboard, in the reader's language. */
export function useWords(): PageWords {
  return pageWords[usePage().lang];
}
