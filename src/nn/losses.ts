import { checkFloat32, checkLength, checkOptions, describe, outFor } from '../errors';
import { overlap, unshared } from '../overlap';
import { checkCount, rowsOf } from './layer';

/** A loss, and its gradient with respect to the network's output. */
export interface Loss {
  readonly loss: number;
  readonly gradient: Float32Array;
}

/**
 * Cross-entropy of softmax: the mean over the m rows of log(sum of e^row) - row[label], and its gradient, (softmax(row) - 1 at the label) /
 * m. Computed in float64 from the row's distances to its maximum: nothing overflows.
 *
 * @param logits - m x classes, row-major
 * @param labels - m class numbers from 0
 * @param options.classes - length of a row
 * @param options.out - where the gradient goes; it may be `logits`
 * @returns the loss, NaN for no rows, and the gradient
 * @throws TypeError for a value of the wrong kind; RangeError if `logits` is not whole rows, for a wrong number of labels, or one that is
 *   not a class; nothing is written then
 *
 * @example
 * softmaxCrossEntropy(new Float32Array([0, 0]), [1], { classes: 2 }); // loss 0.6931471805599453, gradient 0.5, -0.5
 */
export function softmaxCrossEntropy(
  logits: Float32Array,
  labels: ArrayLike<number>,
  options: { readonly classes: number; readonly out?: Float32Array },
): Loss {
  const fn = 'softmaxCrossEntropy';
  checkOptions(fn, options, ['classes', 'out']);
  const { classes } = options;
  checkCount(fn, 'classes', classes);
  const gradient = outFor(fn, undefined, logits, options, ['classes', 'out'], 'logits');
  const m = rowsOf(fn, 'logits', logits, classes, 'classes');
  checkLabels(fn, labels, m, classes);
  const source = unshared(logits, gradient);
  const classOf = ArrayBuffer.isView(labels) && overlap(labels, gradient) ? Array.from(labels) : labels;
  let loss = 0;
  for (let row = 0; row < m; row++) {
    const start = row * classes;
    const label = start + classOf[row];
    let max = -Infinity;
    for (let i = start; i < start + classes; i++) if (source[i] > max) max = source[i];
    let sum = 0;
    for (let i = start; i < start + classes; i++) sum += Math.exp(source[i] - max);
    loss += Math.log(sum) + (max - source[label]);
    for (let i = start; i < start + classes; i++) {
      gradient[i] = (Math.exp(source[i] - max) / sum - (i === label ? 1 : 0)) / m;
    }
  }
  return { loss: loss / m, gradient };
}

/**
 * The mean of (y - target)^2 over all elements, summed in float64, and its gradient, 2 (y - target) / n.
 *
 * @param y - the network's output, n elements
 * @param target - what it should be
 * @param options.out - where the gradient goes; it may be `y` or `target`
 * @returns the loss, NaN for no elements, and the gradient
 * @throws TypeError for a value of the wrong kind, RangeError for a wrong length; nothing is written then
 *
 * @example
 * meanSquaredError(new Float32Array([1, 2]), new Float32Array([0, 4])); // loss 2.5, gradient 1, -2
 */
export function meanSquaredError(
  y: Float32Array,
  target: Float32Array,
  options?: { readonly out?: Float32Array },
): Loss {
  const fn = 'meanSquaredError';
  const gradient = outFor(fn, undefined, y, options, ['out'], 'y');
  checkFloat32(fn, 'target', target);
  checkLength(fn, 'target', target, y.length, 'y');
  const [own, wanted] = [unshared(y, gradient), unshared(target, gradient)];
  let sum = 0;
  for (let i = 0; i < own.length; i++) {
    const difference = own[i] - wanted[i];
    sum += difference * difference;
    gradient[i] = (2 * difference) / own.length;
  }
  return { loss: sum / own.length, gradient };
}

function checkLabels(fn: string, labels: ArrayLike<number>, m: number, classes: number): void {
  if (!Array.isArray(labels) && !(ArrayBuffer.isView(labels) && 'length' in labels)) {
    throw new TypeError(`${fn}: labels must be an array of class numbers, got ${describe(labels)}`);
  }
  if (labels.length !== m) {
    throw new RangeError(`${fn}: labels must be one for each of the ${m} rows, got ${labels.length}`);
  }
  for (let row = 0; row < m; row++) {
    const label = labels[row];
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new RangeError(`${fn}: labels[${row}] must be an integer from 0 to ${classes - 1}, got ${describe(label)}`);
    }
  }
}
