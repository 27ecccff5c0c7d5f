// Every @example of the sources runs against the built package, and gives the numbers that it states.
import { readdirSync, readFileSync } from 'node:fs';
import { Dense, encodeSafetensors, Sequential } from 'lanewise/nn';
import { expect, test } from 'vitest';
import { run } from './snippets';

const folder = new URL('../src/', import.meta.url);
const examples = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.startsWith('generated'))
  .flatMap((file) => {
    const source = readFileSync(new URL(file, folder), 'utf8');
    return [...source.matchAll(/ \* @example\n(.*?)(?=\n *\*\/|\n *\* @)/gs)].map(
      ([, code]) => [file, code.replace(/^ *\* ?/gm, '')] as const,
    );
  });

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(80);
});

test.each(examples)('%s: %s', (_, code) => {
  const model = new Sequential(new Dense({ inputs: 2, units: 2, weights: new Float32Array(4) }));
  const bytes = encodeSafetensors([{ name: 'bias', shape: [1], value: new Float32Array(1) }]);
  return run(code, { x: new Float32Array(4), labels: [0, 1], model, bytes });
});
