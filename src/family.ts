import { Binary } from './binary';
import type * as Code from './calls';
import type { KernelSet } from './runtime';

/** What the build makes of a file of src/activations/ and those of its name in assembly/, in src/generated/. */
interface Generated {
  readonly relaxed: string;
  readonly simd: string;
  readonly relaxed64: string;
  readonly simd64: string;
  readonly copies: Family['copies'];
}

/** The functions of src/calls.ts; as methods, so that those of two copies of the package go together. */
export interface CallCode {
  loops(...args: Parameters<typeof Code.loops>): ReturnType<typeof Code.loops>;
  stage(...args: Parameters<typeof Code.stage>): void;
  calls(...args: Parameters<typeof Code.calls>): ReturnType<typeof Code.calls>;
}

export type Forward = (params: number, x: number, y: number, n: number) => void;
export type Backward = (params: number, dy: number, x: number, dx: number, n: number) => void;
/** Kernels by name. The js backend has no use for these: its loops work on the arrays themselves. */
export type ActivationKernels = { readonly [kernel: string]: Forward & Backward };

/** Activations whose kernels are in one binary for each precision: a bundle holds no others than it needs. */
export class Family {
  readonly float32: KernelSet<ActivationKernels>;
  readonly float64: KernelSet<ActivationKernels>;
  /** A copy for each activation. */
  readonly copies: { readonly [activation: string]: CallCode };

  constructor({ relaxed, simd, relaxed64, simd64, copies }: Generated) {
    this.float32 = { binary: new Binary('activations', { relaxed, simd }), js: () => ({}) };
    this.float64 = { binary: new Binary('float64', { relaxed: relaxed64, simd: simd64 }), js: () => ({}) };
    this.copies = copies;
  }
}
