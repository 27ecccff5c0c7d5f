import { axisX, axisY, barX, gridX, plot, text } from '@observablehq/plot';
import { parseHTML } from 'linkedom';

// The file has a ground of its own, so that it is legible on a page of either colour scheme.
const colors = `
svg { background: #ffffff; color: #1f2328; }
[aria-label="in an arena"] { fill: #a5cbf5; }
[aria-label="any array"] { fill: #1f6fc9; }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; color: #e6edf3; }
  [aria-label="in an arena"] { fill: #1e477c; }
  [aria-label="any array"] { fill: #58a6ff; }
}`;

/**
 * An SVG of how many times as fast as its plain loop each activation is, on a logarithmic scale.
 *
 * @param results - of one size and direction, as bench.js has them
 * @param title - what stands above
 */
export function chart(results, title) {
  const { document } = parseHTML('<html><body></body></html>');
  const bars = results
    .map(({ name, ns }) => ({ name, arena: ns.plain / ns.arena, any: ns.plain / ns.lanewise }))
    .sort((a, b) => b.arena - a.arena);
  const ticks = [1, 2, 5, 10, 20, 50, 100];
  const bar = (way, label, inset) =>
    barX(bars, { y: 'name', x1: 1, x2: way, ariaLabel: () => label, insetTop: inset, insetBottom: inset });
  const above = (words, dx, dy, options) =>
    text([words], { frameAnchor: 'top-left', dx, dy, fontSize: 12, textAnchor: 'start', ...options });
  const svg = plot({
    document,
    width: 720,
    height: 90 + 18 * bars.length,
    marginTop: 74,
    marginLeft: 120,
    marginRight: 48,
    marginBottom: 12,
    x: { type: 'log', domain: [1, Math.max(...bars.map(({ arena }) => arena))] },
    y: { domain: bars.map(({ name }) => name), padding: 0.18 },
    marks: [
      gridX({ ticks }),
      axisX({ ticks, anchor: 'top', label: null, tickFormat: (v) => `${v} x`, tickSize: 0, fontSize: 12 }),
      axisY({ label: null, tickSize: 0, fontSize: 12 }),
      bar('arena', 'in an arena', 0),
      bar('any', 'any array', 4),
      text(bars, { y: 'name', x: 'arena', text: ({ arena }) => arena.toPrecision(2), textAnchor: 'start', dx: 4 }),
      above(title, -105, -58, { fontSize: 14, fontWeight: 600 }),
      ...['in an arena', 'any array'].flatMap((label, i) => [
        above('\u25a0', -105 + 100 * i, -41, { ariaLabel: () => label, fontSize: 16 }),
        above(label, -88 + 100 * i, -38),
      ]),
    ],
  });
  const style = document.createElement('style');
  style.textContent = colors;
  svg.append(style);
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
