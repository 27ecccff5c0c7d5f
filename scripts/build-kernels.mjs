// Compiles assembly/ and writes what src/ embeds of it, and the copies of src/calls.ts, to src/generated/.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import asc from 'assemblyscript/asc';

const root = new URL('../', import.meta.url);
process.chdir(fileURLToPath(root));
mkdirSync('src/generated', { recursive: true });

// Constants lie at different addresses, so that all kinds of binary can work in one memory.
const kinds = [
  { source: 'assembly/index.ts', prefix: '', memoryBase: 49152, real: 'f32', target: 'src/generated/binaries.ts' },
  {
    source: 'assembly/matrix.ts',
    prefix: 'matrix-',
    memoryBase: 57344,
    real: 'f32',
    target: 'src/generated/matrix.ts',
  },
  {
    source: 'assembly/types.ts',
    prefix: 'types-',
    memoryBase: 55296,
    real: 'f32',
    target: 'src/generated/types.ts',
  },
  {
    source: 'assembly/float64/index.ts',
    prefix: 'float64-',
    memoryBase: 61440,
    real: 'f64',
    target: 'src/generated/float64.ts',
  },
];
for (const { source, prefix, memoryBase, real, target } of kinds) {
  const texts = [];
  for (const backend of ['relaxed', 'simd']) {
    const file = `build/${prefix}${backend}`;
    const outputs = ['--outFile', `${file}.wasm`, '--textFile', `${file}.wat`];
    const { error, stderr } = await asc.main([
      source,
      '--target',
      backend,
      '--memoryBase',
      `${memoryBase}`,
      '--use',
      `real=${real},reals=${real}x${real === 'f32' ? 4 : 2}`,
      ...outputs,
    ]);
    if (error) {
      console.error(stderr.toString());
      throw error;
    }
    const binary = readFileSync(`${file}.wasm`);
    console.log(`${file}.wasm: ${binary.length} bytes, ${gzipSync(binary, { level: 9 }).length} gzipped`);
    const digits = binary.toString('hex');
    texts.push(
      `/** ${file}.wasm, each byte as two hexadecimal digits. */\nexport const ${backend} =\n  '${digits}';\n`,
    );
  }
  writeFileSync(target, texts.join('\n'));
}

// What bundlers and runtimes make of an import of a binary.
writeFileSync('build/module.d.ts', 'declare const module: WebAssembly.Module;\nexport default module;\n');

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
