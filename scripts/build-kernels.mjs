// Compiles assembly/ and writes what src/ embeds of it, and the copies of src/calls.ts, to src/generated/.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import asc from 'assemblyscript/asc';

const root = new URL('../', import.meta.url);
process.chdir(fileURLToPath(root));
for (const directory of ['build/families', 'src/generated']) mkdirSync(directory, { recursive: true });

/** Where in a memory constants are: from `CONSTANTS` to `SCRATCH` of src/staging.ts. Each binary has a place, so that all can work in one memory. */
let constants = 49152;
const CONSTANTS_END = 131072;
const ALIGNMENT = 64;

/** By it the loader knows which of the two forms a binary is that `init` is given. */
const FLAG = 'assembly/relaxed.ts';

/** Compiles files to a binary for each backend; returns the texts of these, each byte as two hexadecimal digits. */
async function compile(sources, name, real) {
  const texts = {};
  let end = constants;
  for (const backend of ['relaxed', 'simd']) {
    const file = `build/${name}${backend}`;
    const outputs = ['--outFile', `${file}.wasm`, '--textFile', `${file}.wat`];
    const { error, stderr } = await asc.main([
      ...sources,
      '--target',
      backend,
      '--memoryBase',
      `${constants}`,
      '--use',
      `real=${real},reals=${real}x${real === 'f32' ? 4 : 2}`,
      ...outputs,
    ]);
    if (error) {
      console.error(stderr.toString());
      throw error;
    }
    end = Math.max(end, ...dataEnds(readFileSync(`${file}.wat`, 'utf8')));
    const binary = readFileSync(`${file}.wasm`);
    console.log(`${file}.wasm: ${binary.length} bytes, ${gzipSync(binary, { level: 9 }).length} gzipped`);
    texts[backend] = binary.toString('hex');
  }
  constants = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  if (constants > CONSTANTS_END) throw new Error(`constants end at ${constants}, behind ${CONSTANTS_END}`);
  return texts;
}

/** The ends of a module's data segments. */
function dataEnds(wat) {
  const segments = wat.matchAll(/\(data \$\S+ \(i32\.const (\d+)\) "((?:[^"\\]|\\.)*)"\)/g);
  return Array.from(segments, ([, from, text]) => Number(from) + text.replace(/\\[0-9a-f]{2}|\\./g, 'x').length);
}

/** TypeScript for the texts of a binary; those without a multiply-add are the same. */
function textsOf({ relaxed, simd }, ending = '') {
  const constant = (name, value) => `export const ${name}${ending} =\n  ${value};\n`;
  const second = simd === relaxed ? `relaxed${ending}` : `'${simd}'`;
  return `${constant('relaxed', `'${relaxed}'`)}${constant('simd', second)}`;
}

// Binaries of their own: what every activation needs, and what is asked for by itself.
writeFileSync('src/generated/types.ts', textsOf(await compile(['assembly/types.ts', FLAG], 'types-', 'f32')));
writeFileSync('src/generated/matrix.ts', textsOf(await compile(['assembly/matrix.ts', FLAG], 'matrix-', 'f32')));
writeFileSync(
  'src/generated/matrix64.ts',
  textsOf(await compile(['assembly/float64/matrix.ts', FLAG], 'matrix64-', 'f64')),
);

/** Both precisions of a file of assembly/, which may have a source of its own for float64. */
async function familyOf(name) {
  const own64 = `assembly/float64/${name}.ts`;
  const source64 = existsSync(own64) ? own64 : `assembly/${name}.ts`;
  const float32 = textsOf(await compile([`assembly/${name}.ts`], `families/${name}-`, 'f32'));
  return float32 + textsOf(await compile([source64], `families/${name}-float64-`, 'f64'), '64');
}

writeFileSync('src/generated/bias.ts', await familyOf('bias'));

// The families of activations, with a copy of the functions of src/calls.ts for each row.
const [head, functions] = readFileSync('src/calls.ts', 'utf8').split('// ---- copied from here on ----\n');
const copy = functions.replaceAll('export function', 'function');
for (const file of readdirSync('src/activations')) {
  const rows = readFileSync(`src/activations/${file}`, 'utf8');
  const names = Array.from(rows.matchAll(/^export const (\w+) = .*activation\(/gm), ([, name]) => name);
  if (names.length === 0) continue;
  const family = file.replace('.ts', '');
  const copies = names.map((name) => `  ${name}: (() => {\n${copy}\n    return { loops, stage, calls };\n  })(),\n`);
  writeFileSync(
    `src/generated/${file}`,
    `${head.replaceAll("'./", "'../")}
${await familyOf(family)}
/** The functions of src/calls.ts, a copy for each activation. */
export const copies = {
${copies.join('')}};
`,
  );
}

// All activations in one, for places that forbid compiling; and what bundlers and runtimes make of an import of a binary.
await compile(['assembly/index.ts', FLAG], '', 'f32');
await compile(['assembly/float64/index.ts', FLAG], 'float64-', 'f64');
writeFileSync('build/module.d.ts', 'declare const module: WebAssembly.Module;\nexport default module;\n');
