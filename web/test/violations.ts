import axe, { type AxeResults } from 'axe-core';
import type { Visit } from './visit';

/** What axe finds wrong with a page. */
export async function violations(v: Visit): Promise<string[]> {
  await v.page.evaluate(axe.source);
  const results = await v.page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResults> } }).axe;
    return run.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
  });
  return results.violations.flatMap((found) => found.nodes.map((node) => `${found.id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`));
}
