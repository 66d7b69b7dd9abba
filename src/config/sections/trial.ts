// What is on trial: judged and recorded beside what is in force, and nothing follows.

import { z } from 'zod';

export const trialKeys = {
  shadow_profiles: z
    .record(z.string().min(1), z.string().min(1))
    .superRefine((profiles, context) => {
      for (const [name, trial] of Object.entries(profiles))
        if (name === trial)
          context.addIssue({ code: 'custom', path: [name], message: `${name} cannot be on trial beside itself` });
    })
    .meta({
      description:
        'Profiles on trial, by the profile whose place they might take: `{ default: stricter }`. What the second would do with mail of the first is recorded, and nothing follows; `postern shadow report` sums it up.',
    })
    .prefault({}),
};
