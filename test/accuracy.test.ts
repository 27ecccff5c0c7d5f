// A strided sweep of what `npm run verify` does with every input.
import { describe, expect, test } from 'vitest';
import { apply, combined, meter, noStatistics, results, violations } from '../scripts/verify/chunk.js';
import { kinds, otherOptions } from '../scripts/verify/sweeps.js';
import { type Activation, create } from '../src';
import { specials } from './float32';

type Kind = (typeof kinds)[number];
type Numbers = { [option: string]: number };

const strides = { relaxed: 4093, simd: 1021, js: 41_999 };

function check(f: Activation, kind: Kind, options: Numbers, blocks: Iterable<{ x: Float32Array; y: Float32Array }>) {
  const measure = meter(f.spec, kind, options);
  let statistics = noStatistics();
  for (const block of blocks) statistics = combined(statistics, measure(block));
  expect(violations(f.spec, kind, options, statistics)).toEqual([]);
}

for (const backend of ['relaxed', 'simd', 'js'] as const) {
  const library = create({ backend });
  describe(`${backend}: error in ULP`, () => {
    for (const f of Object.values(library.activations) as Activation[]) {
      for (const kind of kinds) {
        test(`${f.name} ${kind}: special inputs`, () => {
          const y = new Float32Array(specials.length);
          apply(f, kind, {}, specials, y);
          check(f, kind, {}, [{ x: specials, y }]);
        });
        // 2^32 / 1021 is 4.2 million inputs.
        test(`${f.name} ${kind}: inputs of all magnitudes`, () => {
          check(f, kind, {}, results(f, kind, {}, strides[backend]));
        });
        for (const options of otherOptions[f.name] ?? []) {
          test(`${f.name} ${kind} ${JSON.stringify(options)}`, () => {
            check(f, kind, options, results(f, kind, options, 41_999));
          });
        }
      }
    }
  });
}
