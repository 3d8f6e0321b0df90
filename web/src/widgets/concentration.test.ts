import { expect, it } from 'vitest';
import { toldShares } from './concentration';

it('no share is of less than a group', () => {
  const rows = (all: number) => [0.01, 0.05, 0.1, 0.2, 0.5, 1].map((share) => ({ share, groups: Math.ceil(share * all) }));
  expect(toldShares(rows(10)).map(({ share }) => share)).toEqual([0.1, 0.2, 0.5, 1]);
  expect(toldShares(rows(4338))).toHaveLength(6);
  expect(toldShares(rows(3)).map(({ share }) => share)).toEqual([0.5, 1]);
  expect(toldShares([])).toEqual([]);
});
