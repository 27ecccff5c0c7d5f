// The page's elements are made here.

type Child = Node | string | undefined | false;
type Properties = { readonly [name: string]: unknown };

/** An element; properties that start with `on` are listeners, `class`, `role`, `for` and those with a dash are attributes. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value as EventListener);
    else if (name.includes('-') || ['class', 'for', 'role'].includes(name)) element.setAttribute(name, String(value));
    else (element as unknown as { [name: string]: unknown })[name] = value;
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

/** A place for messages that a screen reader reads out. */
export function notice(): { readonly element: HTMLElement; show(...messages: readonly string[]): void } {
  const element = h('div', { class: 'notice', role: 'alert', hidden: true });
  return {
    element,
    show(...messages) {
      element.replaceChildren(...messages.map((message) => h('p', {}, message)));
      element.hidden = messages.length === 0;
    },
  };
}

/** The value of a custom property of the page's style, such as `--ink`. */
export function style(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

/** A number for people: at most `digits` significant ones. */
export function show(value: number, digits = 4): string {
  if (Number.isNaN(value)) return '–';
  const rounded = Number(value.toPrecision(digits));
  if (rounded !== 0 && (Math.abs(rounded) < 1e-4 || Math.abs(rounded) >= 1e6)) return rounded.toExponential();
  return String(rounded).replace('-', '−');
}

let ids = 0;

/** An id that no other element of the page has. */
export function freshId(): string {
  return `id${++ids}`;
}
