import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Sweeps of millions of inputs; no test depends on how long it takes.
    testTimeout: 120_000,
  },
});
