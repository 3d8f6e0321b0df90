import { expect, it } from 'vitest';
import { nearest } from './nearest';

// The same words as the API finds.
it.each([
  ['pay', ['produit', 'pays'], 'pays'],
  ['frence', ['Germany', 'France'], 'France'],
  ['segment', ['pays', 'segment_label'], 'segment_label'],
  ['yaer', ['all', '12m', 'year', '90d'], 'year'],
  ['Atlantis', ['France', 'Germany'], undefined],
  ['', ['a'], undefined],
])('%s', (word, candidates, found) => {
  expect(nearest(word, candidates)).toBe(found);
});
