// The simd kernels give the same bits in every engine: also run by `npm run test:runtimes` and `npm run test:browser`.
import { expect, test } from 'vitest';
import { fingerprints } from '../scripts/verify/fingerprint.js';
import * as lanewise from '../src';
// npm run verify -- --hashes
import hashes from './golden/hashes.json?raw';

test('the same bits as ever', async () => {
  // dist's types leave out what is internal.
  const library = lanewise as unknown as Parameters<typeof fingerprints>[0];
  expect(await fingerprints(library)).toEqual(JSON.parse(hashes));
});
