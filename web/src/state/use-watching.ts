import { useEffect, useState } from 'preact/hooks';
import type { Client } from '../api/client';
import type { components } from '../api/schema';

type Readiness = components['schemas']['Readiness'];
export type Watching = NonNullable<Readiness['watching']>;

/** So often the server is asked again, in milliseconds, while it follows a lake. */
const pause = 60_000;

/**
 * How the server's following of a lake goes; undefined: it follows none, or was not asked yet. It is asked once there is
 * a reason, and again when that is another one.
 */
export function useWatching(client: Client, reason: string | undefined): Watching | undefined {
  const [watching, setWatching] = useState<Watching>();
  useEffect(() => {
    if (reason === undefined) return undefined;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      const known = await fetch(readyURL(client), { signal: abort.signal })
        .then(async (response) => ((await response.json()) as Readiness).watching) // with 503 too
        .catch(() => undefined); // a server that is away: the page says so elsewhere
      if (abort.signal.aborted) return;
      setWatching(known);
      if (known) timer = setTimeout(next, pause);
    };
    const next = (): void => {
      if (document.visibilityState === 'visible') void ask();
      else document.addEventListener('visibilitychange', next, { once: true, signal: abort.signal });
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [client, reason]);
  return watching;
}

/** The server's own, above the models. */
function readyURL(client: Client): string {
  return client.href(/\/m\/[^/]+\/$/.test(client.href('')) ? '../../readyz' : 'readyz');
}
