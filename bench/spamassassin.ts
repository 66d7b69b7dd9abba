// What the real SpamAssassin says of labelled mail, offline: one process for all of it, as an mbox.

import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { labelledMails } from '../src/compose/stored/labelled-mail.ts';
import { isWanted, type Label } from '../src/trial/label.ts';
import type { Other } from './accuracy-page.ts';

/** Every `step`-th message below `corpus`. @throws where it is not installed. */
export async function spamAssassinOn(corpus: string, step: number): Promise<Other> {
  const version = /version (\S+)/.exec(execFileSync('spamassassin', ['--version'], { encoding: 'utf8' }))?.[1] ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'postern-accuracy-'));
  try {
    const mbox = join(folder, 'mbox');
    const labels = await writeMbox(corpus, step, mbox);
    const flagged = await flaggedAmong(folder, mbox);
    const count = (wanted: boolean, of: (number: number) => boolean): number =>
      labels.filter((label, number) => isWanted(label) === wanted && of(number)).length;
    return {
      version,
      wanted: count(true, () => true),
      wantedFlagged: count(true, number => flagged.has(number)),
      unwanted: count(false, () => true),
      unwantedFlagged: count(false, number => flagged.has(number)),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeMbox(corpus: string, step: number, path: string): Promise<readonly Label[]> {
  const labels: Label[] = [];
  const file = createWriteStream(path);
  for await (const { bytes, label } of labelledMails([corpus], step)) {
    const text = bytes.toString('latin1').replaceAll('\r\n', '\n');
    file.write(
      `From mail@example.com Thu Jan  1 00:00:00 2004\n${numberField}: ${labels.length}\n${text.replace(/^From /gm, '>From ')}\n`,
      'latin1',
    );
    labels.push(label);
  }
  await new Promise(done => file.end(done));
  return labels;
}

/** They come out in another order than they go in: each has its number with it. */
const numberField = 'X-Number';

/** The numbers of those that were flagged. */
async function flaggedAmong(folder: string, mbox: string): Promise<ReadonlySet<number>> {
  const quiet = ['--cf=use_bayes 0', '--cf=report_safe 0', '--cf=use_auto_welcomelist 0'];
  const assassin = spawn('spamassassin', ['-L', '-x', ...quiet, '--mbox', mbox], {
    env: { ...process.env, HOME: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const flagged = new Set<number>();
  let isFlagged = false;
  let isHeader = false;
  for await (const line of createInterface({ input: assassin.stdout.setEncoding('latin1') })) {
    if (line.startsWith('From ')) {
      isFlagged = false;
      isHeader = true;
    } else if (line === '') isHeader = false;
    else if (isHeader && line === 'X-Spam-Flag: YES') isFlagged = true;
    else if (isHeader && isFlagged && line.startsWith(`${numberField}: `))
      flagged.add(Number(line.slice(numberField.length + 2)));
  }
  return flagged;
}
