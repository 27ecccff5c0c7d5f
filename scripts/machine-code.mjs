// node scripts/machine-code.mjs [--node PATH] [--wasm build/relaxed.wasm] [--listing KERNEL]
//
// What V8's optimising compiler makes of each kernel on x64: the instructions of its main loop for a vector of four elements, and how many
// of them are of a kind of which a kernel should have few. The main loop is the innermost one that stores most vectors; V8 may have
// unrolled it further than the source. `--listing` prints the loop itself.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: flags } = parseArgs({
  options: {
    node: { type: 'string', default: process.execPath },
    wasm: { type: 'string', default: fileURLToPath(new URL('../build/relaxed.wasm', import.meta.url)) },
    listing: { type: 'string' },
  },
});

/** What is counted: a column's head, and whether an instruction belongs to it. */
const columns = {
  instructions: () => true,
  // To or from the stack: more values live than the 16 registers hold.
  spills: (i) => /\[r[bs]p/.test(i),
  // All ones, or a number by way of a general register: what a constant in the memory avoids.
  'constants built': (i) => /^v?pcmpeq. (xmm\d+)(,\1)+$/.test(i) || /^v?mov[dq] xmm\d+,r/.test(i),
  'constants loaded': (i) => /^(vbroadcasts|v?movddup).*\[/.test(i),
  'other loads': (i) => /\[/.test(i) && !/^(vbroadcasts|v?movddup|cmp)/.test(i) && !isStore(i) && !/\[r[bs]p/.test(i),
  'moves of registers': (i) => /^v?mova?p[sd] xmm\d+,xmm\d+$/.test(i),
  'min, max': (i) => /^v?(min|max)p/.test(i),
  // The shift with which V8 makes a NaN quiet in f32x4.min and max.
  'min, max with care for NaN': (i) => /^v?psrl[dq] .*,(0xa|0xd|10|13)$/.test(i),
  'multiply-add': (i) => /^vfn?m/.test(i),
  'divisions, roots': (i) => /^v?(div|sqrt)[ps]/.test(i),
};

function isStore(instruction) {
  return /^v?mov(dqu|ups|upd|aps) \[(?!r[bs]p)/.test(instruction);
}

const kernels = loops();
if (flags.listing !== undefined) {
  console.log(kernels.find(({ name }) => name === flags.listing)?.body.join('\n') ?? `no kernel ${flags.listing}`);
} else {
  const heads = Object.keys(columns);
  console.log(`| per vector | ${heads.join(' | ')} |\n|---|${heads.map(() => '---:|').join('')}`);
  for (const { name, body, vectors } of kernels) {
    const counts = Object.values(columns).map((belongs) => body.filter(belongs).length / vectors);
    console.log(`| ${name} | ${counts.map((n) => (n === 0 ? '' : +n.toFixed(1))).join(' | ')} |`);
  }
}

/** The main loop of each exported kernel, by name. */
function loops() {
  const compile = "new WebAssembly.Module(require('node:fs').readFileSync(process.argv[1]))";
  const engine = ['--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-tier-up', '--print-wasm-code'];
  const text = execFileSync(flags.node, [...engine, '-e', compile, flags.wasm], { maxBuffer: 2 ** 28 }).toString();
  const codes = new Map(
    text.split('--- WebAssembly code ---').map((code) => [Number(/^index: (\d+)$/m.exec(code)?.[1]), code]),
  );
  return kernelIndices()
    .map(([name, index]) => ({ name, ...mainLoop(codes.get(index)) }))
    .filter(({ body }) => body !== undefined)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The function of each kernel by its export's name. That of an export which only passes its arguments on is the one that it calls. */
function kernelIndices() {
  const text = readFileSync(flags.wasm.replace(/wasm$/, 'wat'), 'utf8');
  const functions = [...text.matchAll(/^ \(func \$(\S+).*?^ \)$/gms)].map(([body, name]) => ({ name, body }));
  const names = functions.map(({ name }) => name);
  return [...text.matchAll(/^ \(export "(\w+)" \(func \$(\S+)\)\)$/gm)].map(([, name, own]) => {
    const passedOn = /^ \(func .*\n(?: {2}local\.get .*\n)+ {2}call \$(\S+)\n \)$/.exec(
      functions[names.indexOf(own)].body,
    );
    return [name, names.indexOf(passedOn?.[1] ?? own)];
  });
}

/** The innermost loop that stores most vectors. */
function mainLoop(code) {
  const instructions = [...code.matchAll(/^0x[0-9a-f]+ +([0-9a-f]+) +[0-9a-f]+ +(?:REX\.W )?(.*)$/gm)].map(
    ([, offset, text]) => ({ offset: Number.parseInt(offset, 16), text: text.trim() }),
  );
  const backward = instructions.flatMap(({ offset, text }) => {
    const target = Number.parseInt(/^j.*<\+0x([0-9a-f]+)>/.exec(text)?.[1] ?? 'ffffffff', 16);
    return target <= offset ? [{ from: target, to: offset }] : [];
  });
  const innermost = backward.filter((a) => !backward.some((b) => a !== b && b.from >= a.from && b.to <= a.to));
  const bodies = innermost.map(({ from, to }) =>
    instructions
      .filter(({ offset, text }) => offset >= from && offset <= to && !/nop/.test(text))
      .map(({ text }) => text),
  );
  const stores = bodies.map((body) => body.filter(isStore).length);
  const vectors = Math.max(0, ...stores);
  return vectors === 0 ? {} : { vectors, body: bodies[stores.indexOf(vectors)] };
}
