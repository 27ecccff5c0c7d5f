// The plot that examples/plot.js draws, as its users start it.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseHTML } from 'linkedom';
import { afterAll, describe, expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'lanewise-plot-'));
const file = join(folder, 'plot.svg');
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  return promisify(execFile)(process.execPath, ['examples/plot.js', ...args, '--out', file], { cwd: root });
}

/** The legend's names, and the points of the curves of both panels, by name, in units of the SVG. */
function contents(svg: string) {
  const [, legend, ...panels] = parseHTML(svg).document.querySelectorAll('svg');
  return {
    legend: [...legend.querySelectorAll('text')].map((text) => text.textContent),
    curves: panels.map((panel) =>
      Object.fromEntries(
        [...panel.querySelectorAll('path[aria-label]')].map((path) => [
          path.getAttribute('aria-label') as string,
          (path.getAttribute('d') ?? '')
            .split(/[ML]/)
            .slice(1)
            .map((point) => point.split(',').map(Number)),
        ]),
      ),
    ),
    ticks: panels.map((panel) => panel.querySelectorAll('[aria-label="x-grid"] line').length),
  };
}

describe('the default plot', () => {
  const names = ['sigmoid', 'tanh', 'relu', 'leakyRelu', 'elu'];
  test('legend, grid and curves', async () => {
    await run();
    const { legend, curves, ticks } = contents(readFileSync(file, 'utf8'));
    expect(legend).toEqual(names);
    expect(curves.map(Object.keys)).toEqual([names, names]);
    for (const points of curves.flatMap(Object.values)) {
      expect(points).toHaveLength(201);
      expect(points.flat().every(Number.isFinite)).toBe(true);
    }
    expect(Math.min(...ticks)).toBeGreaterThan(5);
    // relu is level up to 0 and rises from there; its derivative jumps there.
    const [relu, derivative] = curves.map((panel) => panel.relu.map(([, y]) => y));
    expect(new Set(relu.slice(0, 101)).size).toBe(1);
    expect(relu[200]).toBeLessThan(relu[101]);
    expect(new Set(derivative)).toEqual(new Set([derivative[0], derivative[200]]));
  });

  test('docs/activations.svg is it, but for the rounding of another backend', () => {
    const [kept, drawn] = [new URL('docs/activations.svg', root), file].map((svg) =>
      contents(readFileSync(svg, 'utf8')),
    );
    expect(kept.legend).toEqual(drawn.legend);
    const coordinates = ({ curves }: typeof kept) => curves.flatMap(Object.values).flat(2);
    const expected = coordinates(drawn);
    expect(Math.max(...coordinates(kept).map((v, i) => Math.abs(v - expected[i])))).toBeLessThan(0.01);
  });
});

test('names and range of one’s own; a value that overflows leaves a gap', async () => {
  await run('exp', 'gelu', '--from', '-1', '--to', '99', '--points', '101');
  const { legend, curves } = contents(readFileSync(file, 'utf8'));
  expect(legend).toEqual(['exp', 'gelu']);
  expect(curves[0].gelu).toHaveLength(101);
  expect(curves[0].exp).toHaveLength(90);
  expect(curves[0].exp.flat().every(Number.isFinite)).toBe(true);
});

test.each([
  [['rellu'], 'no activation rellu; there are celu, elu, '],
  [['relu', '--from', '3', '--to', '-2'], '--from and --to must be numbers, the lower first, got 3 and -2'],
  [['--points', '1.5'], '--points must be an integer from 2 to 10000, got 1.5'],
])('%s', async (args, message) => {
  await expect(run(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(`plot: ${message}`) });
});
