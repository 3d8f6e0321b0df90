import type { Doc } from '../api/dashboard';
import { usePage } from '../state/context';

/** The name that code calls something by, beside its label; nothing where the label is the name. */
export function CodeName({ of }: { of: Doc & { name: string } }) {
  const { label } = usePage();
  return label(of) === of.name ? null : <> <code class="muted">{of.name}</code></>;
}
