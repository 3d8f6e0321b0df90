import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ReleaseMeta } from './api/answer';
import { Client } from './api/client';
import type { Dashboard, Lang } from './api/dashboard';
import { listen, type ReleaseEvent } from './api/events';
import { Problem } from './api/problem';
import { apiRoot } from './api/url';
import { Header } from './components/header';
import { Link } from './components/link';
import { LinkStrip } from './components/link-strip';
import { isFailing, WatchLine } from './components/watch-line';
import { Formatter } from './format/formatter';
import { dictionaries, type Dictionary } from './i18n/dictionary';
import { pick, preferred, remember, remembered } from './i18n/language';
import { PageSwitch } from './pages/page-switch';
import { PageContext, type Page } from './state/context';
import { useNavigation } from './state/navigation';
import { Clock } from './state/clock';
import { countTimeAs } from './state/grain';
import { readable } from './state/link';
import { settle } from './state/settled';
import { useTheme } from './state/theme';
import { useWatching, type Watching } from './state/use-watching';

interface Opened {
  dashboard: Dashboard;
  release: Page['release'];
}

/** The whole page: it opens on the release of its first answer, and stays on it until the reader asks for another. */
export function App() {
  const [client] = useState(() => new Client(apiRoot(document.baseURI)));
  const { state, go, href } = useNavigation();
  const { choice, theme, next } = useTheme();
  const lang: Lang = state.lang ?? remembered() ?? preferred(navigator.languages);
  const t = dictionaries[lang];
  const { opened, problem, open } = useOpened(client, state.release);
  const [news, setNews] = useState<ReleaseEvent>();
  const [message, setMessage] = useState('');

  const model = opened?.dashboard.model.name;
  const number = opened?.release.number;
  const waiting = problem?.status === 503;
  const watching = useWatching(client, number === undefined && !waiting ? undefined : `${number ?? 0} ${news?.release ?? 0}`);
  useEffect(() => {
    if (number === undefined && !waiting) return undefined;
    // Told of the release that the page shows, the server says at once whether another is current.
    return listen(client.href(model === undefined ? 'events' : `events?last_event_id=${model}/${number ?? 0}`), (event) => {
      if (number === undefined) open();
      else setNews(event.release === number ? undefined : event);
    }, client.reached);
  }, [client, model, number, waiting, open]);

  useEffect(() => {
    document.documentElement.lang = lang;
    if (state.lang !== undefined) remember(state.lang);
  }, [lang, state.lang]);
  useEffect(settle, [state.page, opened]);

  const page = useMemo<Page | undefined>(() => {
    if (!opened) return undefined;
    const { dashboard, release } = opened;
    const known = readable(dashboard, state);
    const format = new Formatter(lang, dashboard.model);
    return { client, dashboard, release, state: known, go, href, lang, t, format, label: (doc) => pick(doc.label, lang) ?? doc.name, pick: (texts) => pick(texts, lang) ?? '', theme, say: setMessage };
  }, [client, opened, state, go, href, lang, t, theme]);

  if (!page) {
    return problem ? <Closed problem={problem} watching={watching} t={t} retry={open} /> : (
      <>
        <div class="page-header"><strong>goldserve</strong></div>
        <main class="page opening-page" aria-busy="true">
          <p class="unseen" role="status">{t.loading}…</p>
          <div class="widget" />
          <div class="widget" />
          <div class="widget" />
        </main>
      </>
    );
  }
  const showCurrent = (): void => {
    setNews(undefined);
    if (state.release === undefined) open();
    else go((s) => ({ ...s, release: undefined }));
  };
  return (
    <PageContext.Provider value={page}>
      <button type="button" class="skip" onClick={() => { document.querySelector<HTMLElement>('main')?.focus(); }}>{t.skip}</button>
      <Header theme={choice} onTheme={next} />
      {state.release !== undefined && news && (
        <p class="banner" data-banner="release" role="status">
          {t.older(String(page.release.number), page.format.day(page.release.asOf))}{' '}
          <Link to={{ ...state, release: undefined }}>{t.toCurrent}</Link>
        </p>
      )}
      <Body watching={watching?.model === model ? watching : undefined} />
      <div class="toasts" role="status" aria-live="polite">
        {state.release === undefined && news && (
          <div class="toast" data-toast="release">
            <span>{(news.withdrawn ? t.withdrawn : t.newRelease)(String(news.release), page.format.day(news.as_of))}</span>
            <button type="button" class="primary" data-action="show-release" onClick={showCurrent}>{t.showIt}</button>
            <button type="button" class="plain" onClick={() => { setNews(undefined); }}>{t.dismiss}</button>
          </div>
        )}
        <Message text={message} onDone={() => { setMessage(''); }} />
      </div>
    </PageContext.Provider>
  );
}

interface ClosedProps {
  problem: Problem;
  watching: Watching | undefined;
  t: Dictionary;
  retry: () => void;
}

/** There is no page: nothing is published, or the server does not answer. */
function Closed({ problem, watching, t, retry }: ClosedProps) {
  if (problem.status !== 503) {
    return (
      <main class="opening">
        <h1>{t.failed}</h1>
        <p>{problem.status === 0 ? t.unreachable : problem.message}</p>
        <button type="button" class="primary" onClick={retry}>{t.retry}</button>
      </main>
    );
  }
  return (
    <main class="opening">
      <h1>{t.noRelease}</h1>
      {watching ? <p data-watching={isFailing(watching) ? 'failing' : 'current'}>{isFailing(watching) ? watching.last_failure?.message : t.following(watching.lake)}</p> : <p>{t.noReleaseHint}</p>}
      {!watching && <pre>goldserve publish --lake …</pre>}
      <button type="button" class="primary" onClick={retry}>{t.retry}</button>
    </main>
  );
}

/** The page below its header, and how the following of its lake goes. */
function Body({ watching }: { watching: Watching | undefined }) {
  const failing = watching !== undefined && isFailing(watching);
  return (
    <>
      {failing && <WatchLine watching={watching} />}
      <LinkStrip />
      <PageSwitch />
      {watching && !failing && <WatchLine watching={watching} />}
    </>
  );
}

function Message({ text, onDone }: { text: string; onDone: () => void }) {
  const done = useRef(onDone);
  done.current = onDone;
  useEffect(() => {
    if (text === '') return undefined;
    const timer = setTimeout(() => { done.current(); }, text.length > 60 ? 15_000 : 3000);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return text === '' ? null : <div class="toast" data-toast="message">{text}</div>;
}

/** Opens the page on a release, or on the current one; `open` asks for the current one anew. */
function useOpened(client: Client, release: number | undefined): { opened: Opened | undefined; problem: Problem | undefined; open: () => void } {
  const [opened, setOpened] = useState<Opened>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  const open = useCallback(() => { setAttempt((n) => n + 1); }, []);
  useEffect(() => {
    const abort = new AbortController();
    client.get<{ data: Dashboard; meta: ReleaseMeta }>(release === undefined ? 'dashboard' : `dashboard?release=${release}`, abort.signal).then(
      ({ body: { data, meta } }) => {
        setProblem(undefined);
        const clock = new Clock(data.model.timezone);
        client.clock = clock;
        countTimeAs(data.model);
        setOpened({
          dashboard: data.covers ? { ...data, covers: clock.span(data.covers) } : data,
          release: { number: meta.release, asOf: clock.local(meta.as_of), publishedAt: meta.published_at },
        });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setOpened(undefined);
        setProblem(error instanceof Problem ? error : new Problem(0, 'failed', String(error)));
      },
    );
    return () => {
      abort.abort();
    };
  }, [client, release, attempt]);
  return { opened, problem, open };
}
