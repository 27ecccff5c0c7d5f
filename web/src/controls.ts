// Labelled inputs whose values can be had from the page's address, and go into it.

import { table } from 'virtual:table';
import { freshId, h } from './dom';
import type { Choice } from './work/lanewise';

export interface Control<T> {
  readonly element: HTMLElement;
  readonly value: T;
  /** Whether it has its default. */
  readonly isDefault: boolean;
  /** Takes a value from text, or says what is wrong with it and keeps its own. */
  take(text: string): string | undefined;
  /** Takes its default. */
  reset(): void;
}

export interface NumberOptions {
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly value: number;
  /** Whether the slider's positions are powers of ten. */
  readonly isLogarithmic?: boolean;
  /** Whether numbers beyond the slider are taken too. */
  readonly isOpen?: boolean;
}

/** A slider, and beside it the number itself. */
export function numberControl(label: string, options: NumberOptions, onChange: () => void): Control<number> {
  const { min, max, step = (max - min) / 100, value: initial, isLogarithmic = false, isOpen = false } = options;
  const toPosition = isLogarithmic ? Math.log10 : (value: number) => value;
  const fromPosition = isLogarithmic ? (position: number) => Number((10 ** position).toPrecision(2)) : Number;
  let value = initial;
  const id = freshId();
  const slider = h('input', {
    type: 'range',
    min: String(toPosition(min)),
    max: String(toPosition(max)),
    step: String(isLogarithmic ? 0.1 : step),
    'aria-label': `${label}, slider`,
    oninput() {
      value = fromPosition(slider.valueAsNumber);
      field.value = String(value);
      field.setCustomValidity('');
      onChange();
    },
  });
  const field = h('input', {
    id,
    type: 'number',
    step: 'any',
    onchange() {
      const fault = take(field.value);
      field.setCustomValidity(fault ?? '');
      field.reportValidity();
      if (fault === undefined) onChange();
    },
  });

  function take(text: string): string | undefined {
    const number = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(number)) return `${label} must be a number, got “${text}”.`;
    if (!isOpen && !(number >= min && number <= max)) return `${label} must be from ${min} to ${max}, got ${text}.`;
    if (Number.isInteger(step) && !Number.isInteger(number)) return `${label} must be a whole number, got ${text}.`;
    value = number;
    field.value = String(value);
    slider.value = String(toPosition(value));
    return undefined;
  }

  take(String(initial));
  return {
    element: h('div', { class: 'control' }, h('label', { for: id }, label), field, slider),
    get value() {
      return value;
    },
    get isDefault() {
      return value === initial;
    },
    take,
    reset: () => void take(String(initial)),
  };
}

/** A choice of one of several. `values` are those of the address; `text` is what is shown. */
export function choiceControl(
  label: string,
  values: readonly string[],
  initial: string,
  onChange: () => void,
  text: (value: string) => string = (value) => value,
): Control<string> & { readonly select: HTMLSelectElement } {
  const id = freshId();
  const select = h(
    'select',
    { id, onchange: onChange },
    ...values.map((value) => h('option', { value, selected: value === initial }, text(value))),
  );
  return {
    element: h('div', { class: 'control' }, h('label', { for: id }, label), select),
    select,
    get value() {
      return select.value;
    },
    get isDefault() {
      return select.value === initial;
    },
    take(value) {
      if (!values.includes(value)) return `${label} must be one of ${values.join(', ')}, got “${value}”.`;
      select.value = value;
      return undefined;
    },
    reset() {
      select.value = initial;
    },
  };
}

/** How far the sliders of options reach; numbers beyond can be typed. */
const reaches: { readonly [option: string]: readonly [min: number, max: number] } = {
  alpha: [0.01, 2],
  beta: [0.1, 5],
  lambda: [0, 3],
  min: [-4, 0],
  max: [0, 4],
  threshold: [-3, 3],
  value: [-3, 3],
};

/** Inputs for an activation's options. */
export function optionControls(name: string, onChange: () => void): { readonly [option: string]: Control<unknown> } {
  const row = table.find((row) => row.name === name);
  return Object.fromEntries(
    Object.entries(row?.defaults ?? {}).map(([option, value]) => {
      if (typeof value === 'string')
        return [option, choiceControl(option, row?.choices[option] ?? [], value, onChange)];
      const [min, max] = reaches[option] ?? [-3, 3];
      return [option, numberControl(option, { min, max, step: 0.01, value, isOpen: true }, onChange)];
    }),
  );
}

export function choiceOf(name: string, options: { readonly [option: string]: Control<unknown> }): Choice {
  const given = Object.entries(options).filter(([, control]) => !control.isDefault);
  return {
    name,
    options: Object.fromEntries(given.map(([option, { value }]) => [option, value])) as Choice['options'],
  };
}

/** An activation to be chosen, with its options under it. */
export function activationControl(
  names: readonly string[],
  initial: string,
  onChange: () => void,
): Control<Choice> & { readonly name: string } {
  let options = optionControls(initial, onChange);
  const own = h('div', { class: 'options' });
  const choice = choiceControl('Activation', names, initial, () => {
    renew();
    onChange();
  });

  function renew(): void {
    options = optionControls(choice.value, onChange);
    own.replaceChildren(...Object.values(options).map(({ element }) => element));
  }

  renew();
  return {
    element: h('div', { class: 'activation' }, choice.element, own),
    get name() {
      return choice.value;
    },
    get value() {
      return choiceOf(choice.value, options);
    },
    get isDefault() {
      return choice.isDefault && Object.values(options).every(({ isDefault }) => isDefault);
    },
    take(text) {
      const { name, given } = parseChoice(text);
      const fault = choice.take(name);
      if (fault !== undefined) return fault;
      renew();
      return takeOptions(name, options, given);
    },
    reset() {
      choice.reset();
      renew();
    },
  };
}

/** `leakyRelu:alpha=0.1`, as it stands in the address. */
export function formatChoice({ name, options }: Choice): string {
  const entries = Object.entries(options).map(([option, value]) => `${option}=${value}`);
  return entries.length > 0 ? `${name}:${entries.join(',')}` : name;
}

export function parseChoice(text: string): { name: string; given: [option: string, value: string][] } {
  const [name, rest] = text.split(':', 2);
  const given = (rest ?? '')
    .split(',')
    .filter((entry) => entry !== '')
    .map((entry): [string, string] => [entry.split('=', 1)[0], entry.slice(entry.indexOf('=') + 1)]);
  return { name, given };
}

export function takeOptions(
  name: string,
  options: { readonly [option: string]: Control<unknown> },
  given: readonly (readonly [option: string, value: string])[],
): string | undefined {
  for (const [option, value] of given) {
    if (!Object.hasOwn(options, option)) return `${name} has no option “${option}”.`;
    const fault = options[option].take(value);
    if (fault !== undefined) return `${name}: ${fault}`;
  }
  return undefined;
}

/** Gives controls their values from the page's address, or their defaults; what is wrong there, in words. */
export function takeAll(
  controls: { readonly [name: string]: Control<unknown> },
  parameters: URLSearchParams,
): string[] {
  const faults: string[] = [];
  for (const control of Object.values(controls)) control.reset();
  for (const [name, value] of parameters) {
    const fault = Object.hasOwn(controls, name)
      ? controls[name].take(value)
      : `The address has “${name}”, which this page does not know.`;
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

/** The parameters of the address that give controls their present values. */
export function parametersOf(controls: { readonly [name: string]: Control<unknown> }): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, control] of Object.entries(controls)) {
    if (control.isDefault) continue;
    const { value } = control;
    parameters.set(name, typeof value === 'object' ? formatChoice(value as Choice) : String(value));
  }
  return parameters;
}
