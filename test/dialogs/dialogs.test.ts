// Every dialog of this folder against a real listener on a free port.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Extensions, SmtpOptions } from '../../src/smtp/options.ts';
import { type Delivered, ServerUnderTest, startTls } from '../smtp/server-under-test.ts';
import { play, readDialog } from '../support/dialog.ts';
import { SmtpClient } from '../support/smtp-client.ts';

const paths = ({ envelope }: Delivered) =>
  `<${envelope.reversePath}> -> ${envelope.recipients.map(r => `<${r.path}>`).join(' ')}`;
const shown = (d: Delivered) => `${paths(d)} ${JSON.stringify(d.content)}`;

suite('dialogs', () => {
  for (const file of readdirSync(import.meta.dirname).filter(name => name.endsWith('.smtp'))) {
    test(file.replace('.smtp', '').replaceAll('-', ' '), async t => {
      const dialog = readDialog(join(import.meta.dirname, file));
      // Both are written by the authors of the dialogs, in the shape that the server takes.
      const { extensions, ...options } = dialog.options as Partial<SmtpOptions> & { extensions?: Extensions };
      const ports = extensions === undefined ? {} : { extensions: () => extensions };
      const tested = await ServerUnderTest.start(t, { listeners: [startTls], ...options }, ports);
      const client = await SmtpClient.connect(tested.port);
      await play(dialog, client);
      client.destroy();
      await tested.server.drain(10_000);
      assert.deepEqual(tested.delivered.map(shown), dialog.received);
    });
  }
});
