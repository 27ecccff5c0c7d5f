declare module 'virtual:table' {
  export interface Row {
    readonly name: string;
    readonly defaults: { readonly [option: string]: number | string };
    /** What options that are words may be. */
    readonly choices: { readonly [option: string]: readonly string[] };
    readonly formula: string;
    /** The formula typeset. */
    readonly html: string;
  }
  export const table: readonly Row[];
}

declare module 'virtual:plain' {
  export const plain: {
    readonly [name: string]: {
      forward(x: Float32Array, y: Float32Array): void;
      backward(dy: Float32Array, x: Float32Array, dx: Float32Array): void;
    };
  };
}
