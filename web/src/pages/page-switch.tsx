import { useEffect, useRef, useState } from 'preact/hooks';
import type { ComponentType } from 'preact';
import { Problem } from '../api/problem';
import { Boundary } from '../components/boundary';
import { ProblemNotice, Skeleton } from '../components/notice';
import { usePage } from '../state/context';
import { settle } from '../state/settled';
import { DashboardPage } from './dashboard-page';
import { pageTitle } from './page-title';

/** The page that the path names. The dashboard comes with the program, the others with a file of their own. */
export function PageSwitch() {
  const { state, dashboard, lang, t } = usePage();
  const [section = ''] = state.page.split('/');
  const title = pageTitle(dashboard, state.page, lang, t);
  const opened = useRef(state.page);
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    // Who came by a link or by back hears and sees where they are.
    if (opened.current !== state.page) document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
    opened.current = state.page;
  }, [state.page]);
  if (section === '') return <DashboardPage />;
  return (
    <main class="page" key={section} data-page={section} tabIndex={-1}>
      <OtherPage />
    </main>
  );
}

function OtherPage() {
  const { state, t } = usePage();
  const [pages, setPages] = useState<{ Page: ComponentType }>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let gone = false;
    import('./pages').then(
      ({ Pages }) => {
        if (!gone) setPages({ Page: Pages });
      },
      () => {
        if (!gone) setProblem(new Problem(0, 'unreachable', ''));
      },
    );
    return () => {
      gone = true;
    };
  }, [attempt]);
  useEffect(settle, [pages, state.page]);
  if (pages) return <Boundary key={state.page} id="page"><pages.Page /></Boundary>;
  if (problem) return <ProblemNotice problem={problem} retry={() => { setProblem(undefined); setAttempt(attempt + 1); }} />;
  return <div class="widget" data-state="loading" aria-label={t.loading}><Skeleton /></div>;
}
