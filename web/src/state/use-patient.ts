import { useEffect, useRef } from 'preact/hooks';
import { usePage } from './context';
import type { Asked } from './use-answer';

/** A server that is still busy after so many questions has a problem. */
const mostRefusals = 20;

/**
 * Waits for an answer that takes long: a server that has no room for the question is asked again when it says so.
 * `note` says why there is no answer yet; empty: there is one.
 */
export function usePatient<T>(asked: Asked<T>): { asked: Asked<T>; note: string } {
  const { t } = usePage();
  const { problem, retry } = asked;
  const refused = useRef(0);
  const after = problem && (problem.status === 429 || problem.status === 503) && refused.current < mostRefusals ? problem.retryAfter : undefined;
  useEffect(() => {
    if (after === undefined) return undefined;
    const timer = setTimeout(() => {
      refused.current++;
      retry();
    }, after * 1000);
    return () => {
      clearTimeout(timer);
    };
  }, [after, problem, retry]);
  const busy = after !== undefined;
  return {
    asked: busy ? { ...asked, problem: undefined, loading: true } : asked,
    note: busy ? t.busy : asked.loading ? t.comparing : '',
  };
}
