import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Sweeps of millions of inputs; no test depends on how long it takes.
    testTimeout: 120_000,
    // Node 20 knows relaxed SIMD by this flag alone.
    execArgv: process.versions.node.startsWith('20.') ? ['--experimental-wasm-relaxed-simd'] : [],
  },
});
