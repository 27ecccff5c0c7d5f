// The table's formulae, which are plain text such as `x > 0 ? x : alpha x`, as TeX.

const greek = new Set(['alpha', 'beta', 'lambda', 'pi']);
const known = new Set(['max', 'min', 'log', 'tanh']);
const relations: { readonly [sign: string]: string } = { '<=': '\\le', '>=': '\\ge', '<': '<', '>': '>', '=': '=' };

/** Part of a formula: its TeX, and for one in parentheses what is inside of them. */
interface Part {
  readonly tex: string;
  readonly inside?: string;
}

/**
 * A formula in TeX.
 *
 * @throws SyntaxError if it is not of the language that the table uses
 */
export function texOf(formula: string): string {
  const tokens = formula.match(/\d+(?:\.\d+)?|[a-z]+|<=|>=|\S/gi) ?? [];
  let at = 0;
  const next = () => tokens[at];
  const isNext = (...signs: string[]) => at < tokens.length && signs.includes(tokens[at]);

  function expect(sign: string): void {
    if (tokens[at++] !== sign) throw new SyntaxError(`formula: expected ${sign} at token ${at} of ${formula}`);
  }

  function conditional(): string {
    const cases: string[] = [];
    for (;;) {
      const part = comparison();
      if (!isNext('?')) {
        if (cases.length === 0) return part;
        return `\\begin{cases} ${cases.join(' \\\\ ')} \\\\ ${part} & \\text{otherwise} \\end{cases}`;
      }
      expect('?');
      cases.push(`${comparison()} & ${part}`);
      expect(':');
    }
  }

  function comparison(): string {
    const left = sum();
    if (!isNext(...Object.keys(relations))) return left;
    const sign = relations[tokens[at++]];
    return `${left} ${sign} ${sum()}`;
  }

  function sum(): string {
    let tex = '';
    if (isNext('-')) tex = tokens[at++];
    tex += product();
    while (isNext('+', '-')) tex += ` ${tokens[at++]} ${product()}`;
    return tex;
  }

  /** Factors side by side; a slash divides all that stand before it. */
  function product(): string {
    let parts: Part[] = [power()];
    while (at < tokens.length && !/^[-+?:,)|<>=]/.test(next())) {
      if (isNext('/')) {
        at++;
        const below = power();
        const above = parts.length === 1 ? (parts[0].inside ?? parts[0].tex) : parts.map(({ tex }) => tex).join('\\,');
        parts = [{ tex: `\\frac{${above}}{${below.inside ?? below.tex}}` }];
      } else {
        parts.push(power());
      }
    }
    return parts.map(({ tex }) => tex).join('\\,');
  }

  function power(): Part {
    const base = atom();
    if (!isNext('^')) return base;
    at++;
    const sign = isNext('-') ? tokens[at++] : '';
    const exponent = atom();
    return { tex: `${base.tex}^{${sign}${exponent.inside ?? exponent.tex}}` };
  }

  function atom(): Part {
    const token = tokens[at++];
    if (token === '(') {
      const inside = conditional();
      expect(')');
      return { tex: bracketed(inside), inside };
    }
    if (token === '|') {
      const inside = sum();
      expect('|');
      return { tex: `|${inside}|` };
    }
    if (token === 'sqrt') {
      const part = atom();
      return { tex: `\\sqrt{${part.inside ?? part.tex}}` };
    }
    if (token !== undefined && /^[a-z]+$/i.test(token)) return isNext('(') ? call(token) : { tex: variable(token) };
    if (token !== undefined && /^\d/.test(token)) return { tex: token };
    throw new SyntaxError(`formula: unexpected ${token ?? 'end'} in ${formula}`);
  }

  /** `name(...)`; of a single letter it is a product. */
  function call(name: string): Part {
    if (name.length === 1) return { tex: name };
    const operator = known.has(name) ? `\\${name}` : greek.has(name) ? `\\${name}\\,` : `\\operatorname{${name}}`;
    expect('(');
    const inside = [conditional()];
    while (isNext(',')) {
      at++;
      inside.push(conditional());
    }
    expect(')');
    return { tex: `${operator}${bracketed(inside.join(', '))}` };
  }

  let tex = conditional();
  while (isNext(',')) {
    at++;
    tex += `,\\quad ${conditional()}`;
  }
  if (at < tokens.length) throw new SyntaxError(`formula: unexpected ${next()} in ${formula}`);
  return tex;
}

function bracketed(inside: string): string {
  return /\\(frac|begin)/.test(inside) ? `\\mathopen{}\\left(${inside}\\right)` : `(${inside})`;
}

function variable(name: string): string {
  return greek.has(name) ? `\\${name}` : name.length === 1 ? name : `\\mathit{${name}}`;
}
