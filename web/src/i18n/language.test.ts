import { expect, test } from 'vitest';
import { pick } from './language';

test('a text is in the language of the reader, else in English, French, or any other', () => {
  expect(pick({ en: 'Sales', fr: 'Ventes', de: 'Umsatz' }, 'fr')).toBe('Ventes');
  expect(pick({ en: 'Sales', de: 'Umsatz' }, 'fr')).toBe('Sales');
  expect(pick({ de: 'Umsatz' }, 'fr')).toBe('Umsatz');
  expect(pick({}, 'en')).toBeUndefined();
  expect(pick(undefined, 'en')).toBeUndefined();
});
