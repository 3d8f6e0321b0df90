import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

interface PopoverProps {
  /** What the button says; its name for those who don't see it is `name` before it. */
  label: ComponentChildren;
  name: string;
  active?: boolean;
  filter?: string;
  children: (close: () => void) => ComponentChildren;
}

/** A button that opens a panel. Escape, a click elsewhere or leaving it by keyboard close it; focus goes back. */
export function Popover({ label, name, active, filter, children }: PopoverProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return undefined;
    panel.current?.querySelector<HTMLElement>('input, select, button')?.focus();
    const onPointer = (event: PointerEvent): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => {
      document.removeEventListener('pointerdown', onPointer);
    };
  }, [open]);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- it listens to what its button and panel leave
    <div
      class="popover"
      ref={root}
      data-filter={filter}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && open) {
          event.stopPropagation();
          close();
        }
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget instanceof Node && !root.current?.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <button
        type="button"
        ref={button}
        class={active ? 'control active' : 'control'}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => {
          setOpen(!open);
        }}
      >
        <span class="control-name">{name}</span> <span class="control-value">{label}</span>
        <span class="caret" aria-hidden="true" />
      </button>
      {open && (
        <div class="panel" id={id} ref={panel} role="dialog" aria-label={name}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
