import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'tsdown';

const common: UserConfig = {
  platform: 'neutral',
  target: 'es2022',
  sourcemap: false,
  minify: false,
};

/** Leaves the binaries out. */
const noBinaries = {
  name: 'no binaries',
  transform: (code: string, id: string) =>
    /src\/generated\//.test(id) ? code.replaceAll(/'[0-9a-f]{100,}'/g, "''") : null,
};

/** Leaves out what compiles binaries, too. */
const noBinary = {
  name: 'no binary',
  resolveId: (source: string) =>
    source === './binary' ? fileURLToPath(new URL('src/no-binary.ts', import.meta.url)) : null,
};

// What the entries share is in chunks; a thread's file has no imports.
export default defineConfig([
  {
    ...common,
    entry: { index: 'src/index.ts', nn: 'src/nn/index.ts', parallel: 'src/parallel.ts' },
    format: ['esm', 'cjs'],
    dts: true,
    shims: true,
    // Few files, as Node takes a millisecond for each, but so that a bundler can leave out what is not used, or load it later.
    outputOptions: {
      advancedChunks: {
        includeDependenciesRecursively: false,
        groups: [
          {
            name: 'matrix',
            test: /src\/(generated\/)?(matrix|matrix64|real-kernels|rows|row-kernels|tiles|structured|gated|prelu|maxout|stats)\.ts/,
            priority: 2,
          },
          { name: 'create', test: /src\/create\.ts/, priority: 2 },
          { name: 'core', test: /src\/(?!nn\/|(index|parallel|job|elements|threads)\.)[^.]*\.ts$/, priority: 1 },
        ],
      },
    },
    banner: { dts: '/// <reference lib="esnext.disposable" />' },
  },
  { ...common, entry: ['src/worker.ts'], format: ['esm'], dts: false, clean: false },
  {
    ...common,
    entry: { js: 'src/index.ts' },
    format: ['esm', 'cjs'],
    dts: false,
    clean: false,
    plugins: [noBinaries, noBinary],
  },
  {
    ...common,
    entry: { workerd: 'src/workerd.ts', 'workerd-nn': 'src/nn/workerd.ts' },
    format: ['esm'],
    dts: false,
    clean: false,
    external: /\.wasm$/,
    plugins: [noBinaries],
  },
]);
