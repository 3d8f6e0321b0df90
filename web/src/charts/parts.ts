import type { Palette } from './palette';

// What the charts of the page have in common.

export function axisText(colors: Palette): { color: string; fontSize: number } {
  return { color: colors.muted, fontSize: 11 };
}

/** The axis of figures. */
export function valueAxis(colors: Palette, write: (value: number) => string): object {
  return {
    type: 'value',
    axisLabel: { ...axisText(colors), formatter: write },
    splitLine: { lineStyle: { color: colors.line } },
    splitNumber: 4,
  };
}

/** The axis of periods or bins. */
export function categoryAxis(colors: Palette, data: string[]): object {
  return {
    type: 'category',
    data,
    axisLabel: { ...axisText(colors), hideOverlap: true },
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colors.line } },
  };
}

/** The box of a tooltip; its content is text and table made by `rows`. */
export function tooltip(colors: Palette): object {
  return {
    confine: true,
    backgroundColor: colors.ground,
    borderColor: colors.line,
    padding: [6, 10],
    textStyle: { color: colors.text, fontSize: 12 },
    transitionDuration: 0,
  };
}

/** A tooltip's content: a title, and names with their exact figures. Every text is escaped. */
export function tooltipRows(title: string, rows: [name: string, value: string][]): string {
  const lines = rows.map(([name, value]) => `<tr><td>${escape(name)}</td><td class="number">${escape(value)}</td></tr>`).join('');
  return `<strong>${escape(title)}</strong><table class="tip">${lines}</table>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export function motion(): boolean {
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}
