import { defineConfig, type UserConfig } from 'tsdown';

const common: UserConfig = {
  platform: 'neutral',
  target: 'es2022',
  sourcemap: false,
  minify: false,
};

// What the entries share is in chunks; a thread's file has no imports.
export default defineConfig([
  {
    ...common,
    entry: { index: 'src/index.ts', nn: 'src/nn/index.ts', parallel: 'src/parallel.ts' },
    format: ['esm', 'cjs'],
    dts: true,
    shims: true,
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
  },
  { ...common, entry: ['src/worker.ts'], format: ['esm'], dts: false, clean: false },
]);
