import { expect, it } from 'vitest';
import { hrefOf, placeOf } from './navigation';
import { parseState } from './page-state';

// The server leads /ui/ to /ui and serves the dashboard at the root too: what the page writes is where it ends up.
it.each([
  ['/ui', '/ui'],
  ['/ui/', '/ui'],
  ['/ui/clients/12', '/ui'],
  ['/', '/'],
])('opened at %s, links to the dashboard say %s', (pathname, home) => {
  expect(hrefOf(placeOf('https://example.org/ui/', pathname), parseState('', '?period=12m'))).toBe(`${home}?period=12m`);
});

it('stands below a base path', () => {
  const place = placeOf('https://example.org/gold/m/shop/ui/', '/gold/m/shop/ui/releases');
  expect(hrefOf(place, parseState('', ''))).toBe('/gold/m/shop/ui');
  expect(hrefOf(place, parseState('clients', ''))).toBe('/gold/m/shop/ui/clients');
});
