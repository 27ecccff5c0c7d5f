// npm run example:plot [-- names... --from -10 --to 10 --points 201 --out activations.svg]
//
// Draws activations and, below, their derivatives.

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { axisX, axisY, gridX, gridY, line, plot, ruleX, ruleY, text } from '@observablehq/plot';
import { activations } from 'lanewise';
import { parseHTML } from 'linkedom';

const WIDTH = 720;
const MARGIN = 48;
const PANEL = 320;
const LEGEND_COLUMNS = 5;
const LEGEND_ROW = 20;
// Okabe and Ito's colours, which the colour-blind can tell apart, without those too light for a line.
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d46', '#767d86'];
const DASHES = ['none', '7 3', '2 3'];
const MOST = COLORS.length * DASHES.length;
// The file has a ground of its own, so that it is legible on a page of either colour scheme.
const STYLE = `
svg { background: #ffffff; color: #1f2328; font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg { background: #0d1117; color: #e6edf3; } }`;

try {
  const { names, from, to, points, out } = request();
  writeFileSync(out, draw(names, from, to, points));
  console.log(`${out}: ${names.join(', ')} and their derivatives from ${from} to ${to}`);
} catch (error) {
  console.error(`plot: ${error.message}`);
  process.exitCode = 2;
}

/** What the command line asks for, checked. */
function request() {
  const { values, positionals } = parseArgs({
    // parseArgs takes the -10 of `--from -10` for another option.
    args: process.argv.slice(2).reduce((args, arg) => {
      if (/^-\.?\d/.test(arg) && args.at(-1)?.startsWith('--')) args.push(`${args.pop()}=${arg}`);
      else args.push(arg);
      return args;
    }, []),
    allowPositionals: true,
    options: {
      from: { type: 'string', default: '-10' },
      to: { type: 'string', default: '10' },
      points: { type: 'string', default: '201' },
      out: { type: 'string', default: 'activations.svg' },
    },
  });
  const chosen = positionals.length > 0 ? positionals : ['sigmoid', 'tanh', 'relu', 'leakyRelu', 'elu'];
  const names = [...new Set(chosen)];
  const unknown = names.filter((name) => !Object.hasOwn(activations, name));
  if (unknown.length > 0) {
    throw new RangeError(`no activation ${unknown.join(', ')}; there are ${Object.keys(activations).join(', ')}`);
  }
  if (names.length > MOST) throw new RangeError(`expected at most ${MOST} activations, got ${names.length}`);
  const [from, to, points] = [values.from, values.to, values.points].map(Number);
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to)) {
    throw new RangeError(`--from and --to must be numbers, the lower first, got ${values.from} and ${values.to}`);
  }
  if (!(Number.isInteger(points) && points >= 2 && points <= 10_000)) {
    throw new RangeError(`--points must be an integer from 2 to 10000, got ${values.points}`);
  }
  return { names, from, to, points, out: values.out };
}

/** The SVG: legend, activations, derivatives. */
function draw(names, from, to, points) {
  const { document } = parseHTML('<html><body></body></html>');
  const x = Float32Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));
  const ones = new Float32Array(points).fill(1);
  const functions = names.map((name) => activations[name]);
  const values = functions.map((f) => f(x));
  const derivatives = functions.map((f) => f.backward(ones, x));

  const legendHeight = LEGEND_ROW * Math.ceil(names.length / LEGEND_COLUMNS) + 8;
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const height = legendHeight + 2 * PANEL;
  const size = { width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}`, xmlns: 'http://www.w3.org/2000/svg' };
  for (const [name, value] of Object.entries(size)) svg.setAttribute(name, value);
  const style = document.createElement('style');
  style.textContent = STYLE;
  const parts = [legend(), panel('f(x)', values), panel("f'(x)", derivatives)];
  for (const [i, y] of [0, legendHeight, legendHeight + PANEL].entries()) parts[i].setAttribute('y', y);
  svg.append(style, ...parts);
  return `${svg.outerHTML}\n`;

  function stroke(i) {
    const strokeDasharray = DASHES[Math.floor(i / COLORS.length)];
    // The first are the widest, so that those which coincide with a later one show at its sides.
    const strokeWidth = 2 + 0.5 * Math.min(4, names.length - 1 - i);
    return { stroke: COLORS[i % COLORS.length], strokeDasharray, strokeWidth };
  }

  function legend() {
    const width = (WIDTH - 2 * MARGIN) / LEGEND_COLUMNS;
    const marks = names.flatMap((name, i) => {
      const [left, y] = [width * (i % LEGEND_COLUMNS), Math.floor(i / LEGEND_COLUMNS)];
      const ends = [left, left + 24].map((x) => ({ x, y }));
      return [
        line(ends, { x: 'x', y: 'y', ...stroke(i) }),
        text([name], { x: left + 30, y, text: [name], textAnchor: 'start', fontSize: 13, ariaLabel: 'legend' }),
      ];
    });
    return plot({
      document,
      width: WIDTH,
      height: legendHeight,
      margin: MARGIN,
      marginTop: LEGEND_ROW / 2 + 6,
      marginBottom: LEGEND_ROW / 2,
      x: { type: 'linear', domain: [0, WIDTH - 2 * MARGIN], axis: null },
      y: { type: 'linear', domain: [Math.max(1, Math.ceil(names.length / LEGEND_COLUMNS) - 1), 0], axis: null },
      marks,
    });
  }

  function panel(label, curves) {
    return plot({
      document,
      width: WIDTH,
      height: PANEL,
      margin: MARGIN,
      marginTop: 28,
      marginBottom: 28,
      x: { domain: [from, to] },
      y: { nice: true },
      marks: [
        gridX(),
        gridY(),
        axisX({ label: 'x', tickSize: 0, fontSize: 12 }),
        axisY({ label, labelArrow: 'none', tickSize: 0, fontSize: 12 }),
        ruleX([0], { strokeOpacity: 0.5 }),
        ruleY([0], { strokeOpacity: 0.5 }),
        ...curves.map((curve, i) =>
          // Where a value overflows the curve has a gap.
          line(curve, {
            x: (_, j) => x[j],
            y: (v) => (Number.isFinite(v) ? v : Number.NaN),
            ...stroke(i),
            ariaLabel: () => names[i],
          }),
        ),
      ],
    });
  }
}
