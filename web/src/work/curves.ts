import { type Activation, backend, valueAndDerivative } from 'lanewise';
import { ulpError } from '../../../scripts/verify/float32.js';
import { activationOf, type Choice } from './lanewise';

export interface CurvesRequest {
  readonly choices: readonly Choice[];
  readonly from: number;
  readonly to: number;
}

export interface Curve {
  readonly value: Float64Array;
  readonly derivative: Float64Array;
  /** The largest errors in ULP from each point to the next; NaN round a zero of the derivative, where ULP mean nothing. */
  readonly valueError: Float64Array;
  readonly derivativeError: Float64Array;
  /** The errors that the package promises not to exceed. */
  readonly bounds: { readonly value: number; readonly derivative: number };
}

export interface Curves {
  readonly backend: string;
  readonly x: Float64Array;
  /** One for each choice: a curve, or why there is none. */
  readonly results: readonly (Curve | { readonly message: string })[];
}

const POINTS = 481;
/** Inputs tried between two neighbouring points. */
const SAMPLES = 32;

/** Values, derivatives and their errors over an interval. */
export function curves({ choices, from, to }: CurvesRequest): Curves {
  const inputs = Float32Array.from(
    { length: (POINTS - 1) * SAMPLES + 1 },
    (_, i) => from + ((to - from) * i) / ((POINTS - 1) * SAMPLES),
  );
  const results = choices.map((choice) => {
    try {
      return curve(activationOf(choice), inputs);
    } catch (error) {
      return { message: (error as Error).message };
    }
  });
  return { backend, x: everyPoint(inputs), results };
}

function curve(f: Activation, x: Float32Array): Curve {
  const { value, derivative } = valueAndDerivative(f, x);
  const { spec } = f;
  const [a = 0, b = 0] = Object.values(spec.defaults as object).filter((option) => typeof option === 'number');
  // The definition holds for the numbers that the kernels get.
  const [ownA, ownB] = spec.exact === true || spec.float32Options ? [Math.fround(a), Math.fround(b)] : [a, b];
  const scale = 'beta' in spec.defaults ? 1 / a : 1;
  const root = spec.root && { from: spec.root.from * scale, to: spec.root.to * scale };
  return {
    value: everyPoint(value),
    derivative: everyPoint(derivative),
    valueError: largest(x, (i) => ulpError(value[i], spec.value(x[i], ownA, ownB))),
    derivativeError: largest(x, (i) =>
      root && x[i] >= root.from && x[i] <= root.to
        ? Number.NaN
        : ulpError(derivative[i], spec.derivative(x[i], ownA, ownB)),
    ),
    bounds: spec.ulp,
  };
}

function everyPoint(values: Float32Array): Float64Array {
  return Float64Array.from({ length: POINTS }, (_, i) => values[i * SAMPLES]);
}

/** The largest error from each point up to the next. */
function largest(x: Float32Array, error: (i: number) => number): Float64Array {
  return Float64Array.from({ length: POINTS }, (_, point) => {
    let worst = 0;
    for (let i = point * SAMPLES; i < Math.min((point + 1) * SAMPLES, x.length); i++) {
      worst = Math.max(worst, error(i));
    }
    return worst;
  });
}
