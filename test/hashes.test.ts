// The simd kernels give the same bits in every Node; test/browser compares the same hashes in Chromium.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fingerprints } from '../scripts/verify/fingerprint.js';
import * as lanewise from '../src';

// npm run verify -- --hashes
const committed = JSON.parse(readFileSync(new URL('golden/hashes.json', import.meta.url), 'utf8'));

test('this Node', async () => {
  // dist's types leave out what is internal.
  expect(await fingerprints(lanewise as unknown as Parameters<typeof fingerprints>[0])).toEqual(committed);
});

/** Prints the hashes of the built package. */
const program = `
  import * as lanewise from 'lanewise';
  import { fingerprints } from './scripts/verify/fingerprint.js';
  console.log(JSON.stringify(await fingerprints(lanewise)));
`;

for (const version of [20, 22, 24, 26]) {
  const node = fileURLToPath(new URL(`runtimes/node_modules/node${version}/bin/node`, import.meta.url));
  const isAbsent = !existsSync(node);
  if (isAbsent) console.warn(`Node ${version} is not installed (npm ci --prefix test/runtimes): its test is skipped.`);
  test.skipIf(isAbsent)(`Node ${version}`, () => {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const output = execFileSync(node, ['--input-type=module', '--eval', program], { cwd, encoding: 'utf8' });
    expect(JSON.parse(output)).toEqual(committed);
  });
}
