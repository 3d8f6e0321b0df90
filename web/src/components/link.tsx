import type { ComponentChildren } from 'preact';
import type { PageState } from '../state/page-state';
import { usePage } from '../state/context';

interface LinkProps {
  /** The state that it leads to. */
  to: PageState;
  children: ComponentChildren;
  class?: string;
  title?: string;
  current?: boolean;
}

/** A link within the page: a true address, followed without loading the page anew. */
export function Link({ to, children, class: className, title, current }: LinkProps) {
  const { go, href } = usePage();
  return (
    <a
      href={href(to)}
      class={className}
      title={title}
      aria-current={current ? 'page' : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        go(() => to);
      }}
    >
      {children}
    </a>
  );
}
