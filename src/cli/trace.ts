// `postern trace ADDRESS`: what came from or went to an address, and what was refused it, newest first. A client of the API.

import { isIP } from 'node:net';
import type { Command } from 'commander';
import type { RefusalView, SummaryView } from '../api/schemas.ts';
import { BadInput } from '../model/failure.ts';
import { printable } from '../observe/printable.ts';
import { canonicalAddress } from '../smtp/addresses.ts';
import { type ApiClient, type ApiCommandOptions, apiCommand, type Common, printAnswer } from './api-client.ts';

type RecordView = SummaryView | RefusalView;

interface TraceOptions extends Common {
  readonly since?: string;
  readonly limit: string;
}

export function addTraceCommand(program: Command, options: ApiCommandOptions): void {
  const about = 'messages and refusals of a client’s address, a sender or a recipient, newest first';
  apiCommand(program.command('trace <address>').description(about), options)
    .option('--since <time>', 'not before this time, as RFC 3339 writes it: 2026-11-22T08:00:00Z')
    .option('--limit <n>', 'at most so many', '50')
    .action((address: string, chosen: TraceOptions) =>
      printAnswer(
        options,
        chosen,
        async api => ({ items: await traced(api, address, chosen) }),
        ({ items }) => items.map(recordLine).join(''),
      ),
    );
}

/** An envelope address may have sent or received: both are asked for. */
async function traced(api: ApiClient, address: string, { since, limit }: TraceOptions): Promise<RecordView[]> {
  const asking = filtersFor(address).map(filter => api.listed<RecordView>('/v1/messages', { ...filter, since }, limit));
  const byId = new Map((await Promise.all(asking)).flat().map(record => [record.id, record]));
  return [...byId.values()].sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, Number(limit));
}

function filtersFor(address: string): Readonly<Record<string, string>>[] {
  if (isIP(address) !== 0) return [{ client_address: canonicalAddress(address) }];
  const path = address.replace(/^<(.*)>$/, '$1');
  if (path === '' || path.toLowerCase() === 'postmaster' || /.@./.test(path))
    return [{ reverse_path: path }, ...(path === '' ? [] : [{ recipient: path }])];
  throw new BadInput('expected the address of a client (192.0.2.1) or of an envelope (jane@example.com, <>)');
}

function recordLine(record: RecordView): string {
  const fields =
    record.kind === 'message'
      ? [...head(record), record.action ?? '-', ways(record), replyText(record)]
      : [...head(record), 'refused', paths(record.reverse_path, record.forward_path), replyText(record), times(record)];
  return `${printable(fields.filter(field => field !== '').join('  '))}\n`;
}

const head = ({ id, at, client_address }: RecordView): string[] => [id, at, client_address];
const times = ({ times: n }: RefusalView): string => (n > 1 ? `(${n} times)` : '');
const replyText = ({ reply: { code, enhanced, text } }: RecordView): string =>
  [code, ...(enhanced === null ? [] : [enhanced]), text.join(' / ')].join(' ');

/** What became of each copy. */
const ways = ({ reverse_path, outcomes }: SummaryView): string =>
  `<${reverse_path}> -> ${outcomes.map(({ path, disposition }) => `<${path}> ${disposition}`).join(', ')}`;

function paths(reversePath: string | null, forwardPath: string | null): string {
  if (reversePath === null && forwardPath === null) return '';
  return `<${reversePath ?? '?'}>${forwardPath === null ? '' : ` -> <${forwardPath}>`}`;
}
