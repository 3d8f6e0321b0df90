import { Clock } from '../state/clock';
import type { Meta } from './answer';
import { Problem } from './problem';

/** A body, and where it came from. */
export interface Answer<T> {
  body: T;
  url: string;
  release: number | undefined;
  /** hit, miss or stale: the server's cache. */
  cache: string | undefined;
}

const kept = 200;

/**
 * Client asks the API. Answers that name their release never change: they are kept, so that going back is instant;
 * the same question asked twice at a time is one request.
 */
export class Client {
  readonly #root: URL;
  readonly #answers = new Map<string, Answer<unknown>>();
  readonly #flights = new Map<string, Flight>();
  readonly #waiting = new Set<() => void>();
  /** What the times that are compared are told by. */
  clock = new Clock(undefined);

  constructor(root: URL) {
    this.#root = root;
  }

  /** Tells those who wait for the server that it answers again. */
  readonly reached = (): void => {
    for (const waiting of this.#waiting) waiting();
  };

  /** Calls back once the server is reached again; returns how to wait no longer. */
  onReached(call: () => void): () => void {
    this.#waiting.add(call);
    return () => {
      this.#waiting.delete(call);
    };
  }

  /** The full URL of a path below the API's root; absolute paths and URLs stand as they are. */
  href(path: string): string {
    return new URL(path, this.#root).href;
  }

  /** The kept answer, if there is one. */
  peek<T>(path: string): Answer<T> | undefined {
    return this.#answers.get(this.href(path)) as Answer<T> | undefined;
  }

  /**
   * Answers from what is kept, or asks. A request is cancelled once all who wait for it have gone.
   * It fails with a Problem, or with the signal's reason.
   */
  async get<T>(path: string, signal: AbortSignal): Promise<Answer<T>> {
    const url = this.href(path);
    const known = this.#answers.get(url);
    if (known) return known as Answer<T>;
    let flight = this.#flights.get(url);
    if (!flight) {
      flight = new Flight((abort) => this.#fetch(url, abort));
      this.#flights.set(url, flight);
      const done = (): void => {
        if (this.#flights.get(url) === flight) this.#flights.delete(url);
      };
      flight.answer.then(done, done);
      flight.abandoned = done;
    }
    return flight.join(signal) as Promise<Answer<T>>;
  }

  async #fetch(url: string, signal: AbortSignal): Promise<Answer<unknown>> {
    let response: Response;
    try {
      response = await fetch(url, { signal, headers: { Accept: 'application/json' } });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Problem(0, 'unreachable', '');
    }
    if (!response.ok) throw await Problem.of(response);
    const body = (await response.json()) as { meta?: Meta };
    const compared = body.meta?.compared;
    if (body.meta && compared) body.meta.compared = { current: this.clock.span(compared.current), previous: this.clock.span(compared.previous) };
    const release = /\/(\d+)$/.exec(response.headers.get('Goldserve-Release') ?? '')?.[1];
    const cache = /cache;desc=(\w+)/.exec(response.headers.get('Server-Timing') ?? '')?.[1];
    const answer: Answer<unknown> = { body, url, release: release === undefined ? undefined : Number(release), cache };
    if (response.headers.get('Cache-Control')?.includes('immutable') && cache !== 'stale') this.#keep(url, answer);
    return answer;
  }

  #keep(url: string, answer: Answer<unknown>): void {
    this.#answers.set(url, answer);
    const oldest = this.#answers.keys().next();
    if (this.#answers.size > kept && !oldest.done) this.#answers.delete(oldest.value);
  }
}

/** Flight is one request that several may wait for. */
class Flight {
  readonly answer: Promise<Answer<unknown>>;
  abandoned: () => void = () => undefined;
  readonly #abort = new AbortController();
  #waiting = 0;

  constructor(fetch: (signal: AbortSignal) => Promise<Answer<unknown>>) {
    this.answer = fetch(this.#abort.signal);
  }

  join(signal: AbortSignal): Promise<Answer<unknown>> {
    this.#waiting++;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
        if (--this.#waiting === 0) {
          this.#abort.abort();
          this.abandoned();
        }
      });
      this.answer.then(resolve, reject);
    });
  }
}
