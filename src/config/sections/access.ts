// Whom the administrator lets in or keeps out: where entries stand, and how many there may be.

import { z } from 'zod';
import { count } from '../fields.ts';

export const accessKeys = {
  access: z
    .strictObject({
      files: z
        .array(z.string().min(1, 'expected a file'))
        .superRefine((files, context) => {
          for (const [i, file] of files.entries())
            if (files.indexOf(file) !== i)
              context.addIssue({ code: 'custom', path: [i], message: `${file} is there twice` });
        })
        .meta({
          description:
            'Files of allow and block entries, a line each (docs/access.md), read again when they change. Others are added with `postern access`.',
        })
        .prefault([]),
      max_entries: count(
        200_000,
        'Entries of all files together, and entries added over the API, at most; some 700 bytes of memory each.',
      ),
    })
    .prefault({}),
};
