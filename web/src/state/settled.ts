let planned = false;

/**
 * Marks the document as ready while nothing on it loads: for tests and for tools that print or take pictures of the
 * page. Called whenever something began or ended to load.
 */
export function settle(): void {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    const main = document.querySelector('main[data-page]');
    const busy = document.querySelector('[data-state="loading"], [data-chart="loading"]');
    document.documentElement.toggleAttribute('data-ready', main !== null && busy === null);
  });
}
