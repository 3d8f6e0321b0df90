import { expect, it } from 'vitest';
import { apiPath, apiRoot, joinList, keySegment, splitList } from './url';

it('finds the API above the page, under any base path', () => {
  expect(apiRoot('https://example.org/ui/').href).toBe('https://example.org/');
  expect(apiRoot('https://example.org/gold/m/shop/ui/').href).toBe('https://example.org/gold/m/shop/');
});

it("keeps the API's grammar readable and escapes the rest", () => {
  expect(apiPath('datasets/x/aggregate', [['measures', 'ca:sum(montant),count()'], ['q', 'a&b=c+d é"']])).toBe('datasets/x/aggregate?measures=ca:sum(montant),count()&q=a%26b%3Dc%2Bd%20%C3%A9%22');
});

it.each([[['a', 'b']], [['Tray, Breakfast In Bed', 'Mug']], [['"Quoted"', 'plain "inside"']], [['']]])('reads back lists that it wrote: %j', (items) => {
  expect(splitList(joinList(items))).toEqual(items[0] === '' ? [] : items);
});

it('writes a key as one segment: several fields as in CSV, one as it is', () => {
  expect(keySegment(['A/B, "C"'])).toBe('A%2FB%2C%20%22C%22');
  expect(decodeURIComponent(keySegment(['Lyon "Bron"', 'Rhône, Est']))).toBe('Lyon "Bron","Rhône, Est"');
});
