import { useEffect, useState } from 'preact/hooks';

export type ThemeChoice = 'auto' | 'light' | 'dark';

const key = 'goldserve.theme';
const choices: ThemeChoice[] = ['auto', 'light', 'dark'];

/** The theme that the reader chose in this browser, and the one that it comes to. */
export function useTheme(): { choice: ThemeChoice; theme: 'light' | 'dark'; next: () => void } {
  const [choice, setChoice] = useState<ThemeChoice>(() => choices.find((c) => c === stored()) ?? 'auto');
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const onChange = (): void => {
      setDark(query.matches);
    };
    query.addEventListener('change', onChange);
    return () => {
      query.removeEventListener('change', onChange);
    };
  }, []);
  const theme = choice === 'auto' ? (dark ? 'dark' : 'light') : choice;
  // Before children render: charts read their colours from the page's styles.
  document.documentElement.dataset['theme'] = theme;
  const next = (): void => {
    const to = choices[(choices.indexOf(choice) + 1) % choices.length] ?? 'auto';
    try {
      localStorage.setItem(key, to);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    setChoice(to);
  };
  return { choice, theme, next };
}

function stored(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
