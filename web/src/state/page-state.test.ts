import { describe, expect, it } from 'vitest';
import { formatState, parseState } from './page-state';

describe('the state in the URL', () => {
  it('is empty where nothing is chosen', () => {
    expect(formatState(parseState('', ''))).toBe('');
  });

  it.each([
    '?period=12m&pays=France',
    '?period=2011-01-01..2011-06-30&compare=year&pays__in=France,Germany',
    '?produit__in=%22Tray,%20Breakfast%20In%20Bed%22,Mug',
    '?prob__gte=0.25&prob__lte=0.5&release=12&lang=fr',
    '?countries.rest=1&revenue.view=table&release=3',
    '?period__eq=x',
    '?order_date.year__eq=2024&ship_date.year__in=2024,2025&by_order_date_year.view=table',
  ])('reads back what it wrote: %s', (search) => {
    expect(formatState(parseState('', search))).toBe(search);
  });

  it('keeps items that hold commas whole', () => {
    const { conditions } = parseState('', '?produit__in=%22Tray,%20Breakfast%20In%20Bed%22,%22%22%22Quoted%22%22%22');
    expect(conditions).toEqual([{ field: 'produit', operator: 'in', values: ['Tray, Breakfast In Bed', '"Quoted"'] }]);
  });

  it('keeps what it can not read, for the page to tell of', () => {
    const unread = [['period', 'never'], ['compare', 'x'], ['release', '-1'], ['lang', 'de'], ['a__b__c', '1'], ['d__near', '2']];
    const state = parseState('', '?period=never&compare=x&release=-1&lang=de&a__b__c=1&d__near=2&_=7');
    expect(state).toMatchObject({ unread, conditions: [], period: { type: 'all' }, release: undefined });
    expect(formatState(state)).toBe('?period=never&compare=x&release=-1&lang=de&a__b__c=1&d__near=2');
  });
});
