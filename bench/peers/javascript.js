import { plain, plainRows } from '../plain.js';
import { ROW } from './rows.js';

/** The loops that `npm run bench` compares with, into a given array. */
export default function javascript() {
  return {
    name: 'plain JavaScript',
    version: process.version,
    prepare(activation, x) {
      const y = new Float32Array(x.length);
      const loop = (plain[activation] ?? plainRows[activation]).forward;
      const once = () => {
        loop(x, y, ROW);
        return y;
      };
      return { resident: once, endToEnd: once };
    },
  };
}
