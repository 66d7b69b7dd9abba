// Scores, thresholds, weights and lists as they are in force, and changes of them: each says which version it is about.

import type { z } from 'zod';
import type { Made, Setting, SettingAnswer, SettingEdit, SettingName } from '../../rules/settings.ts';
import type { MainThread } from '../ports.ts';
import { problem, problemSchema } from '../problem.ts';
import { type Answer, notFound, problemAnswer, type Route, route } from '../route.ts';
import {
  type ListView,
  listBody,
  listSettingSchema,
  nameParams,
  type ScoreView,
  scoreBody,
  scoreSettingSchema,
  type ThresholdsView,
  thresholdsBody,
  thresholdsSettingSchema,
  versionHeaders,
  type WeightView,
  weightBody,
  weightParams,
  weightSettingSchema,
} from '../setting-schemas.ts';

interface Subject<P extends z.ZodObject, B extends z.ZodType> {
  readonly params: P;
  readonly path: `/${string}`;
  /** In names of operations: `Score`. */
  readonly operation: string;
  /** For people: `the score of a symbol`. */
  readonly about: string;
  readonly given: z.ZodType;
  readonly taken: B;
  readonly named: (params: z.infer<P>) => SettingName;
  /** Null takes back what was set. */
  readonly edit: (params: z.infer<P>, body: z.infer<B> | null) => SettingEdit;
}

const changeAnswers = {
  404: { about: 'There is nothing by this name.', content: problemSchema },
  412: { about: 'It was changed meanwhile: ask for it again.', content: problemSchema },
  422: { about: 'The rules do not load so, or a test fails: `errors` has a line for each.', content: problemSchema },
  428: { about: 'The request has no If-Match.', content: problemSchema },
} as const;

function routesOf<P extends z.ZodObject, B extends z.ZodType>(subject: Subject<P, B>): readonly Route[] {
  const { path, operation, about, given, taken, named, edit } = subject;
  const show = route({
    method: 'GET',
    path,
    operationId: `show${operation}`,
    about: `Shows ${about}, and where it was set. The ETag names its version.`,
    scope: 'settings:read',
    params: subject.params,
    answers: { 200: { about: 'As it is in force.', content: given }, 404: changeAnswers[404] },
    answer: async ({ params }, { main }) => {
      const of = named(params);
      const setting = await main.setting(of);
      return setting === null ? notFound : settingAnswer(of, setting);
    },
  });
  const set = route({
    method: 'PUT',
    path,
    operationId: `set${operation}`,
    about: `Sets ${about}: in force for the next message, and kept until it is taken back.`,
    scope: 'settings:write',
    params: subject.params,
    headers: versionHeaders,
    body: taken,
    answers: { 200: { about: 'As it is in force now.', content: given }, ...changeAnswers },
    answer: async ({ params, headers, body, askedBy }, { main }) =>
      changed(main, edit(params, body as z.infer<B>), headers['if-match'], askedBy),
  });
  const unset = route({
    method: 'DELETE',
    path,
    operationId: `unset${operation}`,
    about: `Takes back what was set here of ${about}: what the files say is in force again.`,
    scope: 'settings:write',
    params: subject.params,
    headers: versionHeaders,
    answers: { 200: { about: 'As it is in force now.', content: given }, ...changeAnswers },
    answer: async ({ params, headers, askedBy }, { main }) =>
      changed(main, edit(params, null), headers['if-match'], askedBy),
  });
  return [show, set, unset];
}

async function changed(main: MainThread, edit: SettingEdit, ifMatch: string | undefined, by: string): Promise<Answer> {
  // RFC 6585 §3: who changes what he has not read undoes what another did meanwhile.
  if (ifMatch === undefined)
    return problemAnswer(problem(428, 'if_match_required', 'If-Match says which version the change is about.'));
  return changeAnswer(edit, await main.changeSetting(edit, versionsIn(ifMatch), by));
}

/** Null for `*` (RFC 9110 §13.1.1). Weak tags match nothing: the comparison is the strong one. */
function versionsIn(ifMatch: string): readonly string[] | null {
  if (ifMatch.trim() === '*') return null;
  return ifMatch.split(',').flatMap(tag => /^"([^"]*)"$/.exec(tag.trim())?.[1] ?? []);
}

function changeAnswer(of: SettingName, answer: SettingAnswer): Answer {
  switch (answer.status) {
    case 'done':
      return settingAnswer(of, answer.setting);
    case 'unknown':
      return notFound;
    case 'changed meanwhile':
      return problemAnswer(problem(412, 'changed_meanwhile', 'It was changed meanwhile: ask for it again.'));
    case 'refused': {
      const errors = answer.problems.map(detail => ({ at: 'body', detail }));
      return problemAnswer(problem(422, 'change_refused', 'The rules do not load with this change.', { errors }));
    }
  }
}

const settingAnswer = (of: SettingName, setting: Setting): Answer => ({
  status: 200,
  body: settingView(of, setting),
  headers: { etag: `"${setting.version}"` },
});

function settingView(of: SettingName, setting: Setting): ScoreView | ThresholdsView | WeightView | ListView {
  const { name } = of;
  switch (setting.kind) {
    case 'score': {
      const profiles = setting.profiles.map(([profile, own]) => ({
        profile,
        score: own.value / 1000,
        set_by: own.setBy,
      }));
      const { score, setBy, override } = setting;
      return { symbol: name, score: score / 1000, set_by: setBy, override, profiles };
    }
    case 'thresholds': {
      const { tag, quarantine, reject } = setting.thresholds;
      const inPoints = { tag: tag / 1000, quarantine: quarantine / 1000, reject: reject && reject / 1000 };
      return { profile: name, ...inPoints, set_by: setting.setBy, override: setting.override };
    }
    case 'weight': {
      const { weight, setBy, override } = setting;
      const group = of.kind === 'weight' ? of.group : '';
      return { profile: name, group, weight: weight / 1000, set_by: setBy, override };
    }
    case 'list': {
      const { entries, added, removed } = setting;
      return { list: name, entries: [...entries], added: madeEntries(added), removed: madeEntries(removed) };
    }
  }
}

const madeEntries = (of: ReadonlyMap<string, Made>): ListView['added'] =>
  [...of].map(([entry, made]) => ({ entry, ...made }));

export const settingRoutes: readonly Route[] = [
  ...routesOf({
    params: nameParams,
    path: '/v1/scores/{name}',
    operation: 'Score',
    about: 'the score of a symbol',
    given: scoreSettingSchema,
    taken: scoreBody,
    named: ({ name }) => ({ kind: 'score', name }),
    edit: ({ name }, body) => ({ kind: 'score', name, value: body?.score ?? null, why: body?.why ?? '' }),
  }),
  ...routesOf({
    params: nameParams,
    path: '/v1/profiles/{name}/thresholds',
    operation: 'Thresholds',
    about: 'the thresholds of a profile',
    given: thresholdsSettingSchema,
    taken: thresholdsBody,
    named: ({ name }) => ({ kind: 'thresholds', name }),
    edit: ({ name }, body) => ({
      kind: 'thresholds',
      name,
      value: body && { tag: body.tag, quarantine: body.quarantine, reject: body.reject },
      why: body?.why ?? '',
    }),
  }),
  ...routesOf({
    params: weightParams,
    path: '/v1/profiles/{name}/weights/{group}',
    operation: 'Weight',
    about: 'what a group of rules weighs in a profile',
    given: weightSettingSchema,
    taken: weightBody,
    named: ({ name, group }) => ({ kind: 'weight', name, group }),
    edit: ({ name, group }, body) => ({
      kind: 'weight',
      name,
      group,
      value: body?.weight ?? null,
      why: body?.why ?? '',
    }),
  }),
  ...routesOf({
    params: nameParams,
    path: '/v1/lists/{name}/entries',
    operation: 'ListEntries',
    about: 'the entries of a list',
    given: listSettingSchema,
    taken: listBody,
    named: ({ name }) => ({ kind: 'list', name }),
    edit: ({ name }, body) => ({
      kind: 'list',
      name,
      value: body && { add: body.add, remove: body.remove },
      why: body?.why ?? '',
    }),
  }),
];
