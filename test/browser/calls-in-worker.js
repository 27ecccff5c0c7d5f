import { create } from '/index.js';
import { tenCalls } from '/ten-calls.js';

postMessage(await tenCalls(create({ backend: 'simd' })));
