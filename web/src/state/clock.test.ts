import { expect, test } from 'vitest';
import { Formatter } from '../format/formatter';
import { Clock } from './clock';

test("an instant is told by the model's clock, with its summer time", () => {
  const paris = new Clock('Europe/Paris');
  expect(paris.local('2025-07-31T22:30:00Z')).toBe('2025-08-01T00:30:00');
  expect(paris.local('2025-01-31T23:30:00.250Z')).toBe('2025-02-01T00:30:00');
  expect(paris.span({ from: '2025-03-01', to: '2025-03-30T01:30:00Z' })).toEqual({ from: '2025-03-01', to: '2025-03-30T03:30:00' });
  expect(paris.local('2025-08-01T00:30:00')).toBe('2025-08-01T00:30:00');
});

test('without a zone, or with one that the browser does not know, times are in UTC', () => {
  for (const zone of [undefined, 'UTC', 'Mars/Olympus']) expect(new Clock(zone).local('2025-07-31T22:30:00Z')).toBe('2025-07-31T22:30:00Z');
});

test('values and days are written by the clock', () => {
  const format = new Formatter('en', { timezone: 'America/New_York' });
  expect(format.value('2025-08-01T02:30:00Z', { format: 'datetime' })).toBe('31 Jul 2025, 22:30');
  expect(format.value('2025-08-01', { format: 'date' })).toBe('1 Aug 2025');
  expect(format.day('2025-08-01T02:30:00Z')).toBe('31 Jul 2025');
  expect(format.day('2025-08-01T02:30:00')).toBe('1 Aug 2025');
  expect(format.span({ from: '2025-05-01T00:00:00', to: '2025-05-06T03:53:00' })).toMatch(/^1\s?–\s?6 May 2025, 03:53$/);
  expect(new Formatter('en', {}).value('2025-08-01T02:30:00Z', { format: 'datetime' })).toBe('1 Aug 2025, 02:30');
});
