// Threads of the platform: worker_threads of Node, Web Workers elsewhere.

/** A thread that runs src/worker.ts. */
export interface Thread {
  post(message: unknown): void;
  /** Whether it keeps the process alive. */
  hold(isHeld: boolean): void;
  end(): unknown;
}

// Asked for in this way, a Node module is found without `await`, and no bundler looks for it.
const node = globalThis.process?.versions?.node === undefined ? undefined : globalThis.process.getBuiltinModule;
const workers = node?.('node:worker_threads');

/** Whether a thread may block on another here, and gets what that one posts meanwhile. */
export const canBlock = workers !== undefined;

/** Threads that the machine runs at the same time. */
export function cores(): number {
  return node?.('node:os').availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Error where there are no threads. */
export function checkHasThreads(fn: string): void {
  if (workers !== undefined || typeof Worker === 'function') return;
  throw new Error(`${fn}: threads need Web Workers, or Node 20.16 or later`);
}

/** Starts a thread. `onEnd` is called when it has ended by itself, with the error that was the cause. */
export function startThread(onMessage: (message: unknown) => void, onEnd: (error: unknown) => void): Thread {
  if (workers !== undefined) {
    // The process's own flags may be of the kind that no thread can have, such as --input-type.
    const worker = new workers.Worker(new URL('./worker.js', import.meta.url), { execArgv: [] });
    let cause: unknown;
    worker.on('message', onMessage);
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => onEnd(cause));
    worker.unref(); // the last, as listening to messages holds the process
    return {
      post: (message) => worker.postMessage(message),
      hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
      end: () => worker.terminate(),
    };
  }
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  worker.onmessage = ({ data }) => onMessage(data);
  worker.onerror = (event) => {
    event.preventDefault();
    worker.terminate();
    onEnd(event.error ?? new Error(event.message ?? 'its script could not be loaded'));
  };
  return {
    post: (message) => worker.postMessage(message),
    hold() {},
    end: () => worker.terminate(),
  };
}
