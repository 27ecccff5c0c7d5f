// A thread of a pool. The build makes it one file without imports, which Node and browsers run alike.

import {
  type Call,
  DONE,
  type Elements,
  FAILED,
  FILLED,
  FREE,
  KEPT,
  PROGRESS,
  type Report,
  type Stage,
  type ThreadBinary,
  type Work,
} from './protocol';
import { BLOCK } from './staging';

type Kernel = (...args: number[]) => void;

const port =
  globalThis.process?.getBuiltinModule?.('node:worker_threads').parentPort ?? (globalThis as unknown as MessagePort);

/** The memories of late, and the instances of binaries on them: making one takes some 0.1 ms (V8 14.6). */
const homes = new Map<number, Home>();
interface Home {
  readonly memory: WebAssembly.Memory;
  /** By the binaries' numbers. */
  readonly exports: Map<number, WebAssembly.Exports>;
}

function keep({ memory, memoryId }: Work): void {
  if (memory === undefined) return;
  homes.set(memoryId, { memory, exports: new Map() });
  for (const oldest of homes.keys()) if (homes.size > KEPT) homes.delete(oldest);
}

function kernelOf({ binaries, memoryId }: Work, binary: number, name: string): Kernel {
  const { memory, exports } = homes.get(memoryId) as Home;
  let own = exports.get(binary);
  if (own === undefined) {
    const { module } = binaries.find(({ id }) => id === binary) as ThreadBinary;
    own = new WebAssembly.Instance(module, { env: { memory } }).exports;
    exports.set(binary, own);
  }
  return own[name] as Kernel;
}

/** Takes chunks as long as there are any. */
function run(work: Work): void {
  const { control, bell, job, id, threads, chunks, isPaced } = work;

  function end(state: number, i: number, message?: Report): void {
    Atomics.store(control, PROGRESS + threads + i, state);
    Atomics.add(bell, 0, 1);
    Atomics.notify(bell, 0);
    if (message !== undefined) port.postMessage(message);
  }

  for (let i = 0; i < chunks; i++) {
    if (Atomics.compareExchange(control, PROGRESS + threads + i, FREE, id) !== FREE) continue;
    try {
      for (let filled = Atomics.load(control, FILLED); filled <= i; filled = Atomics.load(control, FILLED)) {
        Atomics.wait(control, FILLED, filled);
      }
      if ('calls' in work) for (const call of work.calls[i]) carryOut(work, call);
      else compute(work, (i % work.places) * work.chunk, Math.min(work.chunk, work.n - i * work.chunk));
      end(DONE, i, isPaced ? {} : undefined);
    } catch (error) {
      end(FAILED, i, { job, error });
    }
  }
}

function carryOut(work: Work, { binary, kernel, args, steps, times }: Call): void {
  const call = kernelOf(work, binary, kernel);
  const now = [...args];
  for (let i = 0; i < times; i++) {
    call(...now);
    for (let j = 0; j < steps.length; j++) now[j] += steps[j];
  }
}

/** Computes `n` elements from element `from` on. */
function compute(work: Work & Elements, from: number, n: number): void {
  const kernel = kernelOf(work, work.binary, work.kernel);
  if (work.isStaged || work.isInPlace) computeByBlocks(work, kernel, from, n);
  else call(kernel, work, work, work.out, from, n);
}

/** Keeps a copy of each block's sources while the block is worked on, so that after a sudden end in the middle they can be had back. */
function computeByBlocks(work: Work & Elements, kernel: Kernel, start: number, n: number): void {
  const { control, id, dy, x, out, stage, isStaged } = work;
  const progress = PROGRESS + id - 1;
  for (let from = start; from < start + n; from += BLOCK) {
    const to = Math.min(from + BLOCK, start + n);
    stage.x.set(x.subarray(from, to));
    if (dy !== undefined) stage.dy.set(dy.subarray(from, to));
    const blocks = from / BLOCK;
    Atomics.store(control, progress, 2 * blocks + 1);
    if (isStaged) {
      call(kernel, work, stage, stage.out, 0, to - from);
      out.set(stage.out.subarray(0, to - from), from);
    } else {
      call(kernel, work, work, out, from, to - from);
    }
    Atomics.store(control, progress, 2 * (blocks + 1));
  }
}

/** Calls the kernel on `n` elements from element `from` on; the gradient's where the job has a `dy`. */
function call(
  kernel: Kernel,
  { params, dy }: Elements,
  sources: Pick<Stage, 'x'> & { readonly dy?: Float32Array },
  out: Float32Array,
  from: number,
  n: number,
): void {
  const address = (array: Float32Array) => array.byteOffset + 4 * from;
  if (dy === undefined) kernel(params, address(sources.x), address(out), n);
  else kernel(params, address(sources.dy as Float32Array), address(sources.x), address(out), n);
}

function onMessage(work: Work): void {
  keep(work);
  run(work);
  port.postMessage({});
}

if ('on' in port) port.on('message', onMessage);
else port.onmessage = ({ data }) => onMessage(data);
port.postMessage({});
