// What the build puts in the place of src/binary.ts for `lanewise/js`: no kernels, and none to be had.

/** Kernels that are missing. */
export class Binary {
  readonly id = 0;

  static async compileAll(): Promise<void> {}

  static checkSharing(): void {}

  compile(): never {
    return checkSupport();
  }

  compileShared(): never {
    return checkSupport();
  }
}

export function checkSupport(): never {
  throw new TypeError('create: lanewise/js has the backend "js" alone');
}

export function kindOf(): never {
  throw new TypeError('init: lanewise/js takes no module, as it has the backend "js" alone');
}

export function adopt(): never {
  return checkSupport();
}

export function isSupported(): boolean {
  return false;
}
