// Checked by tsc alone: what callers may write, and what they may not.

import {
  type Activation,
  activations,
  type Float16Bits,
  float16,
  gelu,
  glu,
  hardTanh,
  leakyRelu,
  prelu,
  quantized,
  quantizedPrelu,
  relu,
  type SoftmaxOptions,
  softmax,
  softplus,
  swiglu,
  tanhShrink,
} from '../src';
import { dense, LeakyReLU, matmul, quantizedDense, ReLU, Sequential } from '../src/nn';
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
  (await pool.run(gelu, new Float64Array(1), { out: new Float64Array(1) })) satisfies Float64Array;
  pool.runSync(hardTanh, new Int8Array(1), { min: 0 }) satisfies Int8Array;
  // @ts-expect-error
  pool.runSync(gelu, new Int8Array(1));
  // @ts-expect-error
  await pool.run(gelu, new Float64Array(1), { out: x });
  await pool.run(dense, x, x, { shape: [1, 1], activation: relu, signal: AbortSignal.abort() });
  pool.runSync(matmul, x, x, { shape: [1, 1, 1] });
  // @ts-expect-error
  await pool.run(dense, x, x);
  // @ts-expect-error
  await pool.run(matmul, x, x, { shape: [1, 1, 1], bias: x });
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

const doubles: Float64Array = gelu(new Float64Array(1), { out: new Float64Array(1) });
const halves: Float16Bits = gelu.backward(float16(new Uint16Array(1)), float16(new Uint16Array(1)));
const bytes: Uint8Array = relu(Buffer.alloc(1));
hardTanh(new Int32Array(1), { min: 0, max: 6 });
const q = { scale: 1, type: 'uint8' as const };
const table: Uint8Array = quantized(gelu, { input: { scale: 1 }, output: q })(new Int8Array(1));
const slopes: Uint8Array = quantizedPrelu(x, { input: { scale: 1 }, output: q })(new Int8Array(1), { axis: 0 });
const options = { weights: new Int8Array(1), weightScale: 1, shape: [1, 1] as const, input: q, output: { scale: 1 } };
const layer: Int8Array = quantizedDense(options)(new Uint8Array(1));
void [doubles, halves, bytes, table, slopes, layer];
// @ts-expect-error
quantizedDense(options)(new Int8Array(1));
// @ts-expect-error
quantizedPrelu(x, { input: q, output: q })(new Uint8Array(1), { out: new Int8Array(1) });
gelu(new Float64Array(1), { bias: new Float64Array(1) });
// @ts-expect-error
gelu(new Float64Array(1), { bias: x });
softmax(new Float64Array(1), {
  temperature: 2,
  out: new Float64Array(1),
  bias: new Float64Array(1),
}) satisfies Float64Array;
softmax.backward(float16(new Uint16Array(1)), float16(new Uint16Array(1))) satisfies Float16Bits;
const warm: SoftmaxOptions = { temperature: 2 };
softmax(x, warm) satisfies Float32Array;
// @ts-expect-error
softmax(new Float64Array(1), { out: x });
// @ts-expect-error
softmax.backward(x, new Float64Array(1));
// @ts-expect-error
softmax(new Int8Array(1));
// @ts-expect-error
gelu(new Int8Array(1));
// @ts-expect-error
gelu(new Uint16Array(1));
// @ts-expect-error
gelu(new Float64Array(1), { out: x });
// @ts-expect-error
gelu.backward(x, new Float64Array(1));
// @ts-expect-error
relu.backward(new Int8Array(1), new Int8Array(1));
// @ts-expect-error
quantized(gelu, { input: q, output: q })(new Int8Array(1));

const wide: Float64Array = prelu(new Float64Array(1), new Float64Array(1), { out: new Float64Array(1) });
const { dSlopes } = prelu.backward(wide, wide, wide);
const gated: Float64Array = swiglu(wide, dSlopes, { beta: 2 });
const narrow: Float16Bits = glu.backward(float16(new Uint16Array(1)), float16(new Uint16Array(2)), { axis: 0 });
void [gated, narrow];
// @ts-expect-error
prelu(wide, x);
// @ts-expect-error
swiglu(wide, wide, { out: x });
// @ts-expect-error
glu(new Int8Array(2));
