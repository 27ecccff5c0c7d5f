// What there is to verify: value and derivative of each activation, on each backend, at the default options and at others.

/** @typedef {import('lanewise').Activation} Activation */
/** @typedef {'value' | 'derivative'} Kind */
/** @typedef {{ activation: string, kind: Kind, backend: string, options: { [option: string]: number } }} Sweep */

export const kinds = /** @type {const} */ (['value', 'derivative']);

/** Options other than the defaults at which parametric activations are tried. @type {{ [name: string]: { [option: string]: number }[] }} */
export const otherOptions = {
  leakyRelu: [{ alpha: 0 }, { alpha: -0.3 }, { alpha: 10 }],
  elu: [{ alpha: 0.1 }, { alpha: -0.3 }, { alpha: 10 }],
  celu: [{ alpha: 0.1 }, { alpha: 0.7 }, { alpha: 10 }],
  hardSigmoid: [{ alpha: 0.2 }, { alpha: 1, beta: 0 }, { alpha: 0.3, beta: 0.7 }],
  hardTanh: [
    { min: 0, max: 3 },
    { min: -2.5, max: -1 },
  ],
  hardShrink: [{ lambda: 0 }, { lambda: 3 }],
  softShrink: [{ lambda: 0 }, { lambda: 3 }],
  silu: [{ beta: 0.1 }, { beta: 1.702 }, { beta: 10 }],
  softplus: [{ beta: 0.1 }, { beta: 0.77 }, { beta: 1.7 }, { beta: 10 }],
  squareplus: [{ beta: 1e-20 }, { beta: 1e20 }, { beta: 0 }, { beta: 0.1 }, { beta: 10 }],
  step: [{ alpha: 0.5 }],
  threshold: [{ threshold: 1, value: -7 }],
  thresholdedRelu: [{ alpha: -2 }],
};

/** Every sweep of one backend. @param {string[]} names @param {string} backend @returns {Sweep[]} */
export function sweeps(names, backend) {
  return names.flatMap((activation) =>
    [{}, ...(otherOptions[activation] ?? [])].flatMap((options) =>
      kinds.map((kind) => ({ activation, kind, backend, options })),
    ),
  );
}

/** A name for people: "elu derivative, alpha 10". @param {Sweep} sweep */
export function title({ activation, kind, options }) {
  return [`${activation} ${kind}`, ...Object.entries(options).map(([option, value]) => `${option} ${value}`)].join(
    ', ',
  );
}

/** Whether the options are the defaults. @param {Sweep} sweep */
export function isDefault({ options }) {
  return Object.keys(options).length === 0;
}
