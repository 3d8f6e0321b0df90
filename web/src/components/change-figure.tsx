import { usePage } from '../state/context';

/** A relative change: its direction by sign, arrow and colour. */
export function ChangeFigure({ change }: { change: number | null | undefined }) {
  const { format } = usePage();
  const value = change ?? null;
  return (
    <span class={value === null || value === 0 ? 'change' : value > 0 ? 'change up' : 'change down'} data-change={value ?? ''}>
      {format.change(value)}
    </span>
  );
}
