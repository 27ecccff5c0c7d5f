import { plain } from '../plain.js';

/** The loops that `npm run bench` compares with, into a given array. */
export default function javascript() {
  return {
    name: 'plain JavaScript',
    version: process.version,
    prepare(activation, x) {
      const y = new Float32Array(x.length);
      const loop = plain[activation].forward;
      const once = () => {
        loop(x, y);
        return y;
      };
      return { resident: once, endToEnd: once };
    },
  };
}
