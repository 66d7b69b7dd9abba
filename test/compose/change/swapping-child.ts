// A process that swaps a configuration, forward and back, or ends a swap; killed at a state that its environment names.

import { endUnfinished } from '../../../src/compose/change/config-apply.ts';
import { ConfigSwap, replacementOf } from '../../../src/compose/change/config-swap.ts';
import { faultsFromEnvironment } from '../../../src/config/fault.ts';
import { ownerOf } from '../../../src/smtp/process-owner.ts';

const [, , doing, text = ''] = process.argv;
const at = JSON.parse(text) as Readonly<Record<'config' | 'rules' | 'newConfig' | 'newRules', string>>;
const faults = faultsFromEnvironment();
if (doing === 'end') await endUnfinished(at.config, false, { faults, gateway: null });
else {
  const replacements = [replacementOf('file', at.config, at.newConfig), replacementOf('folder', at.rules, at.newRules)];
  const about = { owner: await ownerOf(process.pid), before: 'old', proposed: 'new' };
  const swap = await ConfigSwap.staged(at.config, replacements, about, faults);
  await swap.forward();
  await swap.back();
}
