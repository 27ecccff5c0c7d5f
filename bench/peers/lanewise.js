import { readFileSync } from 'node:fs';
import { activations, backend, createArena, softmax } from '../../dist/index.js';
import { ROW } from './rows.js';

/** Resident: in an arena. End to end: from an ordinary array to one given as `out`. */
export default function lanewise() {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return {
    name: `lanewise (${backend})`,
    version,
    prepare(activation, x) {
      const isSoftmax = activation === 'softmax';
      const f = isSoftmax ? softmax : activations[activation];
      const rows = isSoftmax ? { shape: [x.length / ROW, ROW] } : {};
      const arena = createArena(8 * x.length + 64);
      const [own, out] = [arena.float32(x.length), arena.float32(x.length)];
      own.set(x);
      const inArena = { ...rows, out };
      const ordinary = { ...rows, out: new Float32Array(x.length) };
      return { resident: () => f(own, inArena), endToEnd: () => f(x, ordinary) };
    },
  };
}
