import { type Row, table } from 'virtual:table';
import { Chart, COLOURS, type Series } from './chart';
import { Client } from './client';
import {
  type Control,
  choiceControl,
  choiceOf,
  formatChoice,
  numberControl,
  optionControls,
  parametersOf,
  parseChoice,
  takeAll,
  takeOptions,
} from './controls';
import { h, notice, show } from './dom';
import type { Start } from './main';
import type { Curve, Curves } from './work/curves';

/** An activation on show. */
interface Shown {
  readonly row: Row;
  readonly colour: number;
  readonly options: { readonly [option: string]: Control<unknown> };
  readonly card: HTMLElement;
  /** Where the card says what is wrong with the options. */
  readonly fault: HTMLElement;
}

const DEFAULT = ['relu', 'leakyRelu', 'gelu', 'silu'];
const RANGE = { min: -1000, max: 1000 };

/** Curves, derivatives and errors of activations of one's choice. */
export const start: Start = (root, remember) => {
  const client = new Client();
  const message = notice();
  let shown: Shown[] = [];
  let latest: Curves | undefined;
  let isBusy = false;
  let isStale = false;

  const chips = new Map(
    table.map(({ name }) => [
      name,
      h('button', { type: 'button', class: 'chip', 'aria-pressed': 'false', onclick: () => toggle(name) }, name),
    ]),
  );
  const cards = h('div', { class: 'cards' });
  const from = numberControl('From x', { ...RANGE, value: -4, step: 0.5 }, changed);
  const to = numberControl('to x', { ...RANGE, value: 4, step: 0.5 }, changed);
  const error = choiceControl('Error of the', ['value', 'derivative'], 'value', changed);
  const hosts = {
    value: h('div', { class: 'chart' }),
    derivative: h('div', { class: 'chart' }),
    error: h('div', { class: 'chart' }),
  };
  const onPoint = (index: number) => {
    position.value = String(index);
    point(index);
  };
  const format = (value: number) => show(value, 3);
  const charts = {
    value: new Chart(hosts.value, {
      label: 'Curves of the values',
      x: 'x',
      height: 300,
      clip: [-12, 12],
      format,
      onPoint,
    }),
    derivative: new Chart(hosts.derivative, {
      label: 'Curves of the derivatives',
      x: 'x',
      height: 300,
      clip: [-12, 12],
      format,
      onPoint,
    }),
    error: new Chart(hosts.error, {
      label: 'Errors',
      x: 'x',
      height: 180,
      y: [0, 2],
      clip: [0, 4],
      format,
      onPoint,
    }),
  };
  const position = h('input', {
    type: 'range',
    min: '0',
    max: '480',
    step: '1',
    value: '300',
    'aria-label': 'x of the table',
    oninput: () => point(position.valueAsNumber),
  });
  const at = h('output', { class: 'at' });
  const rows = h('tbody');
  const backend = h('span');

  root.append(
    h('h1', {}, 'Explore'),
    h(
      'p',
      { class: 'lead' },
      'Up to six activations: their curves, their derivatives, and how far the float32 kernels are from exact.',
    ),
    message.element,
    h('div', { class: 'chips', role: 'group', 'aria-label': 'Activations' }, ...chips.values()),
    cards,
    h('div', { class: 'range plain-numbers' }, from.element, to.element),
    h(
      'div',
      { class: 'charts' },
      h('section', {}, h('h2', {}, 'Value'), hosts.value),
      h('section', {}, h('h2', {}, 'Derivative'), hosts.derivative),
      h(
        'section',
        { class: 'wide' },
        h('div', { class: 'heading' }, h('h2', {}, 'Error'), error.element),
        h(
          'p',
          { class: 'hint' },
          'In units in the last place of float32, against the definition in float64: the worst of 32 inputs in each step. Backend ',
          backend,
          '.',
        ),
        hosts.error,
      ),
      h(
        'section',
        { class: 'wide' },
        h('div', { class: 'scrub' }, h('h2', {}, 'At ', at), position),
        h(
          'div',
          { class: 'scroll', role: 'region', 'aria-label': 'Table of values', tabIndex: 0 },
          h(
            'table',
            {},
            h('caption', { class: 'unseen' }, 'Values, derivatives and errors at the chosen x'),
            h(
              'thead',
              {},
              h(
                'tr',
                {},
                ...['Activation', 'f(x)', 'f′(x)', 'Error of f', 'Error of f′', 'Bounds'].map((text) =>
                  h('th', { scope: 'col' }, text),
                ),
              ),
            ),
            rows,
          ),
        ),
      ),
    ),
  );

  function add(name: string): Shown | undefined {
    const row = table.find((row) => row.name === name);
    if (row === undefined || shown.length === COLOURS) return undefined;
    const colour =
      Array.from({ length: COLOURS }, (_, i) => i).find((i) => shown.every((other) => other.colour !== i)) ?? 0;
    const options = optionControls(name, changed);
    const formula = h('div', { class: 'formula' });
    formula.innerHTML = row.html;
    const fault = h('p', { class: 'fault', role: 'alert' });
    const card = h(
      'article',
      { class: `card series-${colour + 1}` },
      h(
        'header',
        { class: 'heading' },
        h('h2', {}, name),
        h(
          'button',
          { type: 'button', class: 'close', 'aria-label': `Remove ${name}`, onclick: () => toggle(name) },
          '×',
        ),
      ),
      formula,
      ...Object.values(options).map(({ element }) => element),
      fault,
    );
    const entry = { row, colour, options, card, fault };
    shown.push(entry);
    return entry;
  }

  function toggle(name: string): void {
    const others = shown.filter(({ row }) => row.name !== name);
    if (others.length < shown.length) shown = others;
    else add(name);
    renew();
    changed();
  }

  /** Puts on the page what is shown. */
  function renew(): void {
    cards.replaceChildren(...shown.map(({ card }) => card));
    for (const [name, chip] of chips) {
      const entry = shown.find(({ row }) => row.name === name);
      chip.setAttribute('aria-pressed', String(entry !== undefined));
      chip.className = entry === undefined ? 'chip' : `chip series-${entry.colour + 1}`;
      chip.disabled = entry === undefined && shown.length === COLOURS;
    }
  }

  const choices = () => shown.map(({ row, options }) => choiceOf(row.name, options));

  function changed(): void {
    const parameters = new URLSearchParams(choices().map((choice) => ['f', formatChoice(choice)]));
    for (const [name, value] of parametersOf({ from, to, error })) parameters.set(name, value);
    remember(parameters);
    compute();
  }

  async function compute(): Promise<void> {
    isStale = true;
    if (isBusy) return;
    isBusy = true;
    while (isStale) {
      isStale = false;
      if (from.value >= to.value) {
        message.show(`“From x” must be less than “to x”, got ${from.value} and ${to.value}.`);
        continue;
      }
      const request = { choices: choices(), from: from.value, to: to.value };
      const entries = shown;
      try {
        draw(entries, await client.run('curves', request));
      } catch (error) {
        message.show(String(error));
      }
    }
    isBusy = false;
  }

  function draw(entries: readonly Shown[], curves: Curves): void {
    latest = curves;
    backend.textContent = curves.backend;
    const drawn: { entry: Shown; curve: Curve }[] = [];
    for (const [i, entry] of entries.entries()) {
      const curve = curves.results[i];
      entry.fault.textContent = 'message' in curve ? curve.message : '';
      if (!('message' in curve)) drawn.push({ entry, curve });
    }
    const lines = (y: (curve: Curve) => Float64Array): Series[] =>
      drawn.map(({ entry: { row, colour }, curve }) => ({ label: row.name, colour, y: y(curve) }));
    charts.value.draw(
      curves.x,
      lines(({ value }) => value),
    );
    charts.derivative.draw(
      curves.x,
      lines(({ derivative }) => derivative),
    );
    charts.error.draw(
      curves.x,
      lines(({ valueError, derivativeError }) => (error.value === 'value' ? valueError : derivativeError)),
    );
    rows.replaceChildren(
      ...drawn.map(({ entry: { row, colour }, curve: { bounds } }) =>
        h(
          'tr',
          { class: `series-${colour + 1}` },
          h('th', { scope: 'row' }, row.name),
          ...['', '', '', ''].map((text) => h('td', {}, text)),
          h('td', {}, `${bounds.value} and ${bounds.derivative} ULP`),
        ),
      ),
    );
    point(position.valueAsNumber);
  }

  /** Has charts and table show point number `index`. */
  function point(index: number): void {
    if (latest === undefined) return;
    const x = latest.x[index];
    at.textContent = `x = ${show(x)}`;
    position.setAttribute('aria-valuetext', `x = ${show(x)}`);
    for (const chart of Object.values(charts)) chart.point(index);
    const drawn = latest.results.filter((curve) => !('message' in curve)) as Curve[];
    for (const [i, { value, derivative, valueError, derivativeError }] of drawn.entries()) {
      const cells = rows.children[i].querySelectorAll('td');
      cells[0].textContent = show(value[index], 7);
      cells[1].textContent = show(derivative[index], 7);
      cells[2].textContent = `${show(valueError[index], 2)} ULP`;
      cells[3].textContent = Number.isNaN(derivativeError[index])
        ? 'below 1e-9'
        : `${show(derivativeError[index], 2)} ULP`;
    }
  }

  return {
    take(parameters) {
      const faults: string[] = [];
      shown = [];
      const wanted = parameters.has('f') ? parameters.getAll('f') : DEFAULT;
      for (const text of wanted) {
        const { name, given } = parseChoice(text);
        if (!table.some((row) => row.name === name)) faults.push(`There is no activation “${name}”.`);
        else if (shown.some(({ row }) => row.name === name)) faults.push(`${name} is there twice.`);
        else {
          const entry = add(name);
          const fault =
            entry === undefined
              ? `More than ${COLOURS} activations: ${name} is left out.`
              : takeOptions(name, entry.options, given);
          if (fault !== undefined) faults.push(fault);
        }
      }
      const others = new URLSearchParams(parameters);
      others.delete('f');
      faults.push(...takeAll({ from, to, error }, others));
      message.show(...faults);
      renew();
      compute();
    },
  };
};
