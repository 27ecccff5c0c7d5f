import { table } from 'virtual:table';
import type { Backend } from 'lanewise';
import { Client, isCancelled } from './client';
import { choiceControl, parametersOf, takeAll } from './controls';
import { h, notice, show } from './dom';
import type { Start } from './main';
import type { RaceRequest, RaceType, Times, Way } from './work/race';

const sets: { readonly [set: string]: readonly string[] } = {
  popular: ['relu', 'leakyRelu', 'elu', 'sigmoid', 'tanh', 'silu', 'gelu', 'softplus', 'mish'],
  all: table.map(({ name }) => name),
};
/** A plain loop needs an array of numbers. */
const types: readonly RaceType[] = [
  'float32',
  'float64',
  ...('Float16Array' in globalThis ? (['float16'] as const) : []),
];
const ways: readonly (readonly [way: Way, label: string])[] = [
  ['plain', 'plain JavaScript'],
  ['any', 'lanewise, any array'],
  ['arena', 'lanewise, in an arena'],
  ['threads', 'lanewise, threads'],
];

/** Plain JavaScript against lanewise on the visitor's machine. */
export const start: Start = (root, remember) => {
  const client = new Client();
  const message = notice();
  const cores = navigator.hardwareConcurrency || 1;
  const threadCounts = crossOriginIsolated
    ? [1, 2, 4, 8, 16, 32].filter((count) => count === 1 || count <= Math.max(cores, 2)).map(String)
    : ['1'];
  const changed = () => {
    remember(parametersOf(controls));
    if (go.disabled) return;
    request = undefined;
    results.clear();
    copy.disabled = true;
    draw();
  };
  const controls = {
    activations: choiceControl('Activations', [...Object.keys(sets), ...sets.all], 'popular', changed, (set) =>
      set === 'popular' ? 'nine popular ones' : set === 'all' ? `all ${sets.all.length}` : set,
    ),
    direction: choiceControl('What', ['forward', 'backward'], 'forward', changed, (value) =>
      value === 'forward' ? 'values' : 'gradients',
    ),
    type: choiceControl('Type', types, 'float32', changed),
    n: choiceControl('Elements', ['1000', '10000', '100000', '1000000', '10000000'], '1000000', changed, (n) =>
      Number(n).toLocaleString('en'),
    ),
    backend: choiceControl('Backend', ['best', 'relaxed', 'simd', 'js'], 'best', changed, (value) =>
      value === 'best' ? 'fastest here' : value,
    ),
    threads: choiceControl('Threads', threadCounts, '1', changed),
  };
  const go = h('button', { type: 'submit', class: 'primary' }, 'Start');
  const cancel = h('button', { type: 'button', hidden: true, onclick: () => client.stop() }, 'Cancel');
  const copy = h('button', { type: 'button', disabled: true, onclick: copyResults }, 'Copy as Markdown');
  const bar = h('progress', { max: 1, value: 0, 'aria-label': 'Progress of the race', hidden: true });
  const status = h('p', { class: 'hint', role: 'status' }, 'Nothing measured yet.');
  const legend = h('ul', { class: 'legend', 'aria-hidden': 'true' });
  const tracks = h('ol', { class: 'tracks' });
  const results = new Map<string, Times>();
  let request: RaceRequest | undefined;
  let used: Backend | undefined;

  root.append(
    h('h1', {}, 'Race'),
    h(
      'p',
      { class: 'lead' },
      'The loop that one would write by hand against lanewise, on this machine. Longer is faster.',
    ),
    message.element,
    h(
      'form',
      {
        class: 'settings',
        onsubmit(event: Event) {
          event.preventDefault();
          run();
        },
      },
      ...Object.values(controls).map(({ element }) => element),
      h('div', { class: 'buttons' }, go, cancel, copy),
    ),
    h(
      'p',
      { class: 'hint', hidden: crossOriginIsolated },
      'Threads need a cross-origin isolated page, which this server does not make it.',
    ),
    bar,
    status,
    legend,
    tracks,
  );

  async function run(): Promise<void> {
    const { direction, type, n, backend, threads } = controls;
    request = {
      names: names(),
      direction: direction.value as RaceRequest['direction'],
      type: type.value as RaceType,
      n: Number(n.value),
      backend: backend.value === 'best' ? undefined : (backend.value as Backend),
      threads: Number(threads.value),
    };
    message.show();
    results.clear();
    draw();
    setRunning(true);
    try {
      used = await client.run('race', request, ({ done, of, name, times }) => {
        results.set(name, times);
        bar.max = of;
        bar.value = done;
        status.textContent = `Measuring ${name}`;
        draw();
      });
      status.textContent = 'Done. Medians of nine rounds, in nanoseconds per element.';
    } catch (error) {
      if (isCancelled(error)) status.textContent = 'Cancelled.';
      else message.show((error as Error).message);
    }
    client.stop();
    setRunning(false);
  }

  function setRunning(isRunning: boolean): void {
    go.disabled = isRunning;
    copy.disabled = isRunning || results.size === 0;
    cancel.hidden = !isRunning;
    bar.hidden = !isRunning;
    bar.removeAttribute('value');
  }

  /** The names to be raced. */
  function names(): readonly string[] {
    return sets[controls.activations.value] ?? [controls.activations.value];
  }

  function draw(): void {
    const all = [...results.values()];
    const fastest = Math.max(...all.flatMap((times) => ways.map(([way]) => speedUp(times, way) ?? 0)));
    const run = ways.filter(([way]) => way !== 'threads' || controls.threads.value !== '1');
    legend.replaceChildren(...run.map(([way, label]) => h('li', { class: way }, label)));
    tracks.replaceChildren(
      ...(request?.names ?? names()).map((name) =>
        h(
          'li',
          {},
          h('h2', {}, name),
          h(
            'div',
            { class: 'lanes' },
            ...run.map(([way, label]) => lane(way, label, results.get(name) ?? {}, fastest)),
          ),
        ),
      ),
    );
  }

  function lane(way: Way, label: string, times: Times, fastest: number): HTMLElement {
    const ns = times[way];
    const factor = speedUp(times, way);
    const fill = h('span', { class: `fill ${way}` });
    fill.style.width = factor === undefined ? '0' : `${(100 * factor) / fastest}%`;
    return h(
      'div',
      { class: 'lane' },
      h('span', { class: 'unseen' }, `${label}: `),
      h('span', { class: 'bar' }, fill),
      h('strong', { class: 'figure' }, factor === undefined || way === 'plain' ? '' : `${show(factor, 2)} ×`),
      h('span', { class: 'figure' }, ns === undefined ? '' : `${show(ns, 2)} ns`),
    );
  }

  async function copyResults(): Promise<void> {
    const text = markdown();
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = 'Copied.';
    } catch {
      message.show('This browser does not let the page copy. The table:', text);
    }
  }

  function markdown(): string {
    if (request === undefined) return '';
    const run = ways.filter(([way]) => [...results.values()].some((times) => times[way] !== undefined));
    const cells = (times: Times) =>
      run.map(([way]) => {
        const factor = way === 'plain' ? '' : ` (${show(speedUp(times, way) ?? 0, 2)} x)`;
        return `${show(times[way] ?? Number.NaN, 2)}${factor}`;
      });
    const lines = [
      [
        'ns per element',
        ...run.map(([way, label]) => (way === 'threads' ? `lanewise, ${request?.threads} threads` : label)),
      ],
      ['---', ...run.map(() => '---:')],
      ...[...results].map(([name, times]) => [name, ...cells(times)]),
    ];
    const what = request.direction === 'forward' ? 'values' : 'gradients';
    return [
      ...lines.map((line) => `| ${line.join(' | ')} |`),
      '',
      `${request.n.toLocaleString('en')} elements of ${request.type}, ${what}, backend ${used ?? request.backend ?? 'unknown'}; ${navigator.userAgent}`,
    ].join('\n');
  }

  return {
    take(parameters) {
      message.show(...takeAll(controls, parameters));
      draw();
    },
  };
};

/** How many times as fast as the plain loop. */
function speedUp(times: Times, way: Way): number | undefined {
  const [ns, plain] = [times[way], times.plain];
  return ns === undefined || plain === undefined ? undefined : plain / ns;
}
