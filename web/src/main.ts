import 'uplot/dist/uPlot.min.css';
import 'katex/dist/katex.min.css';
import './style.css';
import { h } from './dom';

/** One of the pages, as its module makes it. */
export interface Page {
  /** Takes its settings from the address; called on every change of that from outside. */
  take(parameters: URLSearchParams): void;
}

/** Makes a page's elements in `root`. With `remember` it puts its settings into the address. */
export type Start = (root: HTMLElement, remember: (parameters: URLSearchParams) => void) => Page;

const loaders: { readonly [name: string]: () => Promise<{ start: Start }> } = {
  explore: () => import('./explore'),
  race: () => import('./race'),
  picture: () => import('./picture'),
  learn: () => import('./learn'),
};
const titles: { readonly [name: string]: string } = {
  explore: 'Explore',
  race: 'Race',
  picture: 'Picture',
  learn: 'Learn',
};

const links = new Map(
  [...document.querySelectorAll<HTMLAnchorElement>('nav a')].map((link) => [link.hash.slice(1), link]),
);
const main = document.querySelector('main') as HTMLElement;
const pages = new Map<string, Promise<{ element: HTMLElement; page: Page }>>();
main.replaceChildren();

async function load(name: string): Promise<{ element: HTMLElement; page: Page }> {
  const { start } = await loaders[name]();
  const element = h('div', { class: `page ${name}`, hidden: true });
  main.append(element);
  const remember = (parameters: URLSearchParams) => {
    const text = parameters.toString().replaceAll('%3A', ':').replaceAll('%3D', '=').replaceAll('%2C', ',');
    const hash = text === '' ? `#${name}` : `#${name}?${text}`;
    history.replaceState(null, '', hash);
    // So that one comes back to it.
    links.get(name)?.setAttribute('href', hash);
  };
  return { element, page: start(element, remember) };
}

/** Shows the page that the address names. */
async function show(): Promise<void> {
  const [wanted, query = ''] = location.hash.slice(1).split('?', 2);
  const name = Object.hasOwn(loaders, wanted) ? wanted : 'explore';
  document.title = `${titles[name]} – lanewise`;
  for (const [page, link] of links) {
    if (page === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  let entry = pages.get(name);
  if (entry === undefined) {
    entry = load(name);
    pages.set(name, entry);
  }
  try {
    const { element, page } = await entry;
    for (const other of main.children) (other as HTMLElement).hidden = other !== element;
    page.take(new URLSearchParams(query));
  } catch (error) {
    pages.delete(name);
    main.prepend(h('p', { class: 'notice', role: 'alert' }, `This page could not be loaded: ${error}`));
  }
}

document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener('hashchange', async () => {
  await show();
  main.focus({ preventScroll: true });
});
await show();
