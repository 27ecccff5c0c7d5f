// npm run bench:dense [-- --shape 256,784,512 --rounds 15 --backend simd]
//
// A dense layer with relu, y = relu(x W + bias), on one thread: GFLOPS of lanewise, TensorFlow.js wasm and onnxruntime-web, and their
// share of the peak, which is that of a loop of nothing but multiply-adds of registers. Data are resident: in an arena, in
// tensors, in a session, which gives out a single element. The variants take turns, round by round; times are those of the processor,
// which other work disturbs less, the best and the median.

import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import asc from 'assemblyscript/asc';
import onnxProto from 'onnx-proto';
import { create } from '../../dist/nn.js';

const { values: flags } = parseArgs({
  options: {
    shape: { type: 'string', default: '256,784,512' },
    rounds: { type: 'string', default: '15' },
    backend: { type: 'string' },
  },
});
const [m, k, n] = flags.shape.split(',').map(Number);
const rounds = Number(flags.rounds);
const { backend, createArena, dense, relu } = create({ backend: flags.backend });
const SUMS = 12; // independent, as many as hide the latency of an addition
const STEPS = 1e6;
/** Rounds before those that count: so many calls does V8 take to optimise all of TensorFlow.js. */
const WARMUPS = 10;

/** A function that carries out `STEPS * SUMS` multiply-adds of four lanes each. */
async function peak() {
  const sums = Array.from({ length: SUMS }, (_, i) => i);
  const source = `export function peak(n: i32, at: usize): void {
    const x = v128.load(at);
    const y = v128.load(at, 16);
    ${sums.map((i) => `let s${i} = v128.load(at, ${16 * (i + 2)});`).join('\n')}
    for (; n > 0; --n) { ${sums.map((i) => `s${i} = f32x4.relaxed_madd(x, y, s${i});`).join('\n')} }
    ${sums.map((i) => `v128.store(at, s${i}, ${16 * (i + 2)});`).join('\n')}
  }`;
  const options = { runtime: 'stub', enable: ['simd', 'relaxed-simd'], initialMemory: 1, optimizeLevel: 3 };
  const { binary, stderr, error } = await asc.compileString(source, options);
  if (error) throw new Error(`${error} ${stderr}`);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary), {
    env: { abort() {} },
  });
  return () => exports.peak(STEPS, 1024);
}

const random = (length) => Float32Array.from({ length }, () => Math.random() - 0.5);
const [x, weights, bias] = [random(m * k), random(k * n), random(n)];
const require = createRequire(import.meta.url);

function lanewise() {
  const arena = createArena(4 * (m * k + k * n + n + m * n) + 256);
  const copy = (array) => {
    const own = arena.float32(array.length);
    own.set(array);
    return own;
  };
  const [ownX, ownWeights, ownBias, out] = [x, weights, bias, new Float32Array(m * n)].map(copy);
  const options = { bias: ownBias, activation: relu, out };
  return () => dense(ownX, ownWeights, options);
}

function ordinary() {
  const options = { bias, activation: relu, out: new Float32Array(m * n) };
  return () => dense(x, weights, options);
}

async function tfjs() {
  const tf = require('@tensorflow/tfjs-core');
  const { setThreadsCount } = require('@tensorflow/tfjs-backend-wasm');
  setThreadsCount(1);
  tf.enableProdMode();
  await tf.setBackend('wasm');
  const [a, b] = [tf.tensor2d(x, [m, k]), tf.tensor2d(weights, [k, n])];
  const options = { a, b, bias: tf.tensor1d(bias), activation: 'relu' };
  return () => tf.fused.matMul(options).dispose();
}

async function onnxruntime() {
  const ort = require('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  const { ModelProto, TensorProto } = onnxProto.onnx;
  const { FLOAT, INT64 } = TensorProto.DataType;
  const type = (...sizes) => ({
    tensorType: { elemType: FLOAT, shape: { dim: sizes.map((dimValue) => ({ dimValue })) } },
  });
  const tensor = (name, dims, data) => ({ name, dims, dataType: FLOAT, rawData: new Uint8Array(data.buffer) });
  const index = (name, values) => ({ name, dataType: INT64, dims: [2], int64Data: values });
  const graph = {
    name: 'dense',
    node: [
      { opType: 'Gemm', input: ['x', 'weights', 'bias'], output: ['z'] },
      { opType: 'Relu', input: ['z'], output: ['y'] },
      { opType: 'Slice', input: ['y', 'from', 'to'], output: ['first'] },
    ],
    // x is the default value of an input, which is not folded away as a constant would be.
    input: [{ name: 'x', type: type(m, k) }],
    initializer: [
      tensor('x', [m, k], x),
      tensor('weights', [k, n], weights),
      tensor('bias', [n], bias),
      index('from', [0, 0]),
      index('to', [1, 1]),
    ],
    output: [{ name: 'first', type: type(1, 1) }],
  };
  const model = ModelProto.create({ irVersion: 9, opsetImport: [{ domain: '', version: 20 }], graph });
  const session = await ort.InferenceSession.create(ModelProto.encode(model).finish(), {
    executionProviders: ['wasm'],
    logSeverityLevel: 3, // it warns of inputs with a default value
  });
  return () => session.run({});
}

const variants = [
  ['peak', await peak(), 8 * SUMS * STEPS],
  ...(await Promise.all(
    Object.entries({
      [`lanewise (${backend}), arena`]: lanewise,
      [`lanewise (${backend}), ordinary arrays`]: ordinary,
      'TensorFlow.js wasm, fused matMul': tfjs,
      'onnxruntime-web, Gemm': onnxruntime,
    }).map(async ([name, make]) => [name, await make(), 2 * m * k * n]),
  )),
].map(([name, run, operations]) => ({ name, run, operations, times: [] }));

for (let round = -WARMUPS; round < rounds; round++) {
  for (const { run, operations, times } of variants) {
    const calls = Math.ceil(2e8 / operations);
    const start = process.cpuUsage();
    for (let call = 0; call < calls; call++) await run();
    const { user, system } = process.cpuUsage(start);
    if (round >= 0) times.push((user + system) / 1000 / calls);
  }
}
console.log(`${cpus()[0].model.trim()}, Node ${process.version}, ${m} x ${k} x ${n}, ${rounds} rounds`);
console.log('                                    GFLOPS, best and median   of the peak');
let most = 0;
for (const { name, operations, times } of variants) {
  const [best, median] = [Math.min(...times), times.sort((a, b) => a - b)[rounds >> 1]].map(
    (time) => operations / time / 1e6,
  );
  most ||= best;
  const figures = [best.toFixed(1).padStart(6), median.toFixed(1).padStart(6), `${((100 * best) / most).toFixed(0)} %`];
  console.log(`${name.padEnd(38)}${figures.join('   ')}`);
}
