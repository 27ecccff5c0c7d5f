import { type Activation, type Defaults, type Options, PREPARE, type Preparations } from './activation';
import { elements } from './elements';
import { checkCanShare, checkOptions, describe } from './errors';
import { Job } from './job';
import { KEPT, type Report } from './protocol';
import type { Runtime } from './runtime';
import { type Means, TASK, type Task, type TaskOf } from './task';
import { canBlock, checkHasThreads, cores, startThread, type Thread } from './threads';
import type { FloatArray, IntegerArray, NumberArray, Same } from './types';

export interface PoolOptions {
  /** How many threads; as many as the machine runs at the same time, unless given. */
  readonly threads?: number;
}

/** The activation's own options, `out`, and what can end the call early; no `bias`. */
// biome-ignore lint/suspicious/noExplicitAny: any activation's options
export type RunOptions<O extends Options = any> = string extends keyof O
  ? { readonly [option: string]: O[string] | AbortSignal | undefined }
  : Omit<O, 'bias' | 'dBias'> & { readonly signal?: AbortSignal };

/** An activation, whose options are those of `D`. */
// biome-ignore lint/suspicious/noExplicitAny: any activation
export type Runnable<D extends Defaults = any> = Pick<Activation<D>, 'name' | 'defaults'>;

/** The same where it works on integers too. */
// biome-ignore lint/suspicious/noExplicitAny: any activation
export type RunnableOnIntegers<D extends Defaults = any> = Runnable<D> & ((x: Int8Array) => Int8Array);

/** A product of matrices or a layer: `matmul` and `dense` of `lanewise/nn`. */
export type MatrixFunction<O> = (a: Float32Array, b: Float32Array, options: O) => Float32Array;

/**
 * Threads that apply activations, and multiply matrices. Results are those of the activation called directly, to the bit. Calls are carried out in their
 * order, one at a time. Threads keep the process alive only while there is something to do, and one that ends unexpectedly is replaced.
 * Each thread remembers the two memories that it took up last, which keeps these from being freed.
 */
export interface Pool extends AsyncDisposable {
  readonly threads: number;
  /**
   * `f(x, options)` on the pool's threads, for arrays of all types that `f` takes. Arrays whose buffers are SharedArrayBuffers are worked on
   * in place, without copying where all are of one shared arena, unless they are of 16 bits; others are copied by the calling thread, piece
   * by piece, while the threads compute. They must be left alone until the promise is settled. Short arrays are worked on by the calling
   * thread. The option `signal` ends the call early: it rejects with the signal's reason, and `out` holds the result in part.
   */
  run<D extends Defaults, A extends FloatArray>(
    f: Runnable<D>,
    x: A,
    options?: RunOptions<Options<NoInfer<D>, Same<A>>>,
  ): Promise<Same<A>>;
  run<D extends Defaults, A extends IntegerArray>(
    f: RunnableOnIntegers<D>,
    x: A,
    options?: RunOptions<Options<NoInfer<D>, Same<A>>>,
  ): Promise<Same<A>>;
  /**
   * `f(a, b, options)` of `lanewise/nn`, `dense` or `matmul`, likewise: a product of matrices, of which each thread takes blocks of the
   * result, one after another. Small products, and those that `accumulate`, are worked on by the calling thread.
   */
  run<O>(
    f: MatrixFunction<O>,
    a: Float32Array,
    b: Float32Array,
    options: NoInfer<O> & { readonly signal?: AbortSignal },
  ): Promise<Float32Array>;
  /** `f.backward(dy, x, options)` likewise. */
  backward<D extends Defaults, A extends FloatArray>(
    f: Runnable<D>,
    dy: Same<A>,
    x: A,
    options?: RunOptions<Options<NoInfer<D>, Same<A>>>,
  ): Promise<Same<A>>;
  /** As `run`, blocking the calling thread until it is done. In Node alone. */
  runSync<D extends Defaults, A extends FloatArray>(
    f: Runnable<D>,
    x: A,
    options?: RunOptions<Options<NoInfer<D>, Same<A>>>,
  ): Same<A>;
  runSync<D extends Defaults, A extends IntegerArray>(
    f: RunnableOnIntegers<D>,
    x: A,
    options?: RunOptions<Options<NoInfer<D>, Same<A>>>,
  ): Same<A>;
  runSync<O>(
    f: MatrixFunction<O>,
    a: Float32Array,
    b: Float32Array,
    options: NoInfer<O> & { readonly signal?: AbortSignal },
  ): Float32Array;
  /** As `backward`, blocking likewise. */
  backwardSync<D extends Defaults, A extends FloatArray>(
    f: Runnable<D>,
    dy: Same<A>,
    x: A,
    options?: RunOptions<Options<NoInfer<D>, Same<A>>>,
  ): Same<A>;
  /** Takes no more calls, and ends the threads when those made before are done. */
  close(): Promise<void>;
}

/** How long, in ms, `runSync` goes on without a sign of life: it cannot hear that a thread has ended. */
const PATIENCE = 30_000;
const MOST_THREADS = 256;

/**
 * Threads for activations on long arrays.
 *
 * @param options.threads - how many; as many as the machine runs at the same time, unless given
 * @throws TypeError or RangeError if `threads` is not an integer from 1 to 256; Error where there are no threads or no SharedArrayBuffer,
 *   which a page has only where it is cross-origin isolated
 *
 * @example
 * const pool = createPool({ threads: 2 });
 * await pool.run(gelu, x, { out: x });
 * await pool.close();
 */
export function createPool(options: PoolOptions = {}): Pool {
  checkOptions('createPool', options, ['threads']);
  const { threads } = options;
  if (threads !== undefined && typeof threads !== 'number') {
    throw new TypeError(`createPool: option threads must be a number, got ${describe(threads)}`);
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    throw new RangeError(`createPool: option threads must be an integer from 1 to ${MOST_THREADS}, got ${threads}`);
  }
  checkCanShare('createPool');
  checkHasThreads('createPool');
  return new ThreadPool(threads ?? Math.min(cores(), MOST_THREADS));
}

class ThreadPool implements Pool, Means {
  readonly threads: number;
  readonly #threads: (Thread | undefined)[];
  /** The memories that each thread has. */
  readonly #given: number[][] = [];
  readonly #jobs: Job[] = [];
  readonly #bell = new Int32Array(new SharedArrayBuffer(4));
  readonly #kept = new Map<Runtime, Map<unknown, unknown>>();
  #isClosed = false;
  #closed: (() => void) | undefined;

  constructor(threads: number) {
    this.threads = threads;
    this.#threads = Array(threads).fill(undefined);
    this.#startThreads();
  }

  async run<R>(f: Runnable | MatrixFunction<never>, x: NumberArray, ...others: Others): Promise<R> {
    return this.#promise<R>('pool.run', ...valueTask(f, x, others));
  }

  async backward<R>(f: Runnable, dy: NumberArray, x: NumberArray, options?: RunOptions): Promise<R> {
    return this.#promise<R>('pool.backward', options, backwardTask(f, dy, x));
  }

  runSync<R>(f: Runnable | MatrixFunction<never>, x: NumberArray, ...others: Others): R {
    return this.#block<R>('pool.runSync', ...valueTask(f, x, others));
  }

  backwardSync<R>(f: Runnable, dy: NumberArray, x: NumberArray, options?: RunOptions): R {
    return this.#block<R>('pool.backwardSync', options, backwardTask(f, dy, x));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#jobs.length > 0) {
      await new Promise<void>((resolve) => {
        const others = this.#closed;
        this.#closed = () => {
          others?.();
          resolve();
        };
      });
    }
    const threads = this.#threads.splice(0);
    await Promise.all(threads.map((thread) => thread?.end()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The task of a call, checked, and its signal, which has not been given yet. */
  #prepare(fn: string, options: RunOptions | undefined, prepare: Prepare): { task: Task; signal?: AbortSignal } {
    if (this.#isClosed) throw new Error(`${fn}: the pool is closed`);
    const { signal, own } = split(fn, options);
    const task = prepare(fn, own);
    signal?.throwIfAborted();
    return { task, signal };
  }

  #promise<R>(fn: string, options: RunOptions | undefined, prepare: Prepare): Promise<R> {
    const { task, signal } = this.#prepare(fn, options, prepare);
    return new Promise((resolve, reject) => {
      const abort = () => {
        job.stop(signal?.reason);
        if (job.hasBegun) {
          this.#pump();
        } else {
          this.#jobs.splice(this.#jobs.indexOf(job), 1);
          job.settle();
        }
      };
      const job = new Job(task, ({ isStopped, error }) => {
        signal?.removeEventListener('abort', abort);
        if (isStopped) reject(error);
        else resolve(task.out as R);
      });
      signal?.addEventListener('abort', abort);
      this.#add(job);
      this.#pump();
    });
  }

  #block<R>(fn: string, options: RunOptions | undefined, prepare: Prepare): R {
    if (!canBlock) throw new Error(`${fn}: only Node can block, use ${fn.replace('Sync', '')}`);
    const { task } = this.#prepare(fn, options, prepare);
    let isOver = false;
    const job = new Job(task, () => {
      isOver = true;
    });
    this.#add(job);
    for (;;) {
      const seen = Atomics.load(this.#bell, 0);
      this.#pump(false);
      if (isOver) break;
      if (Atomics.wait(this.#bell, 0, seen, PATIENCE) === 'timed-out') this.#giveUp(fn);
    }
    if (job.isStopped) throw job.error;
    return task.out as R;
  }

  #add(job: Job): void {
    this.#jobs.push(job);
    if (job.task.isSmall) return;
    this.#startThreads();
    for (const thread of this.#threads) thread?.hold(true);
  }

  #startThreads(): void {
    for (let i = 0; i < this.threads; i++) this.#threads[i] ??= this.#start(i);
  }

  #start(i: number): Thread {
    let hasStarted = false;
    this.#given[i] = [];
    return startThread(
      (message) => {
        hasStarted = true;
        const { job, error } = message as Report;
        if (job !== undefined && job === this.#jobs[0]?.id) this.#jobs[0].stop(error);
        this.#pump();
      },
      (cause) => {
        if (this.#threads.length === 0) return;
        this.#threads[i] = undefined;
        const job = this.#jobs[0];
        if (job?.hasBegun) job.repair(i + 1);
        if (!hasStarted && cause !== undefined) {
          const error = new Error('lanewise/parallel: a thread could not be started', { cause });
          for (const job of this.#jobs) job.stop(error);
        } else {
          const thread = this.#start(i);
          this.#threads[i] = thread;
          if (job !== undefined) thread.hold(true);
          if (job?.hasBegun) this.#send(job, i);
        }
        this.#pump();
      },
    );
  }

  #send(job: Job, i: number): void {
    const work = job.workFor(i + 1);
    if (work === undefined) return;
    const given = this.#given[i];
    const isNew = !given.includes(work.memoryId);
    if (isNew && given.push(work.memoryId) > KEPT) given.shift();
    this.#threads[i]?.post(isNew ? work : { ...work, memory: undefined });
  }

  /** Does what there is for this thread to do. */
  #pump(canHear = true): void {
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
      try {
        if (!job.hasBegun && !job.isStopped) {
          job.begin(this, this.#bell);
          for (let i = 0; i < this.threads; i++) this.#send(job, i);
        }
        if (!job.advance(canHear)) return;
        this.#jobs.shift();
        job.settle();
      } catch (error) {
        job.stop(error);
      }
    }
    for (const thread of this.#threads) thread?.hold(false);
    this.#closed?.();
  }

  keep<T>(runtime: Runtime, make: (runtime: Runtime, threads: number) => T): T {
    const own = this.#kept.get(runtime) ?? new Map<unknown, unknown>();
    this.#kept.set(runtime, own);
    if (!own.has(make)) own.set(make, make(runtime, this.threads));
    return own.get(make) as T;
  }

  /** Ends all threads, so that none of them writes any more, and all calls. */
  #giveUp(fn: string): never {
    const error = new Error(`${fn}: no thread has answered for ${PATIENCE / 1000} s`);
    for (const thread of this.#threads.splice(0)) thread?.end();
    for (const job of this.#jobs.splice(0)) {
      job.stop(error);
      job.settle();
    }
    this.#isClosed = true;
    throw error;
  }
}

/** Checks a call's arguments, under the name of the function that was called. */
type Prepare = (fn: string, own: Options | undefined) => Task;

/** What comes behind the first array of a function that `run` takes. */
type Others = readonly [options?: RunOptions] | readonly [b: Float32Array, options: object];

function valueTask(
  f: Runnable | MatrixFunction<never>,
  x: NumberArray,
  [second, third]: Others,
): [options: RunOptions | undefined, Prepare] {
  const task = (f as { [TASK]?: TaskOf } | undefined | null)?.[TASK];
  if (task !== undefined)
    return [third as RunOptions, (_, own) => task(x as Float32Array, second as Float32Array, own as object)];
  const expected = third === undefined ? undefined : 'an activation of lanewise, or dense or matmul';
  return [second as RunOptions | undefined, (fn, own) => elements(preparations(fn, f, expected).forward(x, own), x)];
}

function backwardTask(f: Runnable, dy: NumberArray, x: NumberArray): Prepare {
  return (fn, own) => elements(preparations(fn, f).backward(dy, x, own), x, dy);
}

function preparations(fn: string, f: unknown, expected = 'an activation of lanewise'): Preparations {
  const own = (f as { [PREPARE]?: Preparations } | undefined | null)?.[PREPARE];
  if (own === undefined) throw new TypeError(`${fn}: f must be ${expected}, got ${describe(f)}`);
  return own;
}

/** The signal, and the options that are the activation's. */
function split(fn: string, options: RunOptions | undefined): { signal?: AbortSignal; own?: Options } {
  if (typeof options !== 'object' || options === null || !('signal' in options)) return { own: options };
  const { signal } = options;
  const own: { [option: string]: unknown } = {};
  for (const option in options) if (option !== 'signal') own[option] = options[option as keyof RunOptions];
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
    throw new TypeError(`${fn}: option signal must be an AbortSignal, got ${describe(signal)}`);
  }
  return { signal, own: own as Options };
}
