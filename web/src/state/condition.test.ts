import { expect, it } from 'vitest';
import { formatState, parseState } from './page-state';
import { choiceKey, choose, chosen, toggle } from './condition';

it('no value is a choice of its own, and never the text null', () => {
  const none = toggle([], 'color', null);
  expect(none).toEqual([{ field: 'color', operator: 'isnull', values: ['true'] }]);
  expect(chosen(none, 'color')).toEqual([null]);
  expect(toggle(none, 'color', null)).toEqual([]);
  // A filter asks for values or for none: the last choice stands.
  expect(toggle(none, 'color', 'red')).toEqual([{ field: 'color', operator: 'eq', values: ['red'] }]);
  expect(toggle(choose([], 'color', ['red', 'blue']), 'color', null)).toEqual(none);
  expect(chosen(choose([], 'color', ['null']), 'color')).toEqual(['null']);
  expect(choiceKey('null')).not.toBe(choiceKey(null));
  expect(formatState({ ...parseState('', ''), conditions: none })).toBe('?color__isnull=true');
});
