// `postern access list|add|remove`: entries that let in or keep out, over the REST API.

import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { AccessEntryView } from '../api/schemas.ts';
import { accessKinds, accessSubjects } from '../model/access.ts';
import { printable } from '../observe/printable.ts';
import { type ApiClient, type ApiCommandOptions, apiCommand, type Common, printAnswer } from './api-client.ts';

interface ListOptions extends Common {
  readonly kind?: string;
  readonly subject?: string;
  readonly value?: string;
  readonly recipients?: string;
  readonly limit: string;
}

interface AddOptions extends Common {
  readonly recipients: string;
  readonly expires?: string;
  readonly comment?: string;
  readonly idempotencyKey?: string;
}

/** Adds the commands to `program`. Their failures are of model/failure.ts: main turns them into exit codes. */
export function addAccessCommands(program: Command, options: ApiCommandOptions): void {
  const access = program.command('access').description('whom you let in and keep out (docs/access.md)');
  const command = (usage: string, about: string): Command =>
    apiCommand(access.command(usage).description(about), options);

  command('list', 'entries that were added over the API, newest first')
    .option('--kind <kind>', 'allow or block')
    .option('--subject <subject>', 'what of a message they name')
    .option('--value <value>', 'what they name')
    .option('--recipients <recipients>', 'whom they are for: all, an address, or @domain')
    .option('--limit <n>', 'at most so many entries', '1000')
    .action((chosen: ListOptions) =>
      printAnswer(
        options,
        chosen,
        async api => ({ items: await listed(api, chosen) }),
        ({ items }) => items.map(entryLine).join(''),
      ),
    );
  command(
    'add <kind> <subject> <value>',
    `add an entry: add allow dkim_signer news.example; kinds: ${accessKinds.join(', ')}; subjects: ${accessSubjects.join(', ')}`,
  )
    .option('--recipients <recipients>', 'whom it is for: all, an address, or @domain', 'all')
    .option('--expires <time>', 'when it ends: 2027-06-30T22:00:00Z')
    .option('--comment <text>', 'why it is there')
    .option('--idempotency-key <key>', 'to ask again without adding twice')
    .action((kind: string, subject: string, value: string, chosen: AddOptions) => {
      const { recipients, expires, comment, idempotencyKey } = chosen;
      const body = { kind, match: { [subject]: value }, recipients, expires_at: expires, comment };
      const headers = { 'idempotency-key': idempotencyKey ?? randomUUID() };
      const added = async (api: ApiClient) => (await api.ask('POST', '/v1/access', body, headers)) as AccessEntryView;
      return printAnswer(options, chosen, added, entryLine);
    });
  command('remove <id>', 'remove an entry').action((id: string, chosen: Common) =>
    printAnswer(
      options,
      chosen,
      async api => {
        await api.ask('DELETE', `/v1/access/${encodeURIComponent(id)}`);
        return { removed: id };
      },
      ({ removed }) => `${removed} removed\n`,
    ),
  );
}

function listed(api: ApiClient, chosen: ListOptions): Promise<AccessEntryView[]> {
  const { kind, subject, value, recipients, limit } = chosen;
  return api.listed('/v1/access', { kind, subject, value, recipients }, limit);
}

/** Names and comments are what somebody typed or pasted: none of it reaches the terminal as it is. */
function entryLine({ id, kind, match, recipients, expires_at, added_at, added_by, comment }: AccessEntryView): string {
  const named = Object.entries(match).map(([subject, value]) => `${subject} ${value}`);
  const end = expires_at === null ? 'for ever' : `until ${expires_at}`;
  const fields = [id, kind, ...named, `for ${recipients}`, end, `added ${added_at} by ${added_by}`, comment];
  return `${printable(fields.filter(field => field !== '').join('  '))}\n`;
}
