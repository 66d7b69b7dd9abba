// The address of whoever is connected.

import { addressOf } from '../model/networks.ts';

/** In the form of `addressOf`; `0.0.0.0` for what is no address. */
export const canonicalAddress = (text: string | undefined): string => addressOf(text ?? '') ?? '0.0.0.0';
