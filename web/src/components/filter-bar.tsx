import { pick } from '../i18n/language';
import { usePage } from '../state/context';
import { fieldOf, timeOf } from '../state/reach';
import type { Compare } from '../state/page-state';
import { Chips } from './chips';
import { PeriodPicker } from './period-picker';
import { ValuePicker } from './value-picker';

/** The filters of the layout, what is chosen as chips, and the way back. */
export function FilterBar() {
  const { dashboard, state, t, lang, label, go } = usePage();
  const filtered = state.conditions.length > 0 || state.unread.length > 0 || state.period.type !== 'all';
  const controls = dashboard.layout.filters.map((filter) => {
    switch (filter.type) {
      case 'period':
        return timeOf(dashboard) === undefined ? null : <PeriodPicker key="period" />;
      case 'compare':
        return timeOf(dashboard) === undefined ? null : <ComparePicker key="compare" />;
      case 'choice':
      case 'search':
        return <ValuePicker key={filter.field} field={filter.field} label={pick(filter.label, lang) ?? label(fieldOf(dashboard, filter.field) ?? { name: filter.field })} search={filter.type === 'search'} />;
    }
  });
  if (!filtered && controls.every((control) => control === null)) return null;
  return (
    <section class="filter-bar" aria-label={t.filters}>
      {controls}
      <Chips />
      {filtered && (
        <button type="button" class="plain reset" data-action="reset" title={t.resetTitle} onClick={() => { go((s) => ({ ...s, conditions: [], unread: [], period: { type: 'all' } })); }}>
          {t.reset}
        </button>
      )}
    </section>
  );
}

function ComparePicker() {
  const { state, t, go } = usePage();
  return (
    <label class={state.compare === 'off' ? 'control select' : 'control select active-quiet'} data-filter="compare">
      <span class="control-name">{t.compare}</span>{' '}
      <select value={state.compare} onChange={(e) => { const compare = e.currentTarget.value as Compare; go((s) => ({ ...s, compare })); }}>
        <option value="previous">{t.comparePrevious}</option>
        <option value="year">{t.compareYear}</option>
        <option value="off">{t.compareOff}</option>
      </select>
    </label>
  );
}
