// `postern review sample|label|draw`: a client of the REST API, for those who say what is wanted and what is not.

import type { Command } from 'commander';
import type { LabelView, SampledPageView, SampledView, SampleView } from '../api/review-schemas.ts';
import { BadInput } from '../model/failure.ts';
import { printable } from '../observe/printable.ts';
import { messageLabels } from '../store/reviews.ts';
import { type ApiClient, type ApiCommandOptions, apiCommand, type Common, printAnswer } from './api-client.ts';

type SampleOptions = Common & { readonly all?: true };

/** Adds the commands to `program`. Their failures are of model/failure.ts: main turns them into exit codes. */
export function addReviewCommands(program: Command, options: ApiCommandOptions): void {
  const review = program.command('review').description('samples of mail, and what people say of messages');
  const command = (usage: string, about: string): Command =>
    apiCommand(review.command(usage).description(about), options);

  command('sample', 'the newest sample of which messages wait for a label, and what the ledger has of them')
    .option('--all', 'also those that have one')
    .action((chosen: SampleOptions) =>
      printAnswer(options, chosen, api => whole(api, chosen.all === true), sampleText),
    );
  command('label <label> <id...>', `say what messages are: ${messageLabels.join(' or ')}`).action(
    (label: string, ids: string[], chosen: Common) =>
      printAnswer(
        options,
        chosen,
        async api => ({ items: await labelled(api, label, ids) }),
        ({ items }) => items.map(labelLine).join(''),
      ),
  );
  command('draw', 'draw a sample now, of the mail since the last one').action((chosen: Common) =>
    printAnswer(
      options,
      chosen,
      async api => (await api.ask('POST', '/v1/samples')) as SampleView,
      sample => [headLine(sample), ...bandLines(sample)].join(''),
    ),
  );
}

type WholeSample = Pick<SampledPageView, 'sample' | 'items'>;

async function whole(api: ApiClient, all: boolean): Promise<WholeSample> {
  const items: SampledView[] = [];
  let cursor = '';
  for (;;) {
    const page = (await api.ask('GET', `/v1/samples?all=${all}&limit=200${cursor}`)) as SampledPageView;
    items.push(...page.items);
    if (page.cursor === null) return { sample: page.sample, items };
    cursor = `&cursor=${encodeURIComponent(page.cursor)}`;
  }
}

async function labelled(api: ApiClient, label: string, ids: readonly string[]): Promise<readonly LabelView[]> {
  if (!messageLabels.some(known => known === label))
    throw new BadInput(`expected ${messageLabels.join(' or ')}, not ${label}`);
  const views: LabelView[] = [];
  for (const id of ids)
    views.push((await api.ask('POST', `/v1/messages/${encodeURIComponent(id)}/label`, { label })) as LabelView);
  return views;
}

function sampleText({ sample, items }: WholeSample): string {
  if (sample === null) return 'no sample was drawn yet\n';
  return [headLine(sample), ...bandLines(sample), ...items.map(itemLines)].join('');
}

const headLine = ({ since, before, drawn_at }: SampleView): string =>
  `mail of ${since} to ${before}, drawn ${drawn_at}\n`;

const bandLines = ({ bands }: SampleView): readonly string[] =>
  bands.map(
    ({ profile, action, messages, labelled: known, drawn }) =>
      `  ${profile} ${action}: ${drawn} drawn of ${messages - known}${known === 0 ? '' : `, beside ${known} that had a label`}\n`,
  );

/** Every text of these lines may be a sender's: none of it reaches the terminal as it is. */
function itemLines({ message, profile, action, label, seen }: SampledView): string {
  const head = `${message}  ${profile}  ${action}  ${label ?? '-'}`;
  if (seen === null) return `${head}  (not in the ledger any more)\n`;
  const hits = seen.hits.map(({ symbol, points }) => `${symbol} ${points}`).join(' ');
  const lines = [
    `${head}  ${seen.received_at}  ${seen.score}`,
    `    <${seen.reverse_path}> to ${seen.recipients.join(' ')}${seen.entry === null ? '' : `, kept as ${seen.entry}`}`,
    `    ${seen.from}: ${seen.subject}`,
    `    ${hits}`,
  ];
  return lines.map(line => `${printable(line)}\n`).join('');
}

const labelLine = ({ message, label, reason, by, at }: LabelView): string =>
  `${printable(`${message}  ${label}  (${reason}, ${by}, ${at})`)}\n`;
