import uPlot from 'uplot';
import { show, style } from './dom';

export interface Series {
  readonly label: string;
  /** Which of the page's colours, from 0. */
  readonly colour: number;
  readonly y: ArrayLike<number>;
  readonly isDashed?: boolean;
}

export interface ChartOptions {
  /** What the chart shows, for those who do not see it. */
  readonly label: string;
  /** What the horizontal axis has. */
  readonly x: string;
  /** The distances of its marks to choose from. */
  readonly steps?: number[];
  readonly height: number;
  /** The least that the vertical axis shows. */
  readonly y?: readonly [min: number, max: number];
  /** Which vertical ranges are used at all: beyond them lines are cut off. */
  readonly clip?: readonly [min: number, max: number];
  readonly format?: (value: number) => string;
  /** The index of the point that the pointer is at. */
  onPoint?(index: number): void;
}

export const COLOURS = 6;

/** A line chart in the page's colours, as wide as its host. */
export class Chart {
  readonly #host: HTMLElement;
  readonly #options: ChartOptions;
  #plot: uPlot | undefined;
  #x: ArrayLike<number> = [];
  #series: readonly Series[] = [];

  constructor(host: HTMLElement, options: ChartOptions) {
    this.#host = host;
    this.#options = options;
    host.style.minHeight = `${options.height}px`; // so that nothing moves when it comes
    host.setAttribute('role', 'img');
    host.setAttribute('aria-label', options.label);
    new ResizeObserver(() => {
      if (this.#plot && host.clientWidth > 0) {
        this.#plot.setSize({ width: host.clientWidth, height: options.height });
      }
    }).observe(host);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#make());
  }

  draw(x: ArrayLike<number>, series: readonly Series[]): void {
    const isAlike =
      series.length === this.#series.length &&
      series.every(({ label, colour }, i) => label === this.#series[i].label && colour === this.#series[i].colour);
    this.#x = x;
    this.#series = series;
    if (this.#plot && isAlike) this.#plot.setData(this.#data());
    else this.#make();
  }

  /** Marks the point at `index`. */
  point(index: number): void {
    const plot = this.#plot;
    // uPlot sets its scales in a microtask.
    queueMicrotask(() => {
      if (plot && plot === this.#plot) plot.setCursor({ left: plot.valToPos(this.#x[index], 'x'), top: 0 }, false);
    });
  }

  #data(): uPlot.AlignedData {
    // uPlot draws a gap where there is null, and makes nothing of NaN and infinities.
    const columns = this.#series.map(({ y }) => Array.from(y, (v) => (Number.isFinite(v) ? v : null)));
    return [this.#x as number[], ...columns];
  }

  #make(): void {
    this.#plot?.destroy();
    const { height, y = [Infinity, -Infinity], clip = [-Infinity, Infinity], onPoint } = this.#options;
    const { x, steps, format = String } = this.#options;
    const text = (_: uPlot, value: number | null) => (typeof value === 'number' ? show(value) : '');
    const axis: uPlot.Axis = {
      stroke: style('--muted'),
      font: `12px ${style('--font')}`,
      grid: { stroke: style('--line'), width: 1 },
      ticks: { show: false },
    };
    this.#plot = new uPlot(
      {
        width: Math.max(this.#host.clientWidth, 1),
        height,
        legend: { markers: { width: 0, fill: (_, i) => colour(this.#series[i - 1]) } },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        padding: [8, 8, 0, 0],
        scales: {
          x: { time: false },
          y: {
            range: (_, low, high) => {
              const [from, to] = [
                Math.max(Math.min(low ?? 0, y[0]), clip[0]),
                Math.min(Math.max(high ?? 1, y[1]), clip[1]),
              ];
              const margin = (to - from || 1) * 0.04;
              return [from - margin, to + margin];
            },
          },
        },
        axes: [
          { ...axis, size: 30, space: 48, incrs: steps },
          { ...axis, size: 52, space: 28, values: (_, ticks) => ticks.map((v) => format(v)) },
        ],
        series: [
          { label: x, value: text },
          ...this.#series.map((series) => ({
            label: series.label,
            stroke: colour(series),
            width: 2,
            dash: series.isDashed ? [5, 4] : undefined,
            points: { show: false },
            value: text,
          })),
        ],
        hooks: {
          setCursor: [
            ({ cursor: { idx, event } }) => {
              if (event && typeof idx === 'number') onPoint?.(idx);
            },
          ],
        },
      },
      this.#data(),
      this.#host,
    );
  }
}

function colour(series: Series): string {
  return style(`--series-${series.colour + 1}`);
}
