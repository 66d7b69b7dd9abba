// postern scores | thresholds | weights | lists: what is in force, and changes of it, over the REST API.

import type { Command } from 'commander';
import type { ListView, ScoreView, ThresholdsView, WeightView } from '../api/setting-schemas.ts';
import { BadInput } from '../model/failure.ts';
import { printable } from '../observe/printable.ts';
import { type ApiClient, type ApiCommandOptions, apiCommand, type Common, printAnswer } from './api-client.ts';

interface SetOptions extends Common {
  readonly to: string;
  readonly why: string;
}

type ListChange = Common & { readonly why: string };

/** Adds the commands to `program`. Their failures are of model/failure.ts: main turns them into exit codes. */
export function addSettingsCommands(program: Command, options: ApiCommandOptions): void {
  addScores(program.command('scores').description('scores of symbols in the running gateway'), options);
  addThresholds(program.command('thresholds').description('thresholds of profiles in the running gateway'), options);
  addWeights(program.command('weights').description('weights of groups in the running gateway'), options);
  addLists(program.command('lists').description('entries of lists in the running gateway'), options);
}

const scorePath = (symbol: string): string => `/v1/scores/${encodeURIComponent(symbol)}`;

function addScores(scores: Command, options: ApiCommandOptions): void {
  const command = (usage: string, about: string): Command =>
    apiCommand(scores.command(usage).description(about), options);
  const answer = (chosen: Common, ask: (api: ApiClient) => Promise<unknown>) =>
    printAnswer(options, chosen, async api => (await ask(api)) as ScoreView, scoreText);
  command('show <symbol>', 'its score, and where it was set').action((symbol: string, chosen: Common) =>
    answer(chosen, api => api.ask('GET', scorePath(symbol))),
  );
  withWhy(command('set <symbol>', 'set its score: in force at once, and kept'))
    .requiredOption('--to <score>', 'the score: 2.5')
    .action((symbol: string, chosen: SetOptions) =>
      answer(chosen, api =>
        api.change('PUT', scorePath(symbol), () => ({ score: numberOf(chosen.to), why: chosen.why })),
      ),
    );
  command('unset <symbol>', 'take back what was set: the rule’s own score is in force').action(
    (symbol: string, chosen: Common) => answer(chosen, api => api.change('DELETE', scorePath(symbol), () => undefined)),
  );
}

export const thresholdsPath = (profile: string): string => `/v1/profiles/${encodeURIComponent(profile)}/thresholds`;

function addThresholds(thresholds: Command, options: ApiCommandOptions): void {
  const command = (usage: string, about: string): Command =>
    apiCommand(thresholds.command(usage).description(about), options);
  const answer = (chosen: Common, ask: (api: ApiClient) => Promise<unknown>) =>
    printAnswer(options, chosen, async api => (await ask(api)) as ThresholdsView, thresholdsText);
  command('show <profile>', 'its thresholds, and where they were set').action((profile: string, chosen: Common) =>
    answer(chosen, api => api.ask('GET', thresholdsPath(profile))),
  );
  withWhy(command('set <profile>', 'set its thresholds: in force at once, and kept'))
    .requiredOption('--to <tag/quarantine/reject>', 'in this order: 5/8/15, or 5/8/none')
    .action((profile: string, chosen: SetOptions) =>
      answer(chosen, api =>
        api.change('PUT', thresholdsPath(profile), () => ({ ...thresholdsOf(chosen.to), why: chosen.why })),
      ),
    );
  command('unset <profile>', 'take back what was set: those of its file are in force').action(
    (profile: string, chosen: Common) =>
      answer(chosen, api => api.change('DELETE', thresholdsPath(profile), () => undefined)),
  );
}

export const weightPath = (profile: string, group: string): string =>
  `/v1/profiles/${encodeURIComponent(profile)}/weights/${encodeURIComponent(group)}`;

function addWeights(weights: Command, options: ApiCommandOptions): void {
  const command = (usage: string, about: string): Command =>
    apiCommand(weights.command(usage).description(about), options);
  const answer = (chosen: Common, ask: (api: ApiClient) => Promise<unknown>) =>
    printAnswer(options, chosen, async api => (await ask(api)) as WeightView, weightText);
  command('show <profile> <group>', 'what the group weighs there, and where that was set').action(
    (profile: string, group: string, chosen: Common) =>
      answer(chosen, api => api.ask('GET', weightPath(profile, group))),
  );
  withWhy(command('set <profile> <group>', 'set what the group weighs there: in force at once, and kept'))
    .requiredOption('--to <weight>', 'by what its points are multiplied: 0.5')
    .action((profile: string, group: string, chosen: SetOptions) =>
      answer(chosen, api =>
        api.change('PUT', weightPath(profile, group), () => ({ weight: numberOf(chosen.to), why: chosen.why })),
      ),
    );
  command('unset <profile> <group>', 'take back what was set: the weight of its file is in force').action(
    (profile: string, group: string, chosen: Common) =>
      answer(chosen, api => api.change('DELETE', weightPath(profile, group), () => undefined)),
  );
}

const listPath = (list: string): string => `/v1/lists/${encodeURIComponent(list)}/entries`;

function addLists(lists: Command, options: ApiCommandOptions): void {
  const command = (usage: string, about: string): Command =>
    apiCommand(lists.command(usage).description(about), options);
  const answer = (chosen: Common, ask: (api: ApiClient) => Promise<unknown>) =>
    printAnswer(options, chosen, async api => (await ask(api)) as ListView, listText);
  const changing = (usage: string, about: string, change: (now: ListView, entries: readonly string[]) => object) =>
    withWhy(command(usage, about)).action((list: string, entries: string[], chosen: ListChange) =>
      answer(chosen, api =>
        api.change<ListView>('PUT', listPath(list), now => ({ ...change(now, entries), why: chosen.why })),
      ),
    );
  command('show <list>', 'its entries, and which of them were set here').action((list: string, chosen: Common) =>
    answer(chosen, api => api.ask('GET', listPath(list))),
  );
  changing('add <list> <entry...>', 'add entries: in force at once, and kept', added);
  changing('remove <list> <entry...>', 'remove entries, those of its file too', removed);
  command('unset <list>', 'take back all that was set: the entries of its file are in force').action(
    (list: string, chosen: Common) => answer(chosen, api => api.change('DELETE', listPath(list), () => undefined)),
  );
}

const withWhy = (command: Command): Command =>
  command.requiredOption('--why <text>', 'the reason, which is shown where the setting is');

const namesOf = (of: ListView['added']): ReadonlySet<string> => new Set(of.map(({ entry }) => entry));

function added(now: ListView, entries: readonly string[]): object {
  const add = namesOf(now.added).union(new Set(entries));
  return { add: [...add], remove: [...namesOf(now.removed).difference(new Set(entries))] };
}

function removed(now: ListView, entries: readonly string[]): object {
  const absent = entries.find(entry => !now.entries.includes(entry));
  if (absent !== undefined) throw new BadInput(`${absent} is not in the list`);
  const ours = namesOf(now.added);
  const ofFiles = entries.filter(entry => !ours.has(entry));
  return {
    add: [...ours.difference(new Set(entries))],
    remove: [...namesOf(now.removed).union(new Set(ofFiles))],
  };
}

function numberOf(text: string): number {
  if (!/^-?\d+(?:\.\d{1,3})?$/.test(text))
    throw new BadInput(`--to: expected a decimal number such as 2.5, not ${text}`);
  return Number(text);
}

function thresholdsOf(text: string): object {
  const [tag, quarantine, reject, ...more] = text.split('/');
  if (tag === undefined || quarantine === undefined || reject === undefined || more.length > 0)
    throw new BadInput('--to: expected three thresholds such as 5/8/15 or 5/8/none');
  return {
    tag: numberOf(tag),
    quarantine: numberOf(quarantine),
    reject: reject === 'none' ? null : numberOf(reject),
  };
}

/** Reasons and names of tokens are what somebody typed: none of it reaches the terminal as it is. */
const lines = (...of: readonly string[]): string => `${of.map(line => printable(line)).join('\n')}\n`;

const whyOf = (override: ScoreView['override']): string => (override === null ? '' : `: ${override.why}`);

const scoreText = ({ symbol, score, set_by, override, profiles }: ScoreView): string =>
  lines(
    `${symbol}  ${score}  ${set_by}${whyOf(override)}`,
    ...profiles.map(own => `  in ${own.profile}: ${own.score}  ${own.set_by}`),
  );

const thresholdsText = ({ profile, tag, quarantine, reject, set_by, override }: ThresholdsView): string =>
  lines(`${profile}  tag ${tag}  quarantine ${quarantine}  reject ${reject ?? 'none'}  ${set_by}${whyOf(override)}`);

const weightText = ({ profile, group, weight, set_by, override }: WeightView): string =>
  lines(`${profile}  ${group}  ${weight}  ${set_by ?? 'not set'}${whyOf(override)}`);

function listText({ entries, added: here, removed: gone }: ListView): string {
  const made = new Map(here.map(({ entry, why, by, at }) => [entry, `  added by ${by} ${at}: ${why}`]));
  return lines(
    ...entries.map(entry => `${entry}${made.get(entry) ?? ''}`),
    ...gone.map(({ entry, why, by, at }) => `- ${entry}  removed by ${by} ${at}: ${why}`),
  );
}
