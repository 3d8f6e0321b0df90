import { useState } from 'preact/hooks';
import { usePage } from '../state/context';
import { presets, spanOf, type Period } from '../state/period';
import { Popover } from './popover';

/** Chooses the period: a span that moves with the data, or two days. */
export function PeriodPicker() {
  const { state, t, format } = usePage();
  const label = state.period.type === 'span' ? format.span(state.period) : t[state.period.type];
  return (
    <Popover name={t.period} label={label} active={state.period.type !== 'all'} filter="period">
      {(close) => <PeriodPanel close={close} />}
    </Popover>
  );
}

function PeriodPanel({ close }: { close: () => void }) {
  const { state, t, format, go, release } = usePage();
  const asOf = release.asOf;
  const known = spanOf(state.period, asOf);
  const [from, setFrom] = useState(known?.from ?? '');
  const [to, setTo] = useState(known?.to ?? asOf.slice(0, 10));
  const set = (period: Period): void => {
    go((s) => ({ ...s, period }));
    close();
  };
  return (
    <>
      <p class="hint">{t.relative(format.day(asOf))}</p>
      {presets.map((type) => {
        const span = spanOf({ type }, asOf);
        return (
          <button type="button" key={type} class="option" data-value={type} aria-pressed={state.period.type === type} onClick={() => { set({ type }); }}>
            <span>{t[type]}</span> <span class="muted">{span && format.span(span)}</span>
          </button>
        );
      })}
      <form
        class="span-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (from && to) set(from <= to ? { type: 'span', from, to } : { type: 'span', from: to, to: from });
        }}
      >
        <label>
          {t.from} <input type="date" name="from" required value={from} max={asOf.slice(0, 10)} onInput={(e) => { setFrom(e.currentTarget.value); }} />
        </label>
        <label>
          {t.to} <input type="date" name="to" required value={to} max={asOf.slice(0, 10)} onInput={(e) => { setTo(e.currentTarget.value); }} />
        </label>
        <button type="submit" class="primary">{t.apply}</button>
      </form>
    </>
  );
}
