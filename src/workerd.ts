// The package where `workerd` is an export condition, as in Cloudflare's Workers: WebAssembly is not compiled there, but imported.
import float64Relaxed from '../build/float64-relaxed.wasm';
import float64Simd from '../build/float64-simd.wasm';
import matrixRelaxed from '../build/matrix-relaxed.wasm';
import matrixSimd from '../build/matrix-simd.wasm';
import matrix64Relaxed from '../build/matrix64-relaxed.wasm';
import matrix64Simd from '../build/matrix64-simd.wasm';
import relaxed from '../build/relaxed.wasm';
import simd from '../build/simd.wasm';
import typesRelaxed from '../build/types-relaxed.wasm';
import typesSimd from '../build/types-simd.wasm';
import { init } from './runtime';

export * from './index';

// The last of the activations' is the default.
const activations = [simd, relaxed, float64Simd, float64Relaxed, typesSimd, typesRelaxed];
for (const module of [...activations, matrixSimd, matrixRelaxed, matrix64Simd, matrix64Relaxed]) {
  init({ module }); // done at its return
}
