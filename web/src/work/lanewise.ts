import { type Activation, activations, type Backend, create } from 'lanewise';

/** An activation and its options, as the page sends them. */
export interface Choice {
  readonly name: string;
  readonly options: { readonly [option: string]: number | string };
}

const libraries = new Map<Backend, { readonly [name: string]: Activation }>();

/**
 * The activation that was chosen, on a backend or else the default one.
 *
 * @throws what lanewise throws for such options, and for a backend that this browser lacks
 */
export function activationOf({ name, options }: Choice, backend?: Backend): Activation {
  return library(backend)[name].with(options);
}

function library(backend: Backend | undefined): { readonly [name: string]: Activation } {
  if (backend === undefined) return activations as never;
  const own = libraries.get(backend) ?? (create({ backend }).activations as never);
  libraries.set(backend, own);
  return own;
}
