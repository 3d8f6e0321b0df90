import { describe, expect, it } from 'vitest';
import type { Rows } from '../api/answer';
import type { Field } from '../api/dashboard';
import { binEdges, canProfile, extentOf, extentPath, profileOf, profilePath } from './profile';

const field = (name: string, type: Field['type'], more: Partial<Field> = {}): Field => ({ name, type, nullable: false, filters: ['eq'], sortable: true, ...more });
const meta = { release: 1, as_of: '', published_at: '', query_ms: 1, total_ms: 1 };

describe('the bins of a field', () => {
  it('are of equal, round width', () => {
    expect(binEdges(field('x', 'double'), { low: 0.03, high: 0.97, median: 0.5 })).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
    expect(binEdges(field('x', 'int'), { low: -3, high: 373, median: 200 })).toEqual([-50, 0, 50, 100, 150, 200, 250, 300, 350]);
  });
  it('grow where a few values are far larger than most', () => {
    expect(binEdges(field('x', 'double'), { low: 0.06, high: 8142.75, median: 11.8 })).toEqual([0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]);
  });
  it('grow where most values are 0', () => {
    const edges = binEdges(field('x', 'double'), { low: 0, high: 1000, median: 0 }) ?? [];
    expect(edges[0]).toBe(0);
    expect(edges.length).toBeLessThan(40);
  });
  it('are not needed for a few whole numbers, one value or none', () => {
    expect(binEdges(field('x', 'int'), { low: 2010, high: 2011, median: 2011 })).toBeUndefined();
    expect(binEdges(field('x', 'double'), { low: 5, high: 5, median: 5 })).toBeUndefined();
    expect(binEdges(field('x', 'double'), { low: null, high: null, median: null })).toBeUndefined();
    expect(binEdges(field('x', 'text'), { low: null, high: null, median: null })).toBeUndefined();
  });
});

describe('the requests of a profile', () => {
  const many = Array.from({ length: 23 }, (_, i) => field(`f${i}`, 'double'));
  it('ask for the extents of ten fields at a time, within the API’s 32 measures', () => {
    const path = extentPath('d', many, [], 'f12') ?? '';
    expect(path.match(/:/g)).toHaveLength(30);
    expect(path).toContain('low0:min(f10),high0:max(f10),median0:median(f10)');
    expect(extentPath('d', many, [], 'f19')).toBe(path);
    expect(extentOf({ low2: 1, high2: 9, median2: 4 }, many, 'f12')).toEqual({ low: 1, high: 9, median: 4 });
  });
  it('ask nothing of texts and masked fields about where they lie', () => {
    expect(extentPath('d', [field('t', 'text')], [], 't')).toBeUndefined();
    expect(canProfile(field('m', 'text', { mask: 'hmac' }))).toBe(false);
    expect(canProfile(field('m', 'text', { filters: [] }))).toBe(true);
  });
  it('spread figures over bins, times over days, months or years, and list the most frequent texts', () => {
    expect(profilePath('d', field('x', 'double'), { low: 0, high: 10, median: 5 })).toContain('group_by=part:x.bins(0,1,2,3,4,5,6,7,8,9,10)');
    expect(profilePath('d', field('t', 'time'), { low: '2010-12-01T08:26:00Z', high: '2011-12-09T12:50:00Z', median: null })).toContain('group_by=part:t.month&');
    expect(profilePath('d', field('t', 'date'), { low: '2011-12-01', high: '2011-12-09', median: null })).toContain('group_by=part:t.day&');
    expect(profilePath('d', field('t', 'date'), { low: '1999-12-01', high: '2011-12-09', median: null })).toContain('group_by=part:t.year&');
    expect(profilePath('d', field('s', 'text'), { low: null, high: null, median: null })).toBe('datasets/d/aggregate?group_by=part:s&measures=rows:count(),different:count_distinct(s)&sort=-rows&limit=12&totals=true');
  });
});

describe('a profile', () => {
  const answer = (truncated: boolean): Rows => ({ data: [{ part: null, rows: 3 }, { part: 'a', rows: 7 }], totals: { rows: 10, different: 1 }, meta: { ...meta, truncated } });
  it('counts what is missing beside what is there', () => {
    expect(profileOf(answer(false), field('x', 'text', { nullable: true }))).toEqual({ rows: 10, nulls: 3, distinct: 1, mean: null, parts: [{ value: 'a', count: 7 }], cut: false });
  });
  it('does not say how much is missing where it did not see all values', () => {
    const cut: Rows = { ...answer(true), data: [{ part: 'a', rows: 7 }] };
    expect(profileOf(cut, field('x', 'text', { nullable: true })).nulls).toBeUndefined();
    expect(profileOf(cut, field('x', 'text')).nulls).toBe(0);
  });
});
