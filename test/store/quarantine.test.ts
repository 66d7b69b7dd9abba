// The quarantine on SQLite and blob files, by the contract.

import { quarantineContract } from '../contract/quarantine.ts';
import { openTestStore } from './open.ts';

quarantineContract(async t => {
  const { quarantine, reader } = await openTestStore(t);
  return { quarantine, reader: reader.quarantine };
});
