// npm run test:runtimes: the tests of the package's core on each Node, on Deno and on Bun, a line for each. With --all, every test that
// needs no particular runtime, which takes some minutes each; with names, on these alone: npm run test:runtimes -- deno bun

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = 'node_modules/vitest/vitest.mjs';

/** Programs, and what each needs in front of vitest. */
const runtimes = {
  ...Object.fromEntries(
    [20, 22, 24, 26].map((version) => [
      `node${version}`,
      { program: `test/runtimes/node_modules/node${version}/bin/node`, args: [] },
    ]),
  ),
  deno: { program: 'test/packages/node_modules/deno/deno', args: ['run', '--allow-all'] },
  bun: { program: 'test/packages/node_modules/bun/bin/bun.exe', args: ['--bun'] },
};

/** Values, gradients, bits, errors and threads, within seconds. */
const core = [
  'errors',
  'float64',
  'golden',
  'gradient',
  'hashes',
  'library',
  'nn',
  'parallel',
  'quantized',
  'quantized-dense',
  'rows-types',
  'runtime',
  'safetensors',
];
/** Of Node's own tools, of documents and of other programs. */
const others = ['examples', 'plot', 'readme', 'sources', 'tsdoc', 'verify'];

const { values, positionals } = parseArgs({ options: { all: { type: 'boolean' } }, allowPositionals: true });
const names = positionals.length > 0 ? positionals : Object.keys(runtimes);
const reports = await mkdtemp(join(tmpdir(), 'lanewise-'));

/** Runs the tests; the line that says how that went, and vitest's output where it went wrong. */
async function run(name) {
  const runtime = runtimes[name];
  if (runtime === undefined) return { error: `no such runtime, there are ${Object.keys(runtimes).join(', ')}` };
  const { program, args } = runtime;
  if (!existsSync(join(root, program)))
    return { error: `not installed: npm install --prefix ${program.split('/node_modules')[0]}` };
  const report = join(reports, name);
  const files = values.all
    ? ['test/*.test.ts', ...others.flatMap((test) => ['--exclude', `test/${test}.test.ts`])]
    : core.map((test) => `test/${test}.test.ts`);
  const { stdout: version } = await promisify(execFile)(program, ['--version'], { cwd: root });
  // In Deno's own cache there may be what a file of the same path and length was before (2.9).
  const env = {
    ...process.env,
    DENO_DIR: join(reports, 'cache'),
    LANEWISE_RUNTIME: `${name.replace(/\d+/, '')} ${version.match(/\d+\.\d+\.\d+/)}`,
  };
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`];
  try {
    await promisify(execFile)(program, [...args, vitest, 'run', ...files, ...reporters], {
      cwd: root,
      env,
      maxBuffer: 2 ** 26,
    });
  } catch (cause) {
    return { error: `${env.LANEWISE_RUNTIME}: failed`, output: `${cause.stdout}${cause.stderr}` };
  }
  const { numPassedTests: passed, numPendingTests: skipped } = JSON.parse(await readFile(report, 'utf8'));
  return { line: `${env.LANEWISE_RUNTIME}: ${passed} tests passed${skipped > 0 ? `, ${skipped} skipped` : ''}` };
}

/** Runs them and prints how that went. */
async function tell(name) {
  const start = performance.now();
  const { line, error, output } = await run(name);
  if (line === undefined) process.exitCode = 1;
  if (output !== undefined) console.error(output);
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(line === undefined ? `${name}: ${error}` : `${line} in ${seconds} s`);
}

// Deno takes some minutes, which it spends waiting for threads to end: meanwhile the others take their turns.
const deno = names.includes('deno') ? tell('deno') : undefined;
for (const name of names) if (name !== 'deno') await tell(name);
await deno;
await rm(reports, { recursive: true });
