// The program of a trial's thread: runs one, tells what came of it, and ends.

import { parentPort, workerData } from 'node:worker_threads';
import type { Config } from '../../config/schema.ts';
import { ConfigError } from '../../model/failure.ts';
import type { TrialAnswer, TrialJob } from '../../trial/job.ts';
import { replayChange } from './replays.ts';
import { drawIn } from './review.ts';
import { shadowReportOf } from './shadow.ts';

const { config, job } = workerData as { readonly config: Config; readonly job: TrialJob };
parentPort?.postMessage(await answerTo(job));

async function answerTo(asked: TrialJob): Promise<TrialAnswer> {
  try {
    switch (asked.kind) {
      case 'replay':
        return { status: 'done', report: await replayChange(config, asked.changes, asked.options) };
      case 'shadow':
        return { status: 'done', report: await shadowReportOf(config, asked.since, asked.now) };
      case 'draw':
        return { status: 'done', report: await drawIn(config.data_dir, asked.options) };
    }
  } catch (error) {
    if (error instanceof ConfigError) return { status: 'refused', problems: error.message.split('\n') };
    throw error;
  }
}
