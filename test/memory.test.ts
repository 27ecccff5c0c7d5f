// What a call reads and writes: results do not depend on where an element lies, and nothing else is touched.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Activation, create } from '../src';
import { bits, randoms, specials } from './float32';

describe.each(['relaxed', 'simd'] as const)('%s', (backend) => {
  const lanewise = create({ backend });
  const arena = lanewise.createArena(2 ** 20);
  const sharedArena = lanewise.createArena(2 ** 20, { shared: true });

  function resetArenas() {
    arena.reset();
    sharedArena.reset();
  }

  /** The ways data can take, as makers of arrays of `n` elements that begin `offset` elements into their buffer. */
  const places = {
    ordinary: (n: number, offset: number) => new Float32Array(n + offset).subarray(offset),
    shared: (n: number, offset: number) => new Float32Array(new SharedArrayBuffer(4 * (n + offset)), 4 * offset),
    arena: (n: number, offset: number) => arena.float32(n + offset).subarray(offset),
    'shared arena': (n: number, offset: number) => sharedArena.float32(n + offset).subarray(offset),
    ...(typeof Buffer !== 'undefined' && {
      'node buffer'(n: number, offset: number) {
        const buffer = Buffer.alloc(4 * (n + offset) + 64);
        const start = Math.ceil(buffer.byteOffset / 4) * 4 + 4 * offset;
        return new Float32Array(buffer.buffer, start, n);
      },
    }),
  };

  const input = new Float32Array([...specials, ...randoms(200)]);
  const upstream = randoms(input.length, 7);
  const GUARD = 1234.5;

  for (const f of Object.values(lanewise.activations) as Activation[]) {
    describe(f.name, () => {
      // Element by element, each alone in its array: what every longer call must give.
      const alone = Float32Array.from(input, (x) => f(new Float32Array([x]))[0]);
      const slopes = Float32Array.from(input, (x, i) => f.backward(upstream.slice(i, i + 1), new Float32Array([x]))[0]);

      for (const [place, make] of Object.entries(places)) {
        test(`${place}: the same result at every offset of every length, guards untouched`, () => {
          for (let n = 1; n <= 67; n++) {
            resetArenas();
            for (let offset = 0; offset <= 20; offset++) {
              const from = (n * 21 + offset) % (input.length - n);
              const whole = make(n + 8, offset);
              whole.fill(GUARD);
              const out = whole.subarray(4, 4 + n);
              const x = make(n, offset);
              x.set(input.subarray(from, from + n));
              const dy = make(n, offset);
              dy.set(upstream.subarray(from, from + n));

              f(x, { out });
              const values = bits(out);
              f.backward(dy, x, { out });
              const gradients = bits(out);
              // One comparison for speed; the details only where it fails.
              if (String(values) !== String(bits(alone.subarray(from, from + n)))) {
                expect(values, `${n} elements at ${offset}`).toEqual(bits(alone.subarray(from, from + n)));
              }
              if (String(gradients) !== String(bits(slopes.subarray(from, from + n)))) {
                expect(gradients, `gradient, ${n} elements at ${offset}`).toEqual(
                  bits(slopes.subarray(from, from + n)),
                );
              }
              const guards = [...whole.subarray(0, 4), ...whole.subarray(4 + n)];
              if (!guards.every((v) => v === GUARD)) expect(guards).toEqual(Array(8).fill(GUARD));
            }
          }
        });

        test(`${place}: in place`, () => {
          resetArenas();
          for (const n of [1, 7, 16, 17, 100, input.length]) {
            const x = make(n, 3);
            x.set(input.subarray(0, n));
            expect(f(x, { out: x })).toBe(x);
            expect(bits(x)).toEqual(bits(alone.subarray(0, n)));
            for (const target of ['x', 'dy'] as const) {
              const arrays = { x: make(n, 3), dy: make(n, 1) };
              arrays.x.set(input.subarray(0, n));
              arrays.dy.set(upstream.subarray(0, n));
              f.backward(arrays.dy, arrays.x, { out: arrays[target] });
              expect(bits(arrays[target])).toEqual(bits(slopes.subarray(0, n)));
            }
          }
        });

        test(`${place}: overlapping source and destination, as if the source had been read first`, () => {
          fc.assert(
            fc.property(
              fc.constantFrom(1, 2, 5, 16, 23, 60, 150, 4096, 4097, 9000),
              fc.integer({ min: -70, max: 70 }),
              fc.integer({ min: -70, max: 70 }),
              (n, shift, other) => {
                resetArenas();
                const memory = make(n + 140, 0);
                memory.forEach((_, i) => {
                  memory[i] = input[i % input.length];
                });
                const out = memory.subarray(70, 70 + n);
                const x = memory.subarray(70 + shift, 70 + shift + n);
                const dy = memory.subarray(70 + other, 70 + other + n);
                const before = memory.slice();
                const expected = f.backward(dy.slice(), x.slice());
                f.backward(dy, x, { out });
                expect(bits(out)).toEqual(bits(expected));
                memory.set(before);
                const values = f(x.slice());
                f(x, { out });
                expect(bits(out)).toEqual(bits(values));
                expect(bits(memory.subarray(0, 70))).toEqual(bits(before.subarray(0, 70)));
                expect(bits(memory.subarray(70 + n))).toEqual(bits(before.subarray(70 + n)));
              },
            ),
            { numRuns: 30 },
          );
        });
      }

      test('small arrays and options that come again', () => {
        const odd = Object.fromEntries(
          Object.entries(f.defaults).map(([option, value], i) => [
            option,
            typeof value === 'number' ? (1.5 + 0.7 * i) * value : value,
          ]),
        );
        for (const options of [{}, odd]) {
          const values = f(input, options);
          const gradients = f.backward(upstream, input, options);
          for (let n = 1; n <= 67; n++) {
            const [x, dy, out] = [input.slice(-n), upstream.slice(-n), new Float32Array(n)];
            const reused = { ...options, out };
            for (let again = 0; again < 3; again++) {
              expect(String(bits(f(x, reused)))).toBe(String(bits(values.subarray(-n))));
              expect(String(bits(f.backward(dy, x, reused)))).toBe(String(bits(gradients.subarray(-n))));
            }
          }
        }
      });

      test('arrays longer than a staging block', () => {
        for (const n of [4095, 4096, 4097, 10_000]) {
          const x = Float32Array.from({ length: n }, (_, i) => input[i % input.length]);
          const dy = Float32Array.from({ length: n }, (_, i) => upstream[i % input.length]);
          expect(String(bits(f(x)))).toBe(String(repeated(alone, n)));
          expect(String(bits(f.backward(dy, x)))).toBe(String(repeated(slopes, n)));
        }
      });
    });
  }

  /** The bits of `of`, over and over, up to `n`. */
  function repeated(of: Float32Array, n: number): number[] {
    const all = bits(of);
    return Array.from({ length: n }, (_, i) => all[i % all.length]);
  }

  test('two SharedArrayBuffers over the same memory', () => {
    for (const n of [8, 40, 10_000]) {
      const buffer = new SharedArrayBuffer(4 * (n + 1));
      const x = new Float32Array(buffer, 0, n);
      const options = { out: new Float32Array(structuredClone(buffer), 4, n) };
      const expected = Float32Array.from({ length: n }, (_, i) => i + 1);
      for (let again = 0; again < 3; again++) {
        x.set(expected);
        expect(String(lanewise.relu(x, options))).toBe(String(expected));
      }
    }
  });

  test('no elements', () => {
    for (const f of Object.values(lanewise.activations) as Activation[]) {
      expect(f(new Float32Array(0))).toHaveLength(0);
      expect(f.backward(new Float32Array(0), new Float32Array(0))).toHaveLength(0);
    }
  });
});
