// What the build puts in the place of src/binary.ts for `lanewise/js`: no kernels, and none to be had.

/** Kernels that are missing. */
export class Binary {
  compile(): never {
    throw new TypeError('create: lanewise/js has the backend "js" alone');
  }

  async compileAsync(): Promise<never> {
    return this.compile();
  }

  compileShared(): never {
    return this.compile();
  }
}

export function kindOf(): undefined {}

export function adopt(): never {
  return new Binary().compile();
}

export function isSupported(): boolean {
  return false;
}
