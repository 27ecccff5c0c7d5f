// Compiles assembly/ and writes what src/ embeds of it, and the copies of src/calls.ts, to src/generated/.

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

// The functions of src/calls.ts, a copy for each row.
const names = readdirSync('src/activations')
  .flatMap((file) => [
    ...readFileSync(`src/activations/${file}`, 'utf8').matchAll(/^export const (\w+) = activation\(/gm),
  ])
  .map(([, name]) => name)
  .sort();
const [head, functions] = readFileSync('src/calls.ts', 'utf8').split('// ---- copied from here on ----\n');
const copy = functions.replaceAll('export function', 'function');
const copies = names.map((name) => `  ${name}: (() => {\n${copy}\n    return { loops, stage, calls };\n  })(),\n`);
writeFileSync(
  'src/generated/calls.ts',
  `${head.replaceAll("'./", "'../")}
/** The functions of src/calls.ts, a copy for each activation. */
export const copies: { readonly [activation: string]: typeof import('../calls') } = {
${copies.join('')}};
`,
);
