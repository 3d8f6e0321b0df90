import { describe, expect, it } from 'vitest';
import { draw, partsOfName, type LineageTable } from './lineage';

// How the shipped model's scores are made.
const scores: LineageTable[] = [
  { name: 'bronze.achats' },
  { name: 'bronze.clients' },
  { name: 'silver.clients', reads: ['bronze.clients'] },
  { name: 'silver.achats', reads: ['bronze.achats', 'silver.clients'] },
  { name: 'gold.fact_achats', reads: ['silver.achats', 'silver.clients'] },
  { name: 'gold.client_scores', reads: ['gold.fact_achats', 'silver.clients'] },
];

const levels = (tables: LineageTable[]): Record<string, number> => Object.fromEntries([...draw(tables).places].map(([name, { level }]) => [name, level]));

describe('the drawing of a lineage', () => {
  it('has each table after all that it reads', () => {
    expect(levels(scores)).toEqual({ 'bronze.achats': 0, 'bronze.clients': 0, 'silver.clients': 1, 'silver.achats': 2, 'gold.fact_achats': 3, 'gold.client_scores': 4 });
  });
  it('has a line for each table read, through every level between, and no table or lane on another', () => {
    const { lines, places, slots } = draw(scores);
    expect(lines.map(({ from, to }) => `${from} ${to}`)).toEqual(scores.flatMap(({ name, reads = [] }) => reads.map((from) => `${from} ${name}`)));
    for (const line of lines) {
      const first = places.get(line.from)?.level ?? NaN;
      expect(line.places.map(({ level }) => level)).toEqual(line.places.map((_, i) => first + i));
      expect(line.places.at(-1)).toEqual(places.get(line.to));
    }
    const spots = (of: { level: number; slot: number }[]): string[] => of.map(({ level, slot }) => `${level} ${slot}`);
    const lanes = new Set(spots(lines.flatMap((line) => line.places.slice(1, -1))));
    const tables = spots([...places.values()]);
    expect(new Set(tables).size).toBe(tables.length);
    expect(tables.filter((spot) => lanes.has(spot))).toEqual([]);
    expect(slots).toBe(2);
  });
  it('crosses no lines where none have to', () => {
    // As listed, bronze.a stands above bronze.b, and those that read them the other way round.
    const { places } = draw([{ name: 'a' }, { name: 'b' }, { name: 'of_b', reads: ['b'] }, { name: 'of_a', reads: ['a'] }, { name: 'last', reads: ['of_b', 'of_a'] }]);
    const above = (one: string, other: string): boolean => (places.get(one)?.slot ?? NaN) < (places.get(other)?.slot ?? NaN);
    expect(above('a', 'b')).toBe(above('of_a', 'of_b'));
  });
  it('leaves out tables that are not there, and draws nothing of nothing', () => {
    expect(draw([{ name: 'x', reads: ['gone', 'x'] }])).toEqual({ levels: 1, slots: 1, places: new Map([['x', { level: 0, slot: 0 }]]), lines: [] });
    expect(draw([]).lines).toEqual([]);
  });
  it('splits names', () => {
    expect([partsOfName('gold.ca_monthly'), partsOfName('churn')]).toEqual([['gold', 'ca_monthly'], ['', 'churn']]);
  });
});
