// Trials: what a change would have done to the ledger's mail, and what is on trial did. They change nothing.

import { newId } from '../../model/ids.ts';
import type { TrialAnswer, TrialJob } from '../../trial/job.ts';
import { problem, problemSchema } from '../problem.ts';
import { type Answer, type ApiDeps, problemAnswer, type Route, route } from '../route.ts';
import { replayBody, replaySchema, shadowQuery, shadowSchema } from '../trial-schemas.ts';
import { replayView, shadowView } from '../trial-views.ts';

const weekMs = 7 * 24 * 3600 * 1000;

const replay = route({
  method: 'POST',
  path: '/v1/replays',
  operationId: 'replayChange',
  about: 'What a change of rules, scores, profiles or lists would have done to the ledger’s mail. Changes nothing.',
  scope: 'ledger:read',
  body: replayBody,
  answers: {
    200: { about: 'The replay.', content: replaySchema },
    409: { about: 'Another trial runs.', content: problemSchema },
    422: { about: 'The change does not load: `errors` has a line for each problem.', content: problemSchema },
  },
  answer: async ({ body, gone }, deps) => {
    const { files, overrides, since, baseline, named } = body;
    const now = deps.clock.now();
    const added = overrides === undefined ? [] : [{ path: 'overrides.yaml', text: JSON.stringify(overrides) }];
    const options = { since: since ?? now - weekMs, before: now, baseline, named };
    const answer = await run<'replay'>({ kind: 'replay', changes: [...files, ...added], options }, gone, deps);
    return answer.status === 'done' ? { status: 200, body: replayView(answer.report) } : notDone(answer);
  },
});

const shadow = route({
  method: 'GET',
  path: '/v1/shadow',
  operationId: 'shadowReport',
  about: 'What rules and profiles on trial would have done, and what reviewers made of that mail.',
  scope: 'ledger:read',
  query: shadowQuery,
  answers: {
    200: { about: 'The report.', content: shadowSchema },
    409: { about: 'Another trial runs.', content: problemSchema },
  },
  answer: async ({ query, gone }, deps) => {
    const now = deps.clock.now();
    const answer = await run<'shadow'>({ kind: 'shadow', since: query.since ?? now - weekMs, now }, gone, deps);
    return answer.status === 'done' ? { status: 200, body: shadowView(answer.report) } : notDone(answer);
  },
});

/** Called off when the client goes. */
async function run<K extends TrialJob['kind']>(
  job: Extract<TrialJob, { kind: K }>,
  gone: AbortSignal,
  { main, clock, random }: ApiDeps,
): Promise<TrialAnswer<K>> {
  const id = newId(clock, random);
  // Where the main thread does not hear it, the trial ends by its own bound.
  const end = () => void main.endTrial(id).catch(() => {});
  gone.addEventListener('abort', end, { once: true });
  try {
    return (await main.runTrial(id, job)) as TrialAnswer<K>;
  } finally {
    gone.removeEventListener('abort', end);
  }
}

function notDone(answer: Exclude<TrialAnswer, { status: 'done' }>): Answer {
  switch (answer.status) {
    case 'busy':
      return problemAnswer(problem(409, 'trial_running', 'Another trial runs; try again when it is over.'));
    case 'refused': {
      const errors = answer.problems.map(detail => ({ at: 'body', detail }));
      return problemAnswer(problem(422, 'change_refused', 'The change does not load.', { errors }));
    }
    case 'ended':
      return problemAnswer(
        problem(503, 'trial_ended', 'The trial took too long and was ended; ask for less mail, or use the command.'),
      );
  }
}

export const trialRoutes: readonly Route[] = [replay, shadow];
