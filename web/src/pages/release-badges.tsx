import { usePage } from '../state/context';
import type { ReleaseItem } from './release-record';
import { useWords } from './use-words';

/** What is to be known of a release before its figures are believed. */
export function ReleaseBadges({ item }: { item: ReleaseItem }) {
  const { release } = usePage();
  const words = useWords();
  return (
    <>
      {item.current && <span class="badge good" data-badge="current">{words.current}</span>}
      {item.release === release.number && !item.current && <span class="badge" data-badge="shown">{words.shown}</span>}
      {item.withdrawn && <span class="badge warn" data-badge="withdrawn">{words.withdrawn}</span>}
      {item.pruned && <span class="badge" data-badge="pruned">{words.pruned}</span>}
      {item.integrity === 'unverified' && <span class="badge" data-badge="unverified">{words.unverified}</span>}
    </>
  );
}
