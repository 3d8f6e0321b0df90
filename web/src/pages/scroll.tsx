import type { ComponentChildren } from 'preact';

/** A table that may be wider than the page: it scrolls by itself, by keyboard too. */
export function Scroll({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard
    <div class="table-scroll" tabIndex={0} role="group" aria-label={name}>
      {children}
    </div>
  );
}
