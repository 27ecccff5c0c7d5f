// A thread of a pool. The build makes it one file without imports, which Node and browsers run alike.

import {
  argumentsFor,
  type Call,
  DONE,
  type Elements,
  FAILED,
  FILLED,
  FREE,
  KEPT,
  PROGRESS,
  type Report,
  type ThreadBinary,
  type Work,
} from './protocol';

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

function kernelOf({ binaries, memoryId }: Work, { binary, kernel }: Pick<Call, 'binary' | 'kernel'>): Kernel {
  const { memory, exports } = homes.get(memoryId) as Home;
  let own = exports.get(binary);
  if (own === undefined) {
    const { module } = binaries.find(({ id }) => id === binary) as ThreadBinary;
    own = new WebAssembly.Instance(module, { env: { memory } }).exports;
    exports.set(binary, own);
  }
  return own[kernel] as Kernel;
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
      if ('x' in work)
        compute(work, (i % work.places) * work.chunk, Math.min(work.chunk, work.length - i * work.chunk));
      else for (const call of work.calls[i]) carryOut(work, call);
      end(DONE, i, isPaced ? {} : undefined);
    } catch (error) {
      end(FAILED, i, { job, error });
    }
  }
}

function carryOut(work: Work, call: Call): void {
  const { args, steps, times } = call;
  const kernel = kernelOf(work, call);
  const now = [...args];
  for (let i = 0; i < times; i++) {
    kernel(...now);
    for (let j = 0; j < steps.length; j++) now[j] += steps[j];
  }
}

/**
 * Computes `length` bytes from byte `start` on. Where a source is written over, or the memory is another, it keeps a copy of each block's
 * sources while the block is worked on, so that after a sudden end in the middle they can be had back.
 */
function compute(work: Work & Elements, start: number, length: number): void {
  const { control, id, calls, bytes, dy, x, out, block, stage, isStaged, isInPlace } = work;
  const kernels = calls.map((call) => kernelOf(work, call));
  const isCopied = isStaged || isInPlace;
  const progress = PROGRESS + id - 1;
  const places = {
    x: stage.x.byteOffset,
    dy: stage.dy.byteOffset,
    out: stage.out.byteOffset,
    wideX: stage.wideX.byteOffset,
    wideDy: stage.wideDy.byteOffset,
    n: 0,
  };
  for (let from = start; from < start + length; from += block) {
    const to = Math.min(from + block, start + length);
    if (isCopied) {
      stage.x.set(x.subarray(from, to));
      if (dy !== undefined) stage.dy.set(dy.subarray(from, to));
      Atomics.store(control, progress, (2 * from) / block + 1);
    }
    if (!isStaged) {
      places.x = x.byteOffset + from;
      places.dy = dy === undefined ? 0 : dy.byteOffset + from;
      places.out = out.byteOffset + from;
    }
    places.n = (to - from) / bytes;
    for (const [i, kernel] of kernels.entries()) kernel(...argumentsFor(calls[i], places));
    if (isStaged) out.set(stage.out.subarray(0, to - from), from);
    if (isCopied) Atomics.store(control, progress, (2 * from) / block + 2);
  }
}

function onMessage(work: Work): void {
  keep(work);
  run(work);
  port.postMessage({});
}

if ('on' in port) port.on('message', onMessage);
else port.onmessage = ({ data }) => onMessage(data);
port.postMessage({});
