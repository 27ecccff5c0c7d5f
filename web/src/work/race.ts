import { plain } from 'virtual:plain';
import { type Activation, type Backend, create } from 'lanewise';
import { createPool } from 'lanewise/parallel';

/** Of the arrays' elements. */
export type RaceType = 'float32' | 'float64' | 'float16';

export interface RaceRequest {
  readonly names: readonly string[];
  readonly direction: 'forward' | 'backward';
  readonly type: RaceType;
  readonly n: number;
  /** Undefined for the fastest that the browser has. */
  readonly backend?: Backend;
  /** 1 for none beside the worker's own. */
  readonly threads: number;
}

export type Way = 'plain' | 'any' | 'arena' | 'threads';

/** Nanoseconds per element: the medians so far. */
export type Times = { readonly [way in Way]?: number };

export interface RaceProgress {
  readonly done: number;
  readonly of: number;
  readonly name: string;
  readonly times: Times;
}

/** Rounds in which the ways of one activation take turns. */
const ROUNDS = 9;
/** How long, in ms, one measurement is to take: a page's clock may tick every 0.1 ms only. */
const SAMPLE = 12;

/** Times each activation by several ways, and reports after every round. Returns the backend. */
export async function race(request: RaceRequest, report: (progress: RaceProgress) => void): Promise<Backend> {
  const { names, type, n, backend, threads } = request;
  const library = create({ backend });
  const isThreaded = threads > 1;
  const arena = library.createArena(24 * n + 4096, { shared: isThreaded });
  const ofArena = () => arena[type](n) as Float32Array; // as far as types go, all are of one
  const View = ofArena().constructor as Float32ArrayConstructor;
  arena.reset();
  const [arenaX, arenaDy, arenaOut] = [ofArena(), ofArena(), ofArena()];
  const [x, dy, out] = [new View(n), new View(n), new View(n)];
  for (let i = 0; i < n; i++) {
    x[i] = 8 * Math.random() - 4;
    dy[i] = 2 * Math.random() - 1;
  }
  arenaX.set(x);
  arenaDy.set(dy);
  const pool = isThreaded ? createPool({ threads }) : undefined;
  const isForward = request.direction === 'forward';
  let done = 0;
  for (const name of names) {
    const f = (library.activations as unknown as { [name: string]: Activation })[name];
    const options = { out };
    const arenaOptions = { out: arenaOut };
    const ways: { [way in Way]?: () => unknown } = isForward
      ? {
          plain: () => plain[name].forward(x, out),
          any: () => f(x, options),
          arena: () => f(arenaX, arenaOptions),
          threads: pool && (() => pool.run(f, arenaX, arenaOptions)),
        }
      : {
          plain: () => plain[name].backward(dy, x, out),
          any: () => f.backward(dy, x, options),
          arena: () => f.backward(arenaDy, arenaX, arenaOptions),
          threads: pool && (() => pool.backward(f, arenaDy, arenaX, arenaOptions)),
        };
    const runs = Object.entries(ways).flatMap(([way, run]) =>
      run === undefined ? [] : [{ way, run, repeats: 1, samples: [] as number[] }],
    );
    for (const entry of runs) entry.repeats = await repeatsFor(entry.run);
    for (let round = 0; round < ROUNDS; round++) {
      for (const { run, repeats, samples } of runs) samples.push(((await time(run, repeats)) * 1e6) / repeats / n);
      const times = Object.fromEntries(runs.map(({ way, samples }) => [way, median(samples)]));
      report({ done: ++done, of: ROUNDS * names.length, name, times });
    }
  }
  await pool?.close();
  return library.backend;
}

/**
 * How often `run` fills the time of a sample; twice as often from one try to the next, which also has it compiled. The best of three
 * counts, or an interruption would make for samples that are too short.
 */
async function repeatsFor(run: () => unknown): Promise<number> {
  for (let repeats = 1; ; repeats *= 2) {
    const ms = Math.min(await time(run, repeats), await time(run, repeats), await time(run, repeats));
    if (ms > SAMPLE / 3) return Math.max(1, Math.round((repeats * SAMPLE) / ms));
  }
}

/** Milliseconds that `repeats` calls take. Only what returns a promise is awaited: a turn of the event loop has its cost. */
async function time(run: () => unknown, repeats: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return performance.now() - start;
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
