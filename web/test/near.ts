import { expect } from 'vitest';

/** Compares figures with those that another program computed, at the precision that the stores promise. */
export function near(got: Record<string, number | null>, want: Record<string, number | null>): void {
  expect(Object.keys(want).length).toBeGreaterThan(0);
  for (const [name, value] of Object.entries(want)) {
    const shown = got[name];
    if (value === null) expect(shown, name).toBeNull();
    else expect(Math.abs((shown ?? NaN) - value), `${name}: ${shown}, want ${value}`).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
  }
}

const cards = ['total_ca', 'total_achats', 'total_clients', 'panier_moyen', 'expected_total', 'value_at_risk_total'];

/** The figures of the cards among those of /kpis. */
export function ofCards(figures: Record<string, number | null> | undefined): Record<string, number | null> {
  return Object.fromEntries(cards.map((name) => [name, figures?.[name] ?? null]));
}

/** Rows as a map from one of their fields to another. */
export function by(rows: Record<string, unknown>[] | undefined, key: string, value: string): Record<string, number> {
  return Object.fromEntries((rows ?? []).map((row) => [String(row[key]), Number(row[value])]));
}

/** The n largest values. */
export function largest(values: Record<string, number>, n: number): Record<string, number> {
  return Object.fromEntries(Object.entries(values).sort(([, a], [, b]) => b - a).slice(0, n));
}
