import { useEffect, useState } from 'preact/hooks';
import { pick } from '../i18n/language';
import { carried } from '../state/carry';
import { usePage } from '../state/context';
import { isDated } from '../state/reach';
import type { ThemeChoice } from '../state/theme';
import { Link } from './link';
import { Popover } from './popover';
import { copyLink } from './widget';

interface HeaderProps {
  theme: ThemeChoice;
  onTheme: () => void;
}

/** What model and release this is, the pages, and the reader's own settings. */
export function Header({ theme, onTheme }: HeaderProps) {
  const page = usePage();
  const { dashboard, state, t, lang, format, release, client, go } = page;
  const now = useNow();
  const { quality, models, model } = dashboard;
  const section = state.page.split('/')[0] ?? '';
  const tables = dashboard.layout.tables.map((table) => ({ id: table.id, label: pick(table.title, lang) ?? table.id }));
  // A few lists stand beside the other pages; many are in one menu.
  const [near, far] = tables.length > mostTables ? [[], tables] : [tables, []];
  const pages = [
    ...near,
    { id: 'datasets', label: t.datasets },
    { id: 'releases', label: t.releases },
    ...(dashboard.benchmark ? [{ id: 'benchmark', label: t.benchmark }] : []),
  ];
  const lists = far.length > 0 && (
    <Popover name={t.lists} label={far.find(({ id }) => id === section)?.label ?? ''} filter="lists" active={far.some(({ id }) => id === section)}>
      {(close) => far.map(({ id, label }) => (
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions -- the link in it is what is clicked
        <span key={id} class="option" onClick={close}><Link to={carried(dashboard, state, id)} current={section === id}>{label}</Link></span>
      ))}
    </Popover>
  );
  return (
    <header class="page-header">
      <span class="brand">
        <Logo />
        {models.length > 1 ? (
          <select aria-label={t.model} value={model.name} onChange={(e) => { location.href = models.find((m) => m.name === e.currentTarget.value)?.url ?? location.href; }}>
            {models.map((m) => <option key={m.name} value={m.name}>{pick(m.title, lang) ?? m.name}</option>)}
          </select>
        ) : (
          <strong>{pick(model.title, lang) ?? model.name}</strong>
        )}
      </span>
      <nav aria-label={t.pages}>
        <Link to={carried(dashboard, state, '')} current={section === ''}>{t.dashboard}</Link>
        {lists}
        {pages.map(({ id, label }) => (
          <Link key={id} to={carried(dashboard, state, id)} current={section === id}>{label}</Link>
        ))}
        <a href={client.href('docs')}>{t.apiDocs}</a>
      </nav>
      <Link class="status" to={carried(dashboard, state, `releases/${release.number}`)} title={t.checksTitle}>
        <span>{t.release(String(release.number))}</span>
        {isDated(dashboard, release.asOf, release.publishedAt) && <span data-metric="as_of">{t.asOf(format.day(release.asOf))}</span>}
        <span class="status-more">{t.published(format.ago(release.publishedAt, now))}</span>
        {dashboard.datasets.some(({ inferred }) => inferred) && <span class="status-more" data-inferred title={t.inferredTitle}>{t.inferred}</span>}
        {quality.checks > 0 && <span class={quality.passed < quality.checks ? 'warn' : undefined} data-metric="checks" data-value={quality.passed}>{t.checks(String(quality.passed), String(quality.checks))}</span>}
      </Link>
      <span class="tools">
        <button type="button" data-action="lang" lang={lang === 'fr' ? 'en' : 'fr'} title={t.languageTitle} onClick={() => { go((s) => ({ ...s, lang: lang === 'fr' ? 'en' : 'fr' }), { replace: true }); }}>
          {lang === 'fr' ? 'EN' : 'FR'}<span class="unseen"> – {t.languageTitle}</span>
        </button>
        <button type="button" data-action="theme" title={{ auto: t.themeAuto, light: t.themeLight, dark: t.themeDark }[theme]} aria-label={{ auto: t.themeAuto, light: t.themeLight, dark: t.themeDark }[theme]} onClick={onTheme}>
          <ThemeIcon theme={theme} />
        </button>
        <button type="button" class="primary" data-action="share" title={t.shareTitle} onClick={() => { void copyLink(page); }}>{t.share}</button>
      </span>
    </header>
  );
}

/** At most so many lists stand beside the other pages. */
const mostTables = 2;

/** The time, once a minute. */
function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => { setNow(new Date()); }, 60_000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return now;
}

function Logo() {
  return (
    <svg class="logo" viewBox="0 0 16 16" width="18" height="18" aria-hidden="true">
      <rect width="16" height="16" rx="3" />
      <path d="M3 12V8h2.5v4zM6.75 12V5h2.5v7zM10.5 12V3H13v9z" />
    </svg>
  );
}

function ThemeIcon({ theme }: { theme: ThemeChoice }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5">
      {theme === 'light' ? (
        <>
          <circle cx="8" cy="8" r="3" />
          <path d="M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5L13 13M13 3l-1.5 1.5M4.5 11.5L3 13" />
        </>
      ) : theme === 'dark' ? (
        <path d="M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z" />
      ) : (
        <>
          <circle cx="8" cy="8" r="6" />
          <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
        </>
      )}
    </svg>
  );
}
