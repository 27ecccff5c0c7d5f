import type { Activation } from '../activation';
import * as table from '../activations';
import { Activate } from './activate';

// A layer for each activation, under the name that PyTorch gives it, or would: `new Softplus()`, `new LeakyReLU({ alpha: 0.1 })`.

export const ReLU = /* @__PURE__ */ layerOf(table.relu);
export const ReLU6 = /* @__PURE__ */ layerOf(table.relu6);
export const LeakyReLU = /* @__PURE__ */ layerOf(table.leakyRelu);
export const ReLUSquared = /* @__PURE__ */ layerOf(table.reluSquared);
export const ThresholdedReLU = /* @__PURE__ */ layerOf(table.thresholdedRelu);
export const Threshold = /* @__PURE__ */ layerOf(table.threshold);
export const ELU = /* @__PURE__ */ layerOf(table.elu);
export const SELU = /* @__PURE__ */ layerOf(table.selu);
export const CELU = /* @__PURE__ */ layerOf(table.celu);
export const GELU = /* @__PURE__ */ layerOf(table.gelu);
export const GELUTanh = /* @__PURE__ */ layerOf(table.geluTanh);
export const QuickGELU = /* @__PURE__ */ layerOf(table.quickGelu);
export const SiLU = /* @__PURE__ */ layerOf(table.silu);
export const Mish = /* @__PURE__ */ layerOf(table.mish);
export const HardSwish = /* @__PURE__ */ layerOf(table.hardSwish);
export const Softplus = /* @__PURE__ */ layerOf(table.softplus);
export const Squareplus = /* @__PURE__ */ layerOf(table.squareplus);
export const SparsePlus = /* @__PURE__ */ layerOf(table.sparsePlus);
export const Sigmoid = /* @__PURE__ */ layerOf(table.sigmoid);
export const HardSigmoid = /* @__PURE__ */ layerOf(table.hardSigmoid);
export const LogSigmoid = /* @__PURE__ */ layerOf(table.logSigmoid);
export const SparseSigmoid = /* @__PURE__ */ layerOf(table.sparseSigmoid);
export const Tanh = /* @__PURE__ */ layerOf(table.tanh);
export const HardTanh = /* @__PURE__ */ layerOf(table.hardTanh);
export const TanhShrink = /* @__PURE__ */ layerOf(table.tanhShrink);
export const Softsign = /* @__PURE__ */ layerOf(table.softsign);
export const SoftShrink = /* @__PURE__ */ layerOf(table.softShrink);
export const HardShrink = /* @__PURE__ */ layerOf(table.hardShrink);
export const Step = /* @__PURE__ */ layerOf(table.step);
export const Exp = /* @__PURE__ */ layerOf(table.exp);
export const Erf = /* @__PURE__ */ layerOf(table.erf);

type LayerOf<F extends Activation> = new (options?: Parameters<F['with']>[0]) => Activate;

function layerOf<F extends Activation>(f: F): LayerOf<F> {
  return class extends Activate {
    constructor(options: Parameters<F['with']>[0] = {}) {
      super(f.with(options));
    }
  };
}
