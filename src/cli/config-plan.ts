// postern config plan | apply: what another configuration or other rules would change, and putting them in force.

import { existsSync, realpathSync } from 'node:fs';
import type { Command } from 'commander';
import { type Applied, applyPlan, endUnfinished } from '../compose/change/config-apply.ts';
import { type ConfigPlan, planOf } from '../compose/change/config-plan.ts';
import { type Proposal, type Sides, sidesOf } from '../compose/change/proposal.ts';
import { type RunningGateway, runningGateway } from '../compose/change/running-gateway.ts';
import { faultsFromEnvironment } from '../config/fault.ts';
import { loadConfig } from '../config/load.ts';
import { readJournal } from '../config/swap-journal.ts';
import { systemClock } from '../model/clock.ts';
import { BadInput, TemporaryFailure } from '../model/failure.ts';
import { printable, printableJson } from '../observe/printable.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { planLines } from './plan-lines.ts';
import { shippedFixtures } from './profiles.ts';
import { sinceOf } from './replay.ts';
import { collected } from './trial-options.ts';

interface PlanCommand {
  readonly config?: string;
  readonly rules: readonly string[];
  readonly last: string;
  readonly named: string;
  readonly fixtures: string;
  readonly json?: true;
}

interface ApplyCommand extends PlanCommand {
  readonly plan?: string;
  readonly force?: true;
}

export function addConfigPlan(config: Command, cli: Cli): void {
  planCommand(
    config,
    'plan',
    'what another configuration or other rules would change; exit 1 when apply would refuse it',
  ).action((proposed: string | undefined, options: PlanCommand) => cli.run(() => plan(proposed ?? null, options, cli)));
  planCommand(
    config,
    'apply',
    'put another configuration or other rules in force, as planned; exit 1 when it is refused',
  )
    .option('--plan <id>', 'only what this plan was about')
    .option('--force', 'also where mail of profiles goes another way, or more would move than rules.apply_limit')
    .action((proposed: string | undefined, options: ApplyCommand) =>
      cli.run(() => apply(proposed ?? null, options, cli)),
    );
}

const planCommand = (config: Command, name: string, about: string): Command =>
  config
    .command(name)
    .description(about)
    .argument('[proposed]', 'the configuration file that would take the place of the one in force')
    .option('-c, --config <file>', 'the configuration file in force')
    .option(
      '--rules <folder>',
      'a folder that would take the place of the folder of rules; FOLDER=NEW where there are several; may be given again',
      collected,
      [],
    )
    .option('--last <duration>', 'how far back mail is replayed: 24h, 7d', '7d')
    .option('--named <number>', 'how many messages that flip are named', '20')
    .option('--fixtures <folder>', 'mail that profiles must deliver or catch', shippedFixtures)
    .option('--json', 'print the plan as JSON');

interface Planned {
  readonly proposal: Proposal;
  readonly sides: Sides;
  readonly plan: ConfigPlan;
  readonly gateway: RunningGateway | null;
}

async function plan(proposed: string | null, options: PlanCommand, cli: Cli): Promise<number> {
  const proposal = proposalOf(proposed, options);
  if (readJournal(proposal.config) !== null) cli.err('warning: an apply was cut short: the next one ends it first\n');
  const { plan: made, sides, gateway } = await planned(proposal, options);
  const conflict = conflictOf(proposal, sides, gateway);
  if (conflict !== null) cli.err(`warning: ${printable(conflict)}\n`);
  if (options.json === true) cli.out(`${printableJson(JSON.stringify(made, null, 2))}\n`);
  else print(planLines(made), cli);
  return made.obstacles.length === 0 && conflict === null ? exitCodes.ok : exitCodes.found;
}

async function apply(proposed: string | null, options: ApplyCommand, cli: Cli): Promise<number> {
  const proposal = proposalOf(proposed, options);
  const faults = faultsFromEnvironment();
  await endPrevious(proposal.config, options, cli);
  const { plan: made, sides, gateway } = await planned(proposal, options);
  const conflict = conflictOf(proposal, sides, gateway);
  if (conflict !== null) throw new TemporaryFailure(`${conflict}: nothing was changed`);
  if (options.plan !== undefined && options.plan !== made.id)
    throw new TemporaryFailure(`this is plan ${made.id}, not ${options.plan}: something was changed since`);
  const hinders = made.obstacles.filter(({ yields }) => !yields || options.force !== true);
  const isSame = made.before === made.after;
  const applied = isSame || hinders.length > 0 ? null : await applyPlan(proposal, sides, { faults, gateway });
  const outcome = applied?.status ?? (isSame ? 'nothing to apply' : 'refused');
  if (options.json === true) cli.out(`${printableJson(JSON.stringify({ ...made, outcome, ...applied }, null, 2))}\n`);
  else
    print(
      [...planLines(made), ...(applied === null ? [outcomeLine(outcome)] : appliedLines(applied, atRestartIn(made)))],
      cli,
    );
  return isSame ? exitCodes.ok : exitCodeOf(applied);
}

function proposalOf(proposed: string | null, { config, rules }: PlanCommand): Proposal {
  if (config === undefined) throw new BadInput('--config names the configuration file in force');
  if (proposed === null && rules.length === 0)
    throw new BadInput('nothing is proposed: name a configuration file, or a folder by --rules');
  return { config, proposed, rules };
}

async function planned(proposal: Proposal, options: PlanCommand): Promise<Planned> {
  const sides = sidesOf(proposal);
  const gateway = await runningGateway(sides.before.config.data_dir);
  const now = systemClock.now();
  const made = await planOf(sides, {
    since: sinceOf(options.last, now),
    before: now,
    baseline: 'in_force',
    named: namedOf(options.named),
    fixtures: options.fixtures,
    isRunning: gateway !== null,
  });
  return { proposal, sides, plan: made, gateway };
}

function namedOf(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new BadInput(`--named takes a number, not ${text}`);
  return Number(text);
}

/** Where the files are not what the running gateway has in force, a plan that starts from them says nothing of it. */
function conflictOf({ config }: Proposal, { before }: Sides, gateway: RunningGateway | null): string | null {
  if (gateway === null) return null;
  const { config: runsOn, revision } = gateway.inForce;
  if (runsOn === null || !existsSync(runsOn) || realpathSync(runsOn) !== realpathSync(config))
    return `the gateway of ${before.config.data_dir} runs on ${runsOn ?? 'no file'}`;
  if (revision === before.revision) return null;
  return `the gateway has not in force what ${config} and its rules say now: have it load them first (SIGHUP), and see its log`;
}

/** Ends what was cut short before, so that there is one thing in force to start from. */
async function endPrevious(config: string, { force }: ApplyCommand, { err }: Cli): Promise<void> {
  if (readJournal(config) === null) return;
  const gateway = await runningGateway(loadConfig(config).data_dir);
  const ended = await endUnfinished(config, force === true, { faults: faultsFromEnvironment(), gateway });
  if (ended === null) return;
  err('an apply that was cut short was ended first:\n');
  for (const line of ended === 'abandoned' ? ['it had changed nothing'] : appliedLines(ended))
    err(`  ${printable(line)}\n`);
}

const outcomeLine = (outcome: string): string =>
  outcome === 'refused' ? 'refused: nothing was changed' : 'there is nothing to apply';

const atRestartIn = ({ configuration }: ConfigPlan): readonly string[] =>
  configuration.filter(({ atRestart }) => atRestart).map(({ key }) => key);

/** `atRestart` are the keys that a running gateway does not take. */
function appliedLines(applied: Applied, atRestart: readonly string[] = []): readonly string[] {
  switch (applied.status) {
    case 'in force':
      return atRestart.length === 0
        ? ['applied: the gateway has it in force']
        : [`applied: the gateway has it in force, but for what it takes at the next start: ${atRestart.join(', ')}`];
    case 'swapped':
      return ['applied: no gateway runs, the next start takes it'];
    case 'put back':
      return [
        `not applied, and put back as it was${applied.isInForce ? '' : '; the gateway does not say that it has that in force: see its log'}`,
        ...applied.problems.map(problem => `  ${problem}`),
      ];
  }
}

function exitCodeOf(applied: Applied | null): number {
  if (applied === null) return exitCodes.found;
  return applied.status === 'put back' ? exitCodes.unavailable : exitCodes.ok;
}

function print(lines: readonly string[], { out }: Cli): void {
  for (const line of lines) out(`${printable(line)}\n`);
}
