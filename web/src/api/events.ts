import type { components } from './schema';

/** What /events tells of a release that became current. */
export type ReleaseEvent = components['schemas']['ReleaseEvent'];

/**
 * Listens for releases after the one that the page knows; returns how to stop. The browser comes back by itself after
 * a cut; what was missed is told once. `onOpen` is called whenever the server is reached.
 *
 * A page that isn't seen doesn't listen: browsers have six connections to a server of HTTP/1.1, for all of its pages.
 */
export function listen(href: string, on: (event: ReleaseEvent) => void, onOpen: () => void): () => void {
  let source: EventSource | undefined;
  const close = (): void => {
    source?.close();
    source = undefined;
  };
  const follow = (): void => {
    if (document.visibilityState === 'hidden') {
      close();
    } else if (!source) {
      source = new EventSource(href);
      source.addEventListener('open', onOpen);
      source.addEventListener('release', (event: MessageEvent<string>) => {
        on(JSON.parse(event.data) as ReleaseEvent);
      });
    }
  };
  document.addEventListener('visibilitychange', follow);
  follow();
  return () => {
    document.removeEventListener('visibilitychange', follow);
    close();
  };
}
