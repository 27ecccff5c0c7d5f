// node worker.js <module> [<variant>]: one peer in a process of its own, so that neither the compiler's type feedback nor the
// garbage of one touches another. Takes requests and answers them, a line of JSON each; python.py does the same:
//
//   (at the start)               -> { name, version }
//   { prepare, x }               -> { supported }          an activation's name, the file of its inputs
//   { measure, milliseconds }    -> { nanoseconds }        'resident' or 'endToEnd': the median time of a call
//   { result }                   -> {}                     writes what endToEnd gives to this file

import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

console.log = console.error; // standard output is for the answers
const answer = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const [module, variant] = process.argv.slice(2);
const { name, version, prepare } = await (await import(module)).default(variant);
answer({ name, version });

let prepared;
for await (const line of createInterface({ input: process.stdin })) {
  try {
    answer(await handle(JSON.parse(line)));
  } catch (error) {
    answer({ error: String(error) });
  }
}

async function handle(request) {
  if (request.prepare) {
    await prepared?.dispose?.();
    prepared = await prepare(request.prepare, floats(readFileSync(request.x)));
    return { supported: prepared !== undefined };
  }
  if (request.result) {
    const y = await prepared.endToEnd();
    writeFileSync(request.result, new Uint8Array(y.buffer, y.byteOffset, y.byteLength));
    return {};
  }
  return { nanoseconds: await measure(prepared[request.measure], request.milliseconds) };
}

/** The median over samples of at least 20 microseconds, for about so many milliseconds, at least one. */
async function measure(once, milliseconds) {
  const time = async (calls) => {
    const start = performance.now();
    for (let i = 0; i < calls; i++) {
      const result = once();
      if (result instanceof Promise) await result;
    }
    return (performance.now() - start) / calls;
  };
  const end = performance.now() + milliseconds;
  const samples = [];
  let calls = 1;
  do {
    const each = await time(calls);
    if (each * calls < 0.02) calls *= 2;
    else samples.push(each);
  } while (performance.now() < end || samples.length === 0);
  return median(samples) * 1e6;
}

function median(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

function floats(file) {
  const values = new Float32Array(file.byteLength / 4);
  new Uint8Array(values.buffer).set(file);
  return values;
}
