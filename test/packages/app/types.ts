import { type Activation, createArena, gelu, leakyRelu } from 'lanewise';
import { createPool } from 'lanewise/parallel';

const y: Float32Array = gelu(new Float32Array(3), { out: createArena(64).float32(3) });
const f: Activation = leakyRelu.with({ alpha: 0.1 });
// @ts-expect-error: gelu has no option alpha
gelu(y, { alpha: 1 });
export const done: Promise<Float32Array> = createPool().run(f, y);
