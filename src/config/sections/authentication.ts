// What is believed of who a message is from.

import { z } from 'zod';
import { strings } from '../fields.ts';
import { network } from '../values.ts';

export const authenticationKeys = {
  dmarc: z
    .strictObject({ enforce: strings('From domains whose p=reject is refused without other evidence; `*` for all.') })
    .prefault({}),
  trusted_networks: strings(
    'Clients of ours, such as a backup MX, as addresses or networks: rules about the client are not held against them. SPF still judges the address that is connected.',
    network,
  ),
};
