// Colours of charts, from the page's styles: what is drawn follows the theme.

/** How many colours there are for categories; they differ for every kind of colour blindness, and in lightness. */
export const categories = 6;

export interface Palette {
  text: string;
  muted: string;
  line: string;
  ground: string;
  accent: string;
  soft: string;
  compared: string;
  category: (index: number) => string;
}

/** Reads the palette from the document's styles, which follow the theme: read it anew when that changes. */
export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: read('--text'),
    muted: read('--muted'),
    line: read('--line'),
    ground: read('--card'),
    accent: read('--accent'),
    soft: read('--accent-soft'),
    compared: read('--compared'),
    category: (index) => read(`--category-${index % categories}`),
  };
}

/** The style of a category, for parts of the page that aren't charts. */
export function categoryColor(index: number): string {
  return `var(--category-${index % categories})`;
}

/** The values of a category in their order: as the contract lists them, else as they are found. */
export function categoryIndex(valid: string[] | undefined, found: string[], value: string): number {
  return Math.max(0, (valid ?? found).indexOf(value));
}
