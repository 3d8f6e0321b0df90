import type { Span } from '../api/answer';

/**
 * Clock tells instants of the API by the model's time zone: 2025-06-06T07:53:00Z is 2025-06-06T03:53:00 in New York, without
 * a zone. The page counts days and months by the beginnings of such texts, and the API takes them back as they are.
 */
export class Clock {
  readonly #format: Intl.DateTimeFormat | undefined;

  constructor(zone: string | undefined) {
    if (zone === undefined || zone === 'UTC') return;
    try {
      this.#format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    } catch {
      // A browser that doesn't know the zone tells UTC.
    }
  }

  /** The local time of an instant; days and local times stay as they are, and all do in UTC. */
  local(instant: string): string {
    return this.#format && instant.endsWith('Z') ? this.#format.format(new Date(instant)).replace(' ', 'T') : instant;
  }

  span({ from, to }: Span): Span {
    return { from: this.local(from), to: this.local(to) };
  }
}
