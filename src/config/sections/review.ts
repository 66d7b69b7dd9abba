// Samples of mail that are drawn for review, so that thresholds can be calibrated by what reviewers say.

import { z } from 'zod';
import { count, duration } from '../fields.ts';

export const reviewKeys = {
  review: z
    .strictObject({
      sample_every: duration(
        '7d',
        'Draws a sample for review so often: of each profile, some messages that were delivered, tagged, quarantined and ' +
          'refused, by chance. `postern review sample` shows it; labels are what `postern profiles calibrate` goes by.',
      ),
      sample_after: duration(
        '2d',
        'The sample is of mail that is older than this. What reviewers release or label before counts for itself, and is not drawn from.',
      ),
      sample_size: count(25, 'So many messages of each profile and action are drawn at most; 0 draws none.', 0),
    })
    .prefault({}),
};
