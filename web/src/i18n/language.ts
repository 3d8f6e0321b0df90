import type { Lang, Texts } from '../api/dashboard';

/** The first of the browser's languages that the page speaks. */
export function preferred(languages: readonly string[]): Lang {
  for (const tag of languages) {
    const lang = tag.slice(0, 2).toLowerCase();
    if (lang === 'fr' || lang === 'en') return lang;
  }
  return 'en';
}

const key = 'goldserve.lang';

/** Keeps the language that the reader asked for, in this browser. */
export function remember(lang: Lang): void {
  try {
    localStorage.setItem(key, lang);
  } catch {
    // Without storage the address alone keeps it.
  }
}

export function remembered(): Lang | undefined {
  try {
    const lang = localStorage.getItem(key);
    return lang === 'fr' || lang === 'en' ? lang : undefined;
  } catch {
    return undefined;
  }
}

/** A text in the reader's language, else in the one that there is. */
export function pick(texts: Texts | undefined, lang: Lang): string | undefined {
  return texts?.[lang] ?? texts?.en ?? texts?.fr ?? Object.values(texts ?? {})[0];
}
