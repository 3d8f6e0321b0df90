import { Component, type ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { PageContext, usePage, type Page } from '../state/context';
import type { PageState } from '../state/page-state';
import { settle } from '../state/settled';

interface BoundaryProps {
  /** What it is around, as widgets are named. */
  id: string;
  children: ComponentChildren;
}

/** Holds what fails while it is drawn: one part of the page says so until the page asks for something else; others stay. */
export class Boundary extends Component<BoundaryProps, { error: unknown }> {
  static override contextType = PageContext;
  override state: { error: unknown } = { error: undefined };
  /** The state of the page in which it failed. */
  #failed: PageState | undefined;

  static override getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.#failed = (this.context as Page).state;
  }

  override componentDidUpdate(): void {
    if (this.state.error !== undefined && this.#failed !== (this.context as Page).state) this.setState({ error: undefined });
  }

  override render(): ComponentChildren {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <Broken id={this.props.id} error={error} retry={() => { this.setState({ error: undefined }); }} />;
  }
}

function Broken({ id, error, retry }: { id: string; error: unknown; retry: () => void }) {
  const { t } = usePage();
  useEffect(settle, []);
  return (
    <section class="widget" id={id} data-widget={id} data-state="error">
      <div class="widget-body">
        <div class="notice problem" role="alert">
          <p class="notice-title">{t.broken}</p>
          <p class="muted">{error instanceof Error ? error.message : String(error)}</p>
          <button type="button" class="primary" data-action="retry" onClick={retry}>{t.retry}</button>
        </div>
      </div>
    </section>
  );
}
