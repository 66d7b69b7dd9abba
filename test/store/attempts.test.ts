// Receipts, deferrals and requests on SQLite, by the contract.

import { attemptsContract } from '../contract/attempts.ts';
import { openTestStore } from './open.ts';

attemptsContract(openTestStore);
