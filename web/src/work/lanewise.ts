import { type Activation, activations } from 'lanewise';

/** An activation and its options, as the page sends them. */
export interface Choice {
  readonly name: string;
  readonly options: { readonly [option: string]: number | string };
}

/**
 * The activation that was chosen.
 *
 * @throws what lanewise throws for such options
 */
export function activationOf({ name, options }: Choice): Activation {
  return (activations as unknown as { readonly [name: string]: Activation })[name].with(options);
}
