// Compiles assembly/ and writes what src/ embeds of it, and the copies of src/calls.ts, to src/generated/.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import asc from 'assemblyscript/asc';

const root = new URL('../', import.meta.url);
process.chdir(fileURLToPath(root));
mkdirSync('src/generated', { recursive: true });

const binaries = [];
for (const target of ['relaxed', 'simd']) {
  const { error, stderr } = await asc.main(['--config', 'asconfig.json', '--target', target]);
  if (error) {
    console.error(stderr.toString());
    throw error;
  }
  const file = `build/${target}.wasm`;
  const binary = readFileSync(file);
  console.log(`${file}: ${binary.length} bytes, ${gzipSync(binary, { level: 9 }).length} gzipped`);
  binaries.push(
    `/** ${file}, each byte as two hexadecimal digits. */\nexport const ${target} =\n  '${binary.toString('hex')}';\n`,
  );
}
writeFileSync('src/generated/binaries.ts', binaries.join('\n'));

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
