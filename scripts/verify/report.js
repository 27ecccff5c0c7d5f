// docs/accuracy.md from the records.

import { inputCount } from './chunk.js';
import { fromBits, hex } from './float32.js';
import { isDefault } from './sweeps.js';

/** @typedef {import('./records.js').Record} Record */

/** @param {Record[]} records @param {(record: Record) => number} bound @param {string} peers */
export function report(records, bound, peers) {
  const on = (/** @type {string} */ backend) => records.filter((r) => r.backend === backend && isDefault(r));
  const others = records.filter((r) => !isDefault(r));
  return `# Accuracy

A float32 function has only 2^32 inputs. \`npm run verify\` tries them on every activation, value and derivative, and writes this page from
[accuracy.json](accuracy.json), which holds the full hashes.

An error is |result - exact| in units in the last place (ULP): the distance of neighbouring float32 numbers at the exact result, 2^-149
among the subnormals, which count like all others. The exact result is the definition at this input in float64, right to 2^-44; where that cannot
tell on which side of half a ULP an error lies, and for the largest error, it is computed with 120 digits. *Correctly rounded* is the share of
results with an error of at most 0.5 ULP. NaN must give NaN; where the exact result is infinite or zero, the result must be the same, sign included (but for that of a zero derivative).
Round a zero of a derivative the relative error has no meaning: there the largest absolute error stands in a column of its own, and the other
columns leave the interval (\`spec.root\`) out.

The hash is the SHA-256 over all outputs in the order of the inputs' bits (of the SHA-256 of each 2^24 of them; NaN as 0x7fc00000), first 16 digits. That of \`simd\` is
the same on every machine and engine; \`npm test\` compares hashes of some outputs between Node 20, 22, 24, 26 and Chromium.

The kernels for float64, of which there are too many to try: [float64.md](float64.md).

## Backend simd
${table(on('simd'), bound)}
${on('relaxed').length > 0 ? `## Backend relaxed\n\nFused multiply-adds where the machine has them: results depend on it.\n${table(on('relaxed'), bound)}\n` : ''}## Backend js

The float64 functions of the table, rounded to float32: how near \`Math\` and they come.
${table(on('js'), bound)}
## Other options
${table(others, bound, true)}
${peers.trim()}

## To reproduce

\`\`\`sh
npm ci
npm run verify                            # all: hours; goes on where it was stopped
npm run verify -- gelu --backend simd     # one
npm run verify -- --stride 257            # every 257th input of all: minutes
npm run verify -- --force gelu            # again, although the kernel is the same
npm run verify -- --hashes                # only test/golden/hashes.json, after a change of the kernels
\`\`\`
`;
}

/** @param {Record[]} records @param {(record: Record) => number} bound @param {boolean} [withBackend] */
function table(records, bound, withBackend = false) {
  if (records.length === 0) return '\nNot measured yet.\n';
  const inputs = [...new Set(records.map(({ stride }) => stride))];
  const note = inputs.map(
    (stride) => `${inputCount(stride).toLocaleString('en')} inputs${stride === 1 ? ', all' : `, every ${stride}th`}`,
  );
  const withRoot = records.some(({ root }) => root !== undefined);
  const head = [
    'function',
    ...(withBackend ? ['options', 'backend'] : []),
    ...(inputs.length > 1 ? ['inputs'] : []),
    'bound',
    'max ULP',
    'at',
    'mean ULP',
    'correctly rounded',
    ...(withRoot ? ['at the zero: max error'] : []),
    'hash',
  ];
  const row = (/** @type {Record} */ r) => [
    r.kind === 'value' ? r.activation : `${r.activation}'`,
    ...(withBackend ? [optionText(r), r.backend] : []),
    ...(inputs.length > 1 ? [r.stride === 1 ? 'all' : `1 / ${r.stride}`] : []),
    bound(r),
    `${roundedUp(r.ulp)}${r.wrong ? `, ${r.wrong.count} wrong at ${input(r.wrong.at)}` : ''}`,
    r.ulp === 0 ? '' : input(r.at),
    r.mean.toFixed(4),
    share(r.correct),
    ...(withRoot ? [r.root ? `${r.root.error.toExponential(2)} at ${input(r.root.at)}` : ''] : []),
    `\`${r.hash.slice(0, 16)}\``,
  ];
  const lines = [head, head.map(() => '---'), ...records.map(row)].map((cells) => `| ${cells.join(' | ')} |`);
  return `\n${inputs.length === 1 ? `${note[0]}. ` : ''}A prime marks a derivative.\n\n${lines.join('\n')}\n`;
}

/** @param {Record} record */
function optionText({ options }) {
  return Object.entries(options)
    .map(([option, value]) => `${option} ${value}`)
    .join(', ');
}

/** @param {number} bits */
function input(bits) {
  const x = fromBits(bits);
  return `${Number(x.toPrecision(9))} (${hex(x)})`;
}

/** @param {number} ulp */
function roundedUp(ulp) {
  return (Math.ceil(ulp * 1000) / 1000).toFixed(3);
}

/** Rounded down: 100 % means all. @param {number} share */
function share(share) {
  return share === 1 ? '100 %' : `${(Math.floor(share * 10000) / 100).toFixed(2)} %`;
}
