// The float64 kernels against results of scripts/reference-float64.py:
//   python3 scripts/reference-float64.py FILE 100000 && node scripts/verify/float64.js FILE ...

import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** @typedef {import('lanewise').Spec} Spec */
/** @typedef {'value' | 'derivative'} Kind */
/** @typedef {{ results: Float64Array, rest: Float32Array }} Exact results, and what they lack in units in their last place */
/** @typedef {{ x: Float64Array, value: Exact, derivative: Exact }} Reference */
/** @typedef {{ name: string, kind: Kind, ulp: number, at: number, rootError: number | undefined }} Errors */

export const kinds = /** @type {const} */ (['value', 'derivative']);

/** @param {string | URL} file @returns {Map<string, Reference>} */
export function readReferences(file) {
  const bytes = gunzipSync(readFileSync(file));
  let at = bytes.indexOf('\n') + 1;
  const { names, n } = JSON.parse(bytes.subarray(0, at).toString());
  const take = (/** @type {number} */ size) => {
    at += size * n;
    return bytes.buffer.slice(bytes.byteOffset + at - size * n, bytes.byteOffset + at);
  };
  const exact = () => ({ results: new Float64Array(take(8)), rest: new Float32Array(take(4)) });
  return new Map(
    names.map((/** @type {string} */ name) => [
      name,
      { x: new Float64Array(take(8)), value: exact(), derivative: exact() },
    ]),
  );
}

/**
 * A function that applies a row's kernel; the elements of x that do not fill a block are followed by zeros.
 * @param {string} backend
 */
export function kernels(backend) {
  const binary = readFileSync(new URL(`../../build/float64-${backend}.wasm`, import.meta.url));
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
  const params = 1024;
  const block = 4096;
  const [dys, xs, ys] = [2, 3, 4].map((i) => new Float64Array(memory.buffer, 65536 * i, block));

  /**
   * @param {Spec} spec @param {Kind} kind @param {Float64Array} x @param {readonly number[]} options
   * @param {{ dy?: number, inPlace?: boolean }} [how]
   */
  return function apply(spec, kind, x, options, { dy = 1, inPlace = false } = {}) {
    const [a = 0, b = 0] = options;
    const fields = spec.fields64?.(a, b) ?? [a, b];
    const heap = new Float64Array(memory.buffer);
    for (const [i, field] of fields.entries()) heap.fill(field, params / 8 + 2 * i, params / 8 + 2 * i + 2);
    const name = spec.kernel?.(a, b) ?? spec.name;
    const kernel = /** @type {(...args: number[]) => void} */ (exports[kind === 'value' ? name : `${name}Backward`]);
    const y = new Float64Array(x.length);
    dys.fill(dy);
    for (let from = 0; from < x.length; from += block) {
      const part = x.subarray(from, from + block);
      xs.fill(0);
      xs.set(part);
      const n = Math.ceil(part.length / 4) * 4;
      const out = inPlace ? xs : ys;
      if (kind === 'value') kernel(params, xs.byteOffset, out.byteOffset, n);
      else kernel(params, dys.byteOffset, xs.byteOffset, out.byteOffset, n);
      y.set(out.subarray(0, part.length), from);
    }
    return y;
  };
}

/** The unit in the last place of a finite number. @param {number} x */
export function spacing(x) {
  const size = Math.abs(x);
  if (size < 2 ** -1021) return 2 ** -1074;
  let exponent = Math.floor(Math.log2(size));
  if (2 ** exponent > size) exponent--;
  else if (2 ** (exponent + 1) <= size) exponent++;
  return 2 ** (exponent - 52);
}

/** In units in the last place of the exact result. @param {number} actual @param {number} near @param {number} rest */
export function ulpError(actual, near, rest) {
  if (actual === near) return Math.abs(rest);
  if (!Number.isFinite(actual) || !Number.isFinite(near)) return Infinity;
  return Math.abs((actual - near) / spacing(near) - rest);
}

/** The largest errors of one kernel. @param {Spec} spec @param {Kind} kind @param {Reference} reference @param {Float64Array} y @returns {Errors} */
export function largestErrors(spec, kind, reference, y) {
  const { x } = reference;
  const { results, rest } = reference[kind];
  const root = kind === 'derivative' ? spec.root : undefined;
  let ulp = 0;
  let at = Number.NaN;
  let rootError = 0;
  for (let i = 0; i < x.length; i++) {
    if (root !== undefined && x[i] >= root.from && x[i] <= root.to) {
      rootError = Math.max(rootError, Math.abs(y[i] - results[i]));
      continue;
    }
    const error = ulpError(y[i], results[i], rest[i]);
    if (!(error <= ulp)) {
      ulp = error;
      at = x[i];
    }
  }
  return { name: spec.name, kind, ulp, at, rootError: root && rootError };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { activations } = await import('lanewise');
  const references = new Map(argv.slice(2).flatMap((file) => [...readReferences(file)]));
  const rows = [...references].map(([name, reference]) => {
    const { spec } = /** @type {any} */ (activations)[name];
    const options = Object.values(spec.defaults).filter((option) => typeof option === 'number');
    return ['simd', 'relaxed'].flatMap((backend) => {
      const apply = kernels(backend);
      return kinds.map((kind) => {
        const { ulp, at, rootError } = largestErrors(spec, kind, reference, apply(spec, kind, reference.x, options));
        return [ulp.toFixed(3), String(at), rootError === undefined ? '' : rootError.toExponential(2)];
      });
    });
  });
  console.log(`${[...references.values()][0].x.length.toLocaleString('en')} inputs a function.\n`);
  console.log('| function | simd: max ULP | at | relaxed: max ULP | at | at the zero: max error |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const [i, name] of [...references.keys()].entries()) {
    for (const j of [0, 1]) {
      const [[ulp, at, root], [ulp2, at2]] = [rows[i][j], rows[i][j + 2]];
      console.log(`| ${name}${j ? "'" : ''} | ${ulp} | ${at} | ${ulp2} | ${at2} | ${root} |`);
    }
  }
}
