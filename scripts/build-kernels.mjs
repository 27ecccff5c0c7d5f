// Compiles assembly/ and writes what src/ embeds of it, and the plain-JS loops of the table, to src/generated/.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import asc from 'assemblyscript/asc';

const root = new URL('../', import.meta.url);
process.chdir(fileURLToPath(root));
mkdirSync('src/generated', { recursive: true });

const { error, stderr } = await asc.main(['--config', 'asconfig.json', '--target', 'simd']);
if (error) {
  console.error(stderr.toString());
  throw error;
}
const binary = readFileSync('build/simd.wasm');
console.log(`build/simd.wasm: ${binary.length} bytes, ${gzipSync(binary, { level: 9 }).length} gzipped`);
const simd = binary.toString('base64');
writeFileSync('src/generated/binaries.ts', `/** build/simd.wasm in base64. */\nexport const simd =\n  '${simd}';\n`);

// One pair of loops a row, each a function of its own: V8 keeps type feedback by function, so that a shared loop would call
// `value` through a megamorphic site, without inlining it.
const names = readdirSync('src/activations')
  .flatMap((file) => [
    ...readFileSync(`src/activations/${file}`, 'utf8').matchAll(/^export const (\w+) = activation\(/gm),
  ])
  .map(([, name]) => name)
  .sort();
const rows = names.map(
  (name) => `  ${name}: ({ value, derivative }) => ({
    forward(x, y, a, b) {
      for (let i = 0; i < y.length; i++) y[i] = value(x[i], a, b);
    },
    backward(dy, x, dx, a, b) {
      for (let i = 0; i < dx.length; i++) dx[i] = dy[i] * Math.fround(derivative(x[i], a, b));
    },
  }),`,
);
writeFileSync(
  'src/generated/loops.ts',
  `import type { Spec } from '../activation';

export interface Loops {
  forward(x: Float32Array, y: Float32Array, a: number, b: number): void;
  backward(dy: Float32Array, x: Float32Array, dx: Float32Array, a: number, b: number): void;
}

/** Plain loops over a row's float64 functions, by name. */
export const loops: { readonly [name: string]: (spec: Spec) => Loops } = {
${rows.join('\n')}
};
`,
);
