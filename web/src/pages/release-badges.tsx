import { usePage } from '../state/context';
import { badgesOf, type ReleaseItem } from './release-record';
import { useWords } from './use-words';

/** What is to be known of a release before its figures are believed. */
export function ReleaseBadges({ item }: { item: ReleaseItem }) {
  const { release } = usePage();
  const words = useWords();
  return (
    <>
      {badgesOf(item, release.number).map(({ id, tone }) => <span key={id} class={tone === undefined ? 'badge' : `badge ${tone}`} data-badge={id}>{words[id]}</span>)}
    </>
  );
}
