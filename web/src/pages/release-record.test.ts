import { describe, expect, it } from 'vitest';
import { badgesOf, changeOf, datasetChanges, docIn, figureChange, type ReleaseItem, type ReleaseRecord } from './release-record';

type Part = ReleaseRecord['datasets'][number];
const dataset = (of: Pick<Part, 'name' | 'rows' | 'previous_rows'>): Part => ({ version: '', digest: '', ...of });

describe('what changed in a release', () => {
  it('names datasets that changed or came before those that are the same', () => {
    const record: ReleaseRecord = {
      release: 2, as_of: '', published_at: '', current: true, withdrawn: false, pruned: false, rows: 10, figures: {}, quality: [],
      checks: { checks: 0, passed: 0, warnings: 0 },
      changed: ['grown', 'fresh'],
      datasets: [dataset({ name: 'same', rows: 5, previous_rows: 5 }), dataset({ name: 'grown', rows: 3, previous_rows: 1 }), dataset({ name: 'fresh', rows: 2 })],
    };
    expect(datasetChanges(record)).toEqual([
      { name: 'grown', before: 1, after: 3, fate: 'different', units: [] },
      { name: 'fresh', before: null, after: 2, fate: 'added', units: [] },
      { name: 'same', before: 5, after: 5, fate: 'same', units: [] },
    ]);
  });
  it('is none of figures in different units, each of which stands in its own', () => {
    const item = (unit: string, ca: number): ReleaseItem => ({ release: 1, as_of: '', published_at: '', current: false, withdrawn: false, pruned: false, rows: 1, checks: { checks: 0, passed: 0, warnings: 0 }, figures: { ca }, units: { ca: unit } });
    expect([figureChange(item('EUR', 110), item('EUR', 100), 'ca'), figureChange(item('GBP', 110), item('EUR', 100), 'ca')]).toEqual([0.1, null]);
    const metric = { name: 'ca', format: 'money' as const, unit: 'USD' };
    expect([docIn(item('EUR', 1), metric).unit, docIn({ ...item('EUR', 1), units: {} }, metric).unit]).toEqual(['EUR', '']);
  });

  it('is relative to the size of what was there', () => {
    expect([changeOf(100, 110), changeOf(-100, -90), changeOf(0, 5), changeOf(null, 5), changeOf(5, undefined)]).toEqual([0.1, 0.1, null, null, null]);
  });
});

describe('what a release is called', () => {
  const item: ReleaseItem = { release: 3, as_of: '', published_at: '', current: false, withdrawn: false, pruned: false, rows: 1, checks: { checks: 0, passed: 0, warnings: 0 }, figures: {} };
  const ids = (of: Partial<ReleaseItem>, shown = 9): string[] => badgesOf({ ...item, ...of }, shown).map(({ id }) => id);

  it('says whether its files were those of a manifest, where its record knows', () => {
    expect([ids({ integrity: 'verified' }), ids({ integrity: 'unverified' }), ids({})]).toEqual([['verified'], ['unverified'], []]);
  });

  it('says what it is to the reader', () => {
    expect([ids({ current: true }, 3), ids({}, 3), ids({ withdrawn: true, pruned: true })]).toEqual([['current'], ['shown'], ['withdrawn', 'pruned']]);
  });
});
