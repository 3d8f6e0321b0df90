import { defineConfig } from 'vitest/config';

// One browser and one server of real data for all files, one file after the other: what is measured is not shared.
export default defineConfig({
  root: import.meta.dirname,
  cacheDir: '../node_modules/.vite',
  test: {
    environment: 'node',
    include: ['*.browser.ts'],
    globalSetup: ['setup.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
