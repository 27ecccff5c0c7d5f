// What bench/browser.js times, in Node and in pages.

/** Milliseconds of a sample: some hundred ticks of an isolated page's clock, and within the slice of time that a busy machine gives. */
const SAMPLE = 3;

/** Milliseconds that `repeats` calls take. @param {() => unknown} run @param {number} repeats */
function time(run, repeats) {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) run();
  return performance.now() - start;
}

/** How many calls fill a sample; finding out also has them compiled. @param {() => unknown} run */
function repeatsFor(run) {
  for (let repeats = 1; ; repeats *= 2) {
    const ms = Math.min(time(run, repeats), time(run, repeats), time(run, repeats));
    if (ms > SAMPLE / 3) return Math.ceil((repeats * SAMPLE) / ms);
  }
}

/**
 * Nanoseconds per element of each activation, by a plain loop and in an arena: the best of several rounds in which both take turns.
 *
 * @param {Pick<typeof import('lanewise'), 'activations' | 'createArena'>} lanewise
 * @param {typeof import('./plain.js').plain} plain
 * @param {{ readonly names: readonly string[]; readonly n: number; readonly rounds: number }} options
 */
export function turns({ activations, createArena }, plain, { names, n, rounds }) {
  const arena = createArena(8 * n + 4096);
  const [a, out] = [arena.float32(n), arena.float32(n)];
  const [x, y] = [new Float32Array(n), new Float32Array(n)];
  for (let i = 0; i < n; i++) a[i] = x[i] = 8 * Math.random() - 4;
  return names.map((name) => {
    const f = activations[name];
    const options = { out };
    const ways = [() => plain[name].forward(x, y), () => f(a, options)].map((run) => ({
      run,
      repeats: repeatsFor(run),
      best: Infinity,
    }));
    for (let round = 0; round < rounds; round++) {
      for (const way of ways) way.best = Math.min(way.best, (time(way.run, way.repeats) * 1e6) / way.repeats / n);
    }
    const [{ best: loop }, { best: own }] = ways;
    return { name, loop, own };
  });
}
