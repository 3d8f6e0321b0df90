import { usePage } from '../state/context';
import type { Watching } from '../state/use-watching';

/** Whether the lake can't be looked at or published. */
export function isFailing({ last_failure: failure }: Watching): boolean {
  return failure?.current === true;
}

/** How the following of the lake goes, in a line: a warning where what the lake holds is not published. */
export function WatchLine({ watching }: { watching: Watching }) {
  const { t, format } = usePage();
  const { lake, last_look: look, behind_since: behind, last_failure: failure } = watching;
  if (isFailing(watching) && failure) {
    return (
      <p class="banner" data-watching="failing" role="status">
        <span>{t.notPublished(format.instant(behind ?? failure.at), failure.message)}</span>
      </p>
    );
  }
  const parts = [
    t.following(lake),
    look === undefined ? '' : t.lastLook(format.ago(look, new Date())),
    behind === undefined ? '' : t.lakeChanged(format.instant(behind)),
    watching.standby ? t.standby : '',
  ];
  return <footer class="page-footer" data-watching={behind === undefined ? 'current' : 'behind'}>{parts.filter(Boolean).join(' · ')}</footer>;
}
