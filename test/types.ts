// Checked by tsc alone: what callers may write, and what they may not.
import { type Activation, activations, gelu, leakyRelu, relu, softplus } from '../src';

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
