// GTUBE, the test string by which any mail filter can be tried (spamassassin.apache.org/gtube).

import { flag } from '../model/shape.ts';
import { check } from './check.ts';

const gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';

export const gtubeCheck = check({
  name: 'gtube',
  after: [],
  timeoutMs: 10_000,
  about: 'The test string for unsolicited mail.',
  evidence: { found: flag('GTUBE stands in the text, or anywhere in the message as it came.') },
  async observe({ mail }) {
    await mail.turnFor(mail.raw);
    const { buffer, byteOffset, byteLength } = mail.raw;
    if (Buffer.from(buffer, byteOffset, byteLength).includes(gtube)) return { found: true };
    const texts = [...(await mail.text('text')), ...(await mail.text('html'))];
    return { found: texts.some(text => text.includes(gtube)) };
  },
});
