// The examples, as their readers run them, on the built package.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

function run(example: string, ...args: string[]): string {
  const file = new URL(`../examples/${example}`, import.meta.url).pathname;
  return execFileSync(process.execPath, [file, ...args], { encoding: 'utf8', stdio: 'pipe' });
}

/** The cells of a printed table, row by row, without the head. */
function cells(output: string): string[][] {
  const rows = output.split('\n').filter((line) => line.startsWith('│'));
  return rows.slice(1).map((line) =>
    line
      .split('│')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('network.js: two layers by hand', () => {
  const output = run('network.js');
  // W1 (1, 2) + b1 = (0, 0, 0); W1 (2, 1) + b1 = (2, 4, 6); W2 (2, 4, 6) + b2 = (11, 16).
  expect(output).toContain(
    'x = 1,2: W1 x + b1 = 0, 0, 0\n  relu    0, 0, 0\n  sigmoid 0.5, 0.5, 0.5\n  tanh    0, 0, 0\n  h2      1, 2\n',
  );
  expect(output).toContain('x = 2,1: W1 x + b1 = 2, 4, 6\n  relu    2, 4, 6\n  sigmoid 0.8808, 0.982, 0.9975\n');
  expect(output).toContain('  h2      11, 16\n  gradient of h2[0] with respect to x: 5, -5; to b1: 1, -1, 2\n');
});

test('dead-neurons.js: a mean of -0.5 puts over 40 % of the units to sleep, and each cure wakes them', () => {
  const rows = cells(run('dead-neurons.js'));
  expect(rows.map(([mean]) => Number(mean))).toEqual([0, -0.25, -0.4, -0.5, -0.75, -1]);
  for (const [mean, ...shares] of rows) {
    const [plain, ...cured] = shares.map((share) => Number.parseInt(share, 10));
    if (Number(mean) <= -0.5) expect(plain).toBeGreaterThan(40);
    expect(cured).toEqual([0, 0, 0]);
  }
});

describe('digits-training.js', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lanewise-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const svg = join(directory, 'curves.svg');
  const train = (...args: string[]) => run('digits-training.js', '--svg', svg, ...args);

  test('learns', () => {
    const first = cells(train('--folds', '1', '--epochs', '9', 'relu', 'prelu'));
    const curves = readFileSync(svg, 'utf8');
    expect(first.map(([name]) => name)).toEqual(['relu', 'prelu']);
    for (const [, accuracy, , reached, dead] of first) {
      expect(Number(accuracy)).toBeGreaterThan(94);
      expect(Number(reached)).toBeLessThanOrEqual(9);
      expect(dead).toMatch(/^\d+\.0 of 64$/);
    }
    // A curve of its own for each, and both behind each.
    const paths = (label: string) => curves.match(new RegExp(`<path[^>]*aria-label="${label}"[^>]*>`, 'g')) ?? [];
    expect(paths('own')).toHaveLength(2);
    expect(paths('all')).toHaveLength(4);
    expect(String(paths('own'))).toMatch(/ d="M[\d.,LCQZ]+"/);
    for (const words of ['relu', 'prelu', 'epoch', 'Errors among the test digits']) expect(curves).toContain(words);
  });

  test('the same seed gives the same figures and curves', () => {
    const short = (seed: string) => {
      const [row] = cells(train('--folds', '1', '--epochs', '2', '--seed', seed, 'relu'));
      return [row.slice(0, -1), readFileSync(svg, 'utf8')];
    };
    const first = short('1');
    expect(short('1')).toEqual(first);
    expect(short('2')[1]).not.toBe(first[1]);
  });

  test.each([
    [['--folds', '6'], '--folds must be from 1 to 5'],
    [['--epochs', '0.5'], '--epochs from 1 up'],
    [['rellu'], 'no activation rellu, expected some of celu, '],
  ])('%j', (args, message) => {
    expect(() => train(...args)).toThrow(message);
  });
});

describe('digits-int8.js', () => {
  test('at most half a point is lost', () => {
    const output = run('digits-int8.js', '--folds', '2', '--epochs', '9');
    const [float32, int8] = cells(output);
    expect([float32[0], int8[0]]).toEqual(['float32', 'int8']);
    expect(Number(float32[1])).toBeGreaterThan(94);
    expect(Number(int8[1])).toBeGreaterThanOrEqual(Number(float32[1]) - 0.5);
    expect(Number(float32[3])).toBe(4 * Number(int8[3]));
    expect(output).toMatch(/^-?\d\.\d\d points lost$/m);
  });

  test('wrong options', () => {
    expect(() => run('digits-int8.js', '--folds', '6')).toThrow('--folds must be from 1 to 5');
  });
});
