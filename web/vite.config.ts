import { defineConfig } from 'vite';
import { generatedModules } from './plugins/modules.ts';

/** What gives a page shared memory, and so threads. A static host that does not send these headers serves a page without. */
const headers = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export default defineConfig({
  root: import.meta.dirname,
  base: './', // so that the built page works in any folder of any host
  plugins: [generatedModules()],
  worker: { format: 'es', plugins: () => [generatedModules()] },
  // As it is: its thread is found beside it by its address.
  optimizeDeps: { exclude: ['lanewise'] },
  // The page's policy allows neither scripts nor styles nor fonts from a data: URL.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 400 },
  server: { headers, fs: { allow: ['..'] } },
  preview: { headers },
});
