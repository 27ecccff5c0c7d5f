import { axisX, axisY, gridY, line, plot, text } from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const COLUMNS = 5;
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];

// A ground of its own, so that the file is legible on a page of either colour scheme.
const colors = `
svg { background: #ffffff; color: #1f2328; }
[aria-label="all"] { stroke: #d1d9e0; }
[aria-label="own"] { stroke: #1f6fc9; }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; color: #e6edf3; }
  [aria-label="all"] { stroke: #3d444d; }
  [aria-label="own"] { stroke: #58a6ff; }
}`;

/**
 * An SVG of the test error by epoch: a panel for each name, with the others' curves behind its own.
 *
 * @param curves - `{ name, epoch, error }`, with the error in percent
 * @param title - what stands above
 */
export function learningCurves(curves, title) {
  const { document } = parseHTML('<html><body></body></html>');
  const names = [...new Set(curves.map(({ name }) => name))];
  const rows = Math.ceil(names.length / COLUMNS);
  const errors = curves.map(({ error }) => error);
  const domain = [Math.max(...TICKS.filter((v) => v <= Math.min(...errors)), TICKS[0]), Math.max(...errors)];
  const ticks = TICKS.filter((v) => v >= domain[0] && v <= domain[1]);
  const all = [...new Set(curves.map(({ epoch }) => epoch))];
  const epochs = all.filter((epoch) => epoch % Math.ceil(all.length / 5) === 0);
  const panel = (name) => ({ fx: names.indexOf(name) % COLUMNS, fy: Math.floor(names.indexOf(name) / COLUMNS) });
  const own = curves.map((point) => ({ ...point, ...panel(point.name) }));
  const svg = plot({
    document,
    width: 900,
    height: 70 + 170 * rows,
    marginTop: 50,
    marginLeft: 50,
    fx: { axis: null, padding: 0.12 },
    fy: { axis: null, padding: 0.2 },
    marginBottom: 36,
    y: { type: 'log', domain },
    marks: [
      gridY({ ticks }),
      axisY({ ticks, tickFormat: (v) => `${v} %`, tickSize: 0, label: null }),
      axisX({ tickSize: 3, label: 'epoch', labelArrow: 'none', ticks: epochs }),
      line(curves, { x: 'epoch', y: 'error', z: 'name', facet: null, strokeWidth: 1, ariaLabel: () => 'all' }),
      line(own, { x: 'epoch', y: 'error', fx: 'fx', fy: 'fy', strokeWidth: 2, ariaLabel: () => 'own' }),
      text([title], {
        facet: 'super',
        frameAnchor: 'top-left',
        dx: -40,
        dy: -34,
        fontSize: 14,
        fontWeight: 600,
        textAnchor: 'start',
      }),
      text(
        names.map((name) => ({ name, ...panel(name) })),
        {
          fx: 'fx',
          fy: 'fy',
          text: 'name',
          frameAnchor: 'top-right',
          dy: 4,
          fontSize: 12,
          fontWeight: 600,
        },
      ),
    ],
  });
  const style = document.createElement('style');
  style.textContent = colors;
  svg.append(style);
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
