// Checked by tsc alone: what callers may write, and what they may not.

import { type Activation, activations, gelu, glu, leakyRelu, relu, softplus, swiglu, tanhShrink } from '../src';
import { LeakyReLU, ReLU, Sequential } from '../src/nn';
import type { Pool } from '../src/parallel';

const h: Activation = gelu;
const r: Record<string, Activation> = activations;
void h;
void r;
const x = new Float32Array(1);
leakyRelu(x, { alpha: 0.1, out: x });
gelu(x, { approximate: 'tanh' });
softplus(x, { beta: 2 });
// @ts-expect-error
relu(x, { alpha: 1 });
// @ts-expect-error
leakyRelu(x, { alpha: 'a' });
// @ts-expect-error
gelu(x, { approximate: 'erf' });

leakyRelu.backwardFromOutput(x, x);
leakyRelu.with({ alpha: 0.2 }).backwardFromOutput(x, x, { alpha: 0.1, out: x });
// @ts-expect-error
tanhShrink.backwardFromOutput(x, x);

async function threads(pool: Pool): Promise<void> {
  await pool.run(h, x, { out: x, signal: AbortSignal.abort() });
  await pool.run(leakyRelu, x, { alpha: 0.1, out: x });
  await pool.backward(gelu, x, x, { approximate: 'tanh', signal: AbortSignal.abort() });
  pool.runSync(relu, x);
  // @ts-expect-error
  await pool.run(relu, x, { alpha: 1 });
  // @ts-expect-error
  await pool.run(leakyRelu, x, { alpha: 'a' });
}
void threads;

export const model: Sequential = new Sequential(gelu, new ReLU(), new LeakyReLU({ alpha: 0.1 }));
// @ts-expect-error
new LeakyReLU({ alpha: 'a' });
// @ts-expect-error
new Sequential('relu');
gelu(x, { bias: x, approximate: 'tanh' });
gelu.backward(x, x, { bias: x, dBias: x });
// @ts-expect-error
gelu(x, { dBias: x });
// @ts-expect-error
leakyRelu.with({ bias: x });
// @ts-expect-error
relu.backwardFromOutput(x, x, { bias: x });
swiglu(x, x, { beta: 2, out: x }) satisfies Float32Array;
swiglu.backward(x, x, x, { da: x }) satisfies { da: Float32Array };
swiglu.backward(x, x, { shape: [1], out: x }) satisfies Float32Array;
// @ts-expect-error
glu(x, { beta: 2 });
// @ts-expect-error
glu(x, x, { shape: [1] });
