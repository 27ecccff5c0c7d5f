import { defineConfig } from 'vite';
import { generatedModules } from './plugins/modules.ts';

/** Nothing inline but styles, which charts and formulae set, and nothing from elsewhere. */
const policy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "object-src 'none'",
  "base-uri 'none'",
].join('; ');

const headers = {
  // The page has it itself, for static hosts; as a header it holds for workers too.
  'content-security-policy': policy,
  // What gives a page shared memory, and so threads. A host that does not send these headers serves a page without.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export default defineConfig({
  root: import.meta.dirname,
  base: './', // so that the built page works in any folder of any host
  plugins: [generatedModules(), { name: 'policy', transformIndexHtml: (html) => html.replace('%POLICY%', policy) }],
  worker: { format: 'es', plugins: () => [generatedModules()] },
  // As it is: its thread is found beside it by its address.
  optimizeDeps: { exclude: ['lanewise'] },
  // The page's policy allows neither scripts nor styles nor fonts from a data: URL.
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 400 },
  server: { headers, fs: { allow: ['..'] } },
  preview: { headers },
});
