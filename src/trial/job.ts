// A trial that somebody asks for: run apart from everything else, one at a time.

import type { EpochMs } from '../model/clock.ts';
import type { SourceFile } from '../rules/source.ts';
import type { DrawnSample } from '../store/reviews.ts';
import type { DrawOptions } from './draw.ts';
import type { ReplayOptions } from './replay.ts';
import type { ReplayReport } from './replay-report.ts';
import type { ShadowReport } from './shadow.ts';

export type TrialJob =
  | { readonly kind: 'replay'; readonly changes: readonly SourceFile[]; readonly options: ReplayOptions }
  | { readonly kind: 'shadow'; readonly since: EpochMs; readonly now: EpochMs }
  | { readonly kind: 'draw'; readonly options: DrawOptions };

interface Reports {
  readonly replay: ReplayReport;
  readonly shadow: ShadowReport;
  readonly draw: DrawnSample;
}

export type TrialAnswer<K extends TrialJob['kind'] = TrialJob['kind']> =
  | { readonly status: 'done'; readonly report: Reports[K] }
  /** The change does not load: a line for each problem. */
  | { readonly status: 'refused'; readonly problems: readonly string[] }
  /** Another one runs. */
  | { readonly status: 'busy' }
  /** It took too long, or was called off. */
  | { readonly status: 'ended' };
