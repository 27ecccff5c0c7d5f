import { createRequire } from 'node:module';
import onnxProto from 'onnx-proto';
import { ROW } from './rows.js';

const { ModelProto, TensorProto } = onnxProto.onnx;
const { FLOAT, INT64 } = TensorProto.DataType;

/** Nodes of opset 20, `[operator, inputs, output]`, from x to y. */
const graphs = {
  relu: [['Relu', ['x'], 'y']],
  leakyRelu: [['LeakyRelu', ['x'], 'y']],
  elu: [['Elu', ['x'], 'y']],
  selu: [['Selu', ['x'], 'y']],
  sigmoid: [['Sigmoid', ['x'], 'y']],
  tanh: [['Tanh', ['x'], 'y']],
  gelu: [['Gelu', ['x'], 'y']],
  silu: [
    ['Sigmoid', ['x'], 's'],
    ['Mul', ['x', 's'], 'y'],
  ],
  softplus: [['Softplus', ['x'], 'y']],
  mish: [['Mish', ['x'], 'y']],
  softmax: [
    ['Reshape', ['x', 'rows'], 'r'],
    ['Softmax', ['r'], 's'],
    ['Reshape', ['s', 'flat'], 'y'],
  ],
};

/**
 * The model of an activation. With `resident` x is the default value of the input, which stays in the runtime's memory and is
 * not folded away as a constant would be, and the output is y's first element alone: neither is copied in or out.
 */
function model(activation, resident) {
  const vector = (name) => ({ name, type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: 'n' }] } } } });
  const integers = (name, ...values) => ({ name, dataType: INT64, dims: [values.length], int64Data: values });
  const sizes = activation === 'softmax' ? [integers('rows', -1, ROW), integers('flat', -1)] : [];
  const node = graphs[activation].map(([opType, input, output]) => ({ opType, input, output: [output] }));
  const graph = { name: activation, input: [vector('x')] };
  if (resident) {
    graph.node = [...node, { opType: 'Slice', input: ['y', 'from', 'to'], output: ['first'] }];
    const x = { name: 'x', dataType: FLOAT, dims: [resident.length], rawData: new Uint8Array(resident.buffer) };
    graph.initializer = [...sizes, x, integers('from', 0), integers('to', 1)];
    graph.output = [vector('first')];
  } else {
    graph.node = node;
    graph.initializer = sizes;
    graph.output = [vector('y')];
  }
  return ModelProto.encode(
    ModelProto.create({ irVersion: 9, opsetImport: [{ domain: '', version: 20 }], graph }),
  ).finish();
}

/** A session per way, one thread. End to end: from a Float32Array to the data of the output tensor. */
export default async function onnxruntime(variant) {
  const ort = createRequire(import.meta.url)(`onnxruntime-${variant}`);
  if (variant === 'web') ort.env.wasm.numThreads = 1;
  const options = {
    executionProviders: [variant === 'web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3, // it warns of inputs with a default value
  };
  return {
    name: `onnxruntime-${variant}`,
    version: ort.env.versions[variant],
    async prepare(activation, x) {
      const session = await ort.InferenceSession.create(model(activation), options);
      const own = await ort.InferenceSession.create(model(activation, x), options);
      return {
        resident: () => own.run({}),
        endToEnd: async () => (await session.run({ x: new ort.Tensor('float32', x, [x.length]) })).y.data,
        async dispose() {
          await session.release();
          await own.release();
        },
      };
    },
  };
}
