import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest begin first, so that none is left to run alone. */
class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const longest = ['axe', 'qualities', 'pages', 'models', 'filters', 'widgets'].map((name) => `/${name}.browser.ts`);
    const rank = (file: TestSpecification): number => (longest.findIndex((name) => file.moduleId.endsWith(name)) + longest.length + 1) % (longest.length + 1);
    return Promise.resolve([...files].sort((a, b) => rank(a) - rank(b)));
  }
}

const shared = { environment: 'node', testTimeout: 60_000, hookTimeout: 120_000 };
const timed = 'speed.browser.ts';

// One browser and one server of real data for all files. Most of a test is waiting for the page: two files run beside
// each other. What is timed runs alone, after them.
export default defineConfig({
  root: import.meta.dirname,
  cacheDir: '../node_modules/.vite',
  test: {
    globalSetup: ['setup.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...shared, name: 'pages', include: ['*.browser.ts'], exclude: [timed], maxWorkers: 2, sequence: { groupOrder: 0 } } },
      { test: { ...shared, name: 'timed', include: [timed], fileParallelism: false, sequence: { groupOrder: 1 } } },
    ],
  },
});
