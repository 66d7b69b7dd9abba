// What is kept of each message that was judged, and for how long.

import { z } from 'zod';
import { textKeepings } from '../../model/kept-texts.ts';
import { duration, size } from '../fields.ts';

export const ledgerKeys = {
  ledger: z
    .strictObject({
      keep: duration('30d', 'Day files older than this are deleted.'),
      max_size: size('10GiB', 'Beyond this the oldest day files are deleted.'),
      keep_texts: z
        .enum(textKeepings)
        .meta({
          description:
            'Whether the texts of mail are kept for a while, so that `postern replay` can seek new patterns in them: the subject, ' +
            'names, text and links of everybody’s mail, that of delivered mail too, readable for whoever reads `data_dir` and its ' +
            'backups. `sought` keeps the fields in which rules in force seek, and header fields; `all` every field that a rule ' +
            'can name, with the beginning of the message as it came. Some 4 KB a message, 7 KB with `all`. Ask whoever answers for ' +
            'privacy first. With `off` nothing is kept, and what was kept is deleted at the next start.',
        })
        .prefault('off'),
      keep_texts_for: duration(
        '7d',
        'Texts are deleted after so many days, each day (UTC) whole; never later than `keep`.',
      ),
      max_texts_size: size('5GiB', 'Beyond this the texts of the oldest days are deleted, those of today at last.'),
    })
    .prefault({}),
};
