// Modules that the build writes, from what the package and its benchmark know.

import katex from 'katex';
import { type Activation, activations } from 'lanewise';
import type { Plugin } from 'vite';
import { plain } from '../../bench/plain.js';
import { texOf } from './tex.ts';

const all = Object.values(activations as unknown as { [name: string]: Activation });

/** `virtual:table`: what the page shows of each activation, so that the package itself is loaded by workers alone. */
function tableModule(): string {
  const rows = all.map(({ name, spec }) => ({
    name,
    defaults: spec.defaults,
    choices: { approximate: ['none', ...Object.keys(spec.approximations ?? {})] },
    formula: spec.formula,
    html: katex.renderToString(`\\displaystyle ${texOf(spec.formula)}`, { output: 'htmlAndMathml', strict: 'error' }),
  }));
  return `export const table = ${JSON.stringify(rows)};`;
}

/** `virtual:plain`: the benchmark's loops. They are made there by `new Function`, which the page's policy forbids. */
function plainModule(): string {
  const loops = Object.entries(plain).map(
    ([name, { forward, backward }]) => `  ${name}: { forward: ${forward}, backward: ${backward} },\n`,
  );
  return `export const plain = {\n${loops.join('')}};`;
}

const modules: { readonly [id: string]: () => string } = {
  'virtual:table': tableModule,
  'virtual:plain': plainModule,
};

/** The fonts that the table's formulae need. */
const fonts = /KaTeX_(Main-Regular|Math-Italic|Size[1-4]-Regular)\.woff2/;

/** The style sheet of the formulae with these fonts alone, in the one format that all browsers read. */
function withFewFonts(css: string): string {
  return css.replaceAll(/@font-face\{[^}]*\}/g, (rule) =>
    fonts.test(rule) ? rule.replace(/,url\([^)]*\.(woff|ttf)\) format\("\w+"\)/g, '') : '',
  );
}

export function generatedModules(): Plugin {
  return {
    name: 'lanewise:generated',
    enforce: 'pre',
    resolveId: (id) => (id in modules ? `\0${id}` : undefined),
    load: (id) => modules[id.slice(1)]?.(),
    transform: (code, id) => (id.endsWith('katex.min.css') ? withFewFonts(code) : undefined),
  };
}
