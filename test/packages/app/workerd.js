// A Worker's answer to `workerd test`.
import { backend, create, createArena } from 'lanewise';
import { dense } from 'lanewise/nn';
import { calls } from './calls.js';

export default {
  async test() {
    const x = new Float32Array([1, 2]);
    const { silu, softmax, dequantize } = create({ backend: 'simd' });
    const others = [
      ...silu(new Float64Array(x)),
      ...softmax(x, { shape: [1, 2] }),
      ...dense(x, x, { shape: [2, 1] }),
      ...dequantize(new Int8Array([3]), { scale: 2, zeroPoint: 1 }),
    ];
    let shared;
    try {
      createArena(64, { shared: true });
    } catch (error) {
      shared = String(error);
    }
    console.log(JSON.stringify({ calls: await calls(), backend, others, shared }));
  },
};
