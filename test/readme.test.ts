// The examples of README and docs run against the built package, and README's table of activations is the table.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Activation, activations } from '../src';
import { run } from './snippets';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const folder = new URL('../docs/', import.meta.url);
const docs = readdirSync(folder)
  .filter((file) => file.endsWith('.md'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'));
const blocks = [readme, ...docs].flatMap((text) =>
  [...text.matchAll(/^```[jt]s\n(.*?)^```/gms)].map(([, code]) => code),
);

describe('examples', () => {
  expect(blocks.length).toBeGreaterThan(4);
  test.each(blocks)('%s', (code) => {
    const body = code.replace(/^import .*$/gm, '').replace(/\/\/ => /g, '// ');
    return run(body, { x: new Float32Array([-1, 0, 2]), y: new Float32Array(3), dy: new Float32Array([1, 1, 1]) });
  });
});

test('table of activations', () => {
  const row = ({ name, spec }: Activation) => {
    const options = Object.entries(spec.defaults).map(
      ([option, value]) => `${option} ${text(value as number | string)}`,
    );
    return `| \`${name}\` | ${spec.formula.replaceAll('|', '\\|')} | ${options.join(', ')} |`;
  };
  const rows = Object.values(activations as unknown as Activation[]).map(row);
  const inReadme = readme.split('\n').filter((line) => line.startsWith('| `'));
  expect(inReadme).toEqual(rows);
});

function text(value: number | string): string {
  if (value === 1 / 6) return '1/6';
  return typeof value === 'string' ? `"${value}"` : String(value);
}
