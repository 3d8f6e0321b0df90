import { defineConfig } from 'vitest/config';

// The build is committed and embedded into the program: its names are fixed, and the same source gives the same bytes.
export default defineConfig(({ command }) => ({
  base: command === 'serve' ? '/ui/' : './',
  build: {
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      output: {
        entryFileNames: 'app.js',
        chunkFileNames: '[name].js',
        assetFileNames: 'app[extname]',
      },
    },
  },
  // `npm run dev` beside a program that serves at its default address.
  server: {
    proxy: { '^/(?!ui/)': 'http://127.0.0.1:8080' },
  },
  // Intl's data loads slowly where many programs share a machine.
  test: { environment: 'node', include: ['src/**/*.test.ts'], testTimeout: 30_000 },
}));
