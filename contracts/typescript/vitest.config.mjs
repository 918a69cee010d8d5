import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/*.test.{mjs,ts}'],
    // Types, Jest and Vite run as child processes inside of tests: one report has all results.
    testTimeout: 60_000,
    reporters: ['default', 'junit'],
    outputFile: { junit: process.env.JUNIT || '../../reports/typescript.xml' },
  },
});
