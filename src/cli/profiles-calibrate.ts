// postern profiles calibrate: thresholds, and the weight of one group, for a wanted share of wanted mail that is stopped.

import type { Command } from 'commander';
import { changeAtRest } from '../compose/rules/settings-at-rest.ts';
import { calibrating } from '../compose/trials/calibrating.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { parsePercent } from '../config/units.ts';
import { type EpochMs, systemClock } from '../model/clock.ts';
import { BadInput, TemporaryFailure } from '../model/failure.ts';
import { printable, printableJson } from '../observe/printable.ts';
import type { SettingEdit } from '../rules/settings.ts';
import type { Found } from '../trial/calibrate.ts';
import { type CalibrationReport, calibrationLines, whyOf } from '../trial/calibration-lines.ts';
import { ApiClient, type ApiCommandOptions } from './api-client.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { sinceOf } from './replay.ts';
import { thresholdsPath, weightPath } from './settings.ts';

interface CalibrateCommand {
  readonly profile: string;
  readonly targetFp: string;
  readonly from?: readonly string[];
  readonly last: string;
  readonly confidence: string;
  readonly withExperience?: boolean;
  readonly config?: string;
  readonly json?: boolean;
  readonly apply?: boolean;
  readonly url: string;
  readonly token?: string;
}

export function addProfilesCalibrate(
  profiles: Command,
  { run, out, err }: Pick<Cli, 'run' | 'out' | 'err'>,
  api: Api,
): void {
  profiles
    .command('calibrate')
    .description('thresholds, and a group’s weight, for a wanted share of wanted mail that is stopped; prints a plan')
    .requiredOption('--profile <name>', 'the profile')
    .requiredOption('--target-fp <share>', 'of wanted mail, what may be quarantined or refused at most: 0.1%')
    .option(
      '--from <path...>',
      'a data_dir, for its ledger, or folders of mail with LABEL/SOURCE/ below them; otherwise the ledger of the configuration',
    )
    .option('--last <duration>', 'of the ledger, samples of so long', '30d')
    .option('--confidence <share>', 'how sure it is to be', '95%')
    .option('--with-experience', 'count what is known of the shipped profile’s wanted mail beside what was seen')
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'the report as JSON')
    .option('--apply', 'put the plan in force, and keep it')
    .option('--url <url>', 'the API of the gateway, where one runs', api.url)
    .option('--token <token>', 'a token for it; the environment’s POSTERN_TOKEN is safer, because others see arguments')
    .action((options: CalibrateCommand) =>
      run(() => calibrated(options, { url: options.url, token: options.token ?? api.token }, { out, err })),
    );
}

async function calibrated(
  options: CalibrateCommand,
  api: Api,
  { out, err }: Pick<Cli, 'out' | 'err'>,
): Promise<number> {
  const now = systemClock.now();
  const config = loadConfig(options.config ?? null);
  const report = await calibrating(config, {
    profile: options.profile,
    target: shareOf('--target-fp', options.targetFp),
    confidence: shareOf('--confidence', options.confidence),
    from: options.from ?? [],
    since: sinceOf(options.last, now),
    withExperience: options.withExperience === true,
  });
  if (options.json === true) out(`${printableJson(JSON.stringify(report, null, 2))}\n`);
  else for (const line of calibrationLines(report)) out(`${printable(line)}\n`);
  const { calibration } = report;
  if (calibration.status === 'refused') return exitCodes.badInput;
  if (options.apply !== true) return exitCodes.ok;
  if (report.source.kind === 'folders' && report.source.late > 0)
    throw new TemporaryFailure(`not applied: of ${report.source.late} messages some evidence came too late`);
  const outcome = await apply(config, editsOf(report, calibration, now), api, now);
  (options.json === true ? err : out)(`${outcome}\n`);
  return exitCodes.ok;
}

/** More than none and less than all. */
function shareOf(option: string, text: string): number {
  const share = parsePercent(text);
  if (share === null || share === 0 || share === 1)
    throw new BadInput(`${option} takes a percentage between 0% and 100%, such as 0.1%, not ${text}`);
  return share;
}

/** What is to be set; nothing where all of it is in force. */
function editsOf(report: CalibrationReport, found: Found, now: EpochMs): readonly CalibrationEdit[] {
  const { profile: name, inForce } = report;
  const { thresholds, weight } = found;
  const why = whyOf(report, found, now);
  const areMoved = (['tag', 'quarantine', 'reject'] as const).some(of => thresholds[of] !== inForce[of]);
  return [
    ...(areMoved ? [{ kind: 'thresholds', name, value: thresholds, why } as const] : []),
    ...(weight === null ? [] : [{ kind: 'weight', name, group: weight.group, value: weight.to, why } as const]),
  ];
}

type CalibrationEdit = Extract<SettingEdit, { readonly kind: 'thresholds' | 'weight' }>;

/** By the gateway where one runs, else in its place. What became of it. */
async function apply(config: Config, edits: readonly CalibrationEdit[], api: Api, now: EpochMs): Promise<string> {
  if (edits.length === 0) return 'applied: it is in force already';
  if (await changeAtRest(config, edits, 'profiles calibrate', now)) return 'applied: in force from the next start on';
  const client = new ApiClient(api.url, api.token);
  for (const edit of edits) {
    const { path, body } = requestOf(edit);
    await client.change('PUT', path, () => body);
  }
  return 'applied: in force in the running gateway';
}

type Api = Pick<ApiCommandOptions, 'url' | 'token'>;

function requestOf(edit: CalibrationEdit): { readonly path: string; readonly body: object } {
  const { why, name } = edit;
  if (edit.kind === 'weight') {
    const weight = edit.value === null ? null : edit.value / 1000;
    return { path: weightPath(name, edit.group), body: { weight, why } };
  }
  const { tag = 0, quarantine = 0, reject = null } = edit.value ?? {};
  const inPoints = { tag: tag / 1000, quarantine: quarantine / 1000, reject: reject === null ? null : reject / 1000 };
  return { path: thresholdsPath(name), body: { ...inPoints, why } };
}
