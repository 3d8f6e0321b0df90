import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Answer, Client } from '../api/client';
import { Problem } from '../api/problem';

/** The state of one question. While a new one is under way, `answer` is still that of the one before. */
export interface Asked<T> {
  answer: Answer<T> | undefined;
  problem: Problem | undefined;
  loading: boolean;
  retry: () => void;
}

interface Settled<T> {
  path: string;
  answer?: Answer<T>;
  problem?: Problem;
}

/**
 * Asks the API, and again whenever the path changes; what is no longer wanted is cancelled. Without a path it asks
 * nothing.
 */
export function useAnswer<T>(client: Client, path: string | undefined): Asked<T> {
  const [settled, setSettled] = useState<Settled<T>>();
  const [attempt, setAttempt] = useState(0);
  const last = useRef<Answer<T> | undefined>(undefined);
  useEffect(() => {
    if (path === undefined) return undefined;
    const abort = new AbortController();
    client.get<T>(path, abort.signal).then(
      (answer) => {
        if (!abort.signal.aborted) setSettled({ path, answer });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setSettled({ path, problem: error instanceof Problem ? error : new Problem(0, 'failed', String(error)) });
      },
    );
    return () => {
      abort.abort();
    };
  }, [client, path, attempt]);
  const retry = useCallback((): void => {
    setSettled(undefined);
    setAttempt((n) => n + 1);
  }, []);
  const unreached = settled?.problem?.status === 0;
  useEffect(() => (unreached ? client.onReached(retry) : undefined), [client, unreached, retry]);
  if (path === undefined) return { answer: undefined, problem: undefined, loading: false, retry };
  const known = client.peek<T>(path) ?? (settled?.path === path ? settled.answer : undefined);
  if (known) last.current = known;
  const problem = known || settled?.path !== path ? undefined : settled.problem;
  return { answer: known ?? last.current, problem, loading: !known && !problem, retry };
}

/** The path with the page's release, so that the answer never changes. */
export function pinned(path: string, release: number): string {
  return `${path}${path.includes('?') ? '&' : '?'}release=${release}`;
}
