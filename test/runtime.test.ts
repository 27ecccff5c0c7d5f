// That the tests run where `npm run test:runtimes` says they do, and on which backend.
import { expect, test } from 'vitest';
import { backend } from '../src';

const expected = process.env.LANEWISE_RUNTIME;

test.runIf(expected)('the runtime', () => {
  const { bun, deno, node } = process.versions as { [runtime: string]: string };
  const name = bun ? `bun ${bun}` : deno ? `deno ${deno}` : `node ${node}`;
  expect(name).toBe(expected);
});

test('the best backend', () => {
  expect(backend).toBe('relaxed');
});
