import katex from 'katex';
import { type Activation, activations } from 'lanewise';
import { describe, expect, test } from 'vitest';
import { texOf } from '../plugins/tex.ts';

describe('formulae as TeX', () => {
  test.each([
    ['max(x, 0)^2', '\\max(x, 0)^{2}'],
    ['e^(-x / 2)', 'e^{-\\frac{x}{2}}'],
    ['1 / (1 + e^-x)', '\\frac{1}{1 + e^{-x}}'],
    ['x > 0 ? x : alpha x', '\\begin{cases} x & x > 0 \\\\ \\alpha\\,x & \\text{otherwise} \\end{cases}'],
    [
      'x <= -1 ? 0 : x >= 1 ? x : a',
      '\\begin{cases} 0 & x \\le -1 \\\\ x & x \\ge 1 \\\\ a & \\text{otherwise} \\end{cases}',
    ],
    ['|x| / sqrt 2', '\\frac{|x|}{\\sqrt{2}}'],
    ['min(max(x, min), max)', '\\min(\\max(x, \\mathit{min}), \\mathit{max})'],
    ['s erf(x / 2), s = 1', 's\\,\\operatorname{erf}\\mathopen{}\\left(\\frac{x}{2}\\right),\\quad s = 1'],
  ])('%s', (formula, tex) => {
    expect(texOf(formula)).toBe(tex);
  });

  test.each(['max(x', '1 +', 'x ? 1', 'x )', 'x ; 1', ''])('%j is refused', (formula) => {
    expect(() => texOf(formula)).toThrow(SyntaxError);
  });

  const all = Object.values(activations as unknown as { [name: string]: Activation });
  test.each(all.map(({ name, spec }) => [name, spec.formula]))('%s can be typeset', (_, formula) => {
    expect(katex.renderToString(texOf(formula), { strict: 'error' })).toContain('katex');
  });
});
