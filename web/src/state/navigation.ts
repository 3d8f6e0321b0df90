import { useCallback, useEffect, useState } from 'preact/hooks';
import { formatState, parseState, type PageState } from './page-state';

// The URL is the state: it is read from there when the page opens and on back and forward, and written on each change.

/** Where the pages are: below the base, the dashboard at the base without its slash, or at the root above it for those who came in by there. */
export interface Place {
  base: string;
  home: string;
}

export function placeOf(baseURI: string, pathname: string): Place {
  const base = new URL(baseURI).pathname;
  return { base, home: pathname.startsWith(base) ? base.replace(/\/$/, '') : pathname };
}

/** The page that a path names: what stands below the base. */
export function pageOf(place: Place, pathname: string): string {
  return pathname.startsWith(place.base) ? pathname.slice(place.base.length).replace(/\/$/, '') : '';
}

export function hrefOf(place: Place, state: PageState): string {
  return (state.page === '' ? place.home : place.base + state.page) + formatState(state);
}

export interface Navigation {
  state: PageState;
  go: (change: (state: PageState) => PageState, options?: { replace?: boolean }) => void;
  href: (state: PageState) => string;
}

export function useNavigation(): Navigation {
  const [place] = useState(() => placeOf(document.baseURI, location.pathname));
  const read = useCallback(() => parseState(pageOf(place, location.pathname), location.search), [place]);
  const [state, setState] = useState(read);
  useEffect(() => {
    const onPop = (): void => {
      setState(read());
    };
    addEventListener('popstate', onPop);
    return () => {
      removeEventListener('popstate', onPop);
    };
  }, [read]);
  const href = useCallback((to: PageState) => hrefOf(place, to), [place]);
  const go = useCallback<Navigation['go']>(
    (change, options) => {
      const from = read();
      const to = change(from);
      const address = hrefOf(place, to);
      if (address === hrefOf(place, from)) return;
      if (options?.replace) history.replaceState(null, '', address);
      else history.pushState(null, '', address);
      setState(to);
      if (to.page !== from.page) scrollTo(0, 0);
    },
    [place, read],
  );
  return { state, go, href };
}
