import { defineConfig, type UserConfig } from 'tsdown';

const common: UserConfig = {
  platform: 'neutral',
  target: 'es2022',
  sourcemap: false,
  minify: false,
};

// Bundles of their own: the main one stays what it is, and a thread's has no imports.
export default defineConfig([
  { ...common, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true },
  {
    ...common,
    entry: ['src/parallel.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    shims: true,
    clean: false,
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
  },
  { ...common, entry: ['src/worker.ts'], format: ['esm'], dts: false, clean: false },
]);
