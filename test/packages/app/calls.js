// What each of the environments runs; its result is compared with Node's own.
import { create } from 'lanewise';
import { tenCalls } from './ten-calls.js';

export function calls() {
  return tenCalls(create({ backend: 'simd' }));
}
