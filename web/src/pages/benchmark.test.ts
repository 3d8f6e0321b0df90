import { describe, expect, it } from 'vitest';
import { measureName, moreIsBetter, parseBenchmark, timesOfBest, unitOf } from './benchmark';

const result = { engine: 'a', scale: '1M', seconds: 2 };

describe('benchmark.json', () => {
  it('is a list of results, alone or beside what is said of the run', () => {
    const bare = parseBenchmark([result]);
    expect(bare.results).toEqual([{ engine: 'a', scale: '1M', task: undefined, measures: { seconds: 2 } }]);
    const full = parseBenchmark({ title: 'T', machine: '4 cores', versions: { a: 1, b: '2.0' }, hosts: ['x'], none: {}, results: [result] });
    expect([full.title, full.notes]).toEqual(['T', [['machine', '4 cores'], ['versions', 'a 1, b 2.0']]]);
  });
  it('has scales in the order of their size, else as they are found', () => {
    const scales = (...of: (string | number)[]): string[] => parseBenchmark(of.map((scale) => ({ ...result, scale }))).scales;
    expect(scales('1M', '50k', 200, '2 000 000', '1G')).toEqual(['200', '50k', '1M', '2 000 000', '1G']);
    expect(scales('small', 'large', 'medium')).toEqual(['small', 'large', 'medium']);
  });
  it('keeps every figure as a measure, and nothing else', () => {
    const { measures } = parseBenchmark([{ ...result, task: 'load', peak_memory_mb: 12, version: '1.2', failed: null }]);
    expect(measures).toEqual(['seconds', 'peak_memory_mb']);
  });
  it.each([
    ['text', 'expected an object'],
    [{}, 'results: expected a list'],
    [[], 'results: expected a list'],
    [[1], 'results[0]: expected an object'],
    [[result, { scale: 1, seconds: 1 }], 'results[1].engine'],
    [[{ engine: 'a', seconds: 1 }], 'results[0].scale'],
    [[{ engine: 'a', scale: 1, task: 7, seconds: 1 }], 'results[0].task'],
    [[{ engine: 'a', scale: 1 }], 'results[0]: expected at least one figure'],
  ])('says what is wrong with %j', (json, message) => {
    expect(() => parseBenchmark(json)).toThrow(message);
  });
  it('reads units and directions from the names of measures', () => {
    expect(['seconds', 'peak_memory_mb', 'rows_per_second', 'joins'].map(unitOf)).toEqual(['s', 'MB', '/s', '']);
    expect(['load_seconds', 'rows_per_second'].map(measureName)).toEqual(['load', 'rows']);
    expect([moreIsBetter('rows_per_second'), moreIsBetter('seconds')]).toEqual([true, false]);
  });
  it('tells how far a value is from the best one', () => {
    expect([timesOfBest(6, 2, false), timesOfBest(50, 200, true), timesOfBest(2, 2, false)]).toEqual([3, 4, 1]);
    expect([timesOfBest(1, 0, false), timesOfBest(0, 0, true)]).toEqual([undefined, undefined]);
  });
});
