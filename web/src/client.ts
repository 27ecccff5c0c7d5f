// The page's side of its worker.

import type { Tasks } from './worker';

export interface Request {
  readonly id: number;
  readonly task: string;
  readonly argument: unknown;
}

export type Response =
  | { readonly id: number; readonly progress: unknown }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: Error };

interface Call {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  progress?(progress: unknown): void;
}

/** A worker that does tasks, several at a time where they are asynchronous. */
export class Client {
  #worker: Worker | undefined;
  #last = 0;
  readonly #calls = new Map<number, Call>();

  /** Has the worker do a task. Arrays are copied. */
  run<K extends keyof Tasks>(
    task: K,
    argument: Parameters<Tasks[K]>[0],
    progress?: Parameters<Tasks[K]>[1],
  ): Promise<Awaited<ReturnType<Tasks[K]>>> {
    const id = ++this.#last;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, task, argument } satisfies Request);
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject, progress } as Call);
    });
  }

  /** Ends the worker, whatever it is doing. Calls that are not settled are rejected with an AbortError; the next one starts anew. */
  stop(reason: unknown = new DOMException('Cancelled', 'AbortError')): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#calls.values()) reject(reason);
    this.#calls.clear();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Response>) => {
      const call = this.#calls.get(data.id);
      if (call === undefined) return;
      if ('progress' in data) {
        call.progress?.(data.progress);
        return;
      }
      this.#calls.delete(data.id);
      if ('error' in data) call.reject(data.error);
      else call.resolve(data.value);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.stop(new Error(event.message ?? 'The worker could not be loaded.'));
    };
    return worker;
  }
}

/** Whether a call ended because it was cancelled. */
export function isCancelled(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
