import type { Spec } from './activation';
import { apart } from './blocks';
import type { TypedKernel } from './types';

/** An activation on float64 numbers. */
export function float64Kernel({ value, derivative }: Spec): TypedKernel {
  return {
    forward(x, out, a, b) {
      const source = apart(x, out);
      for (let i = 0; i < out.length; i++) out[i] = value(source[i], a, b);
    },
    backward(dy, x, out, a, b) {
      const upstream = apart(dy, out);
      const source = apart(x, out);
      for (let i = 0; i < out.length; i++) out[i] = upstream[i] * derivative(source[i], a, b);
    },
  };
}
