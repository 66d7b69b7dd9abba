// Reports of trials as the API shows them: names in snake_case, times by RFC 3339, points in whole points.

import type { NamedFlip, ReplayReport } from '../trial/replay-report.ts';
import type { ShadowReport, ShadowShare } from '../trial/shadow.ts';
import type { ReplayView, ShadowView } from './trial-schemas.ts';

const timeView = (at: number): string => new Date(at).toISOString();

export function replayView(report: ReplayReport): ReplayView {
  const { since, before, domains, otherDomains, named, ...same } = report;
  return {
    ...same,
    since: timeView(since),
    before: timeView(before),
    actions: [...report.actions],
    flips: [...report.flips],
    profiles: [...report.profiles],
    recipient_domains: [...domains],
    other_domains: otherDomains,
    symbols: [...report.symbols],
    named: named.map(namedView),
  };
}

function namedView(flip: NamedFlip): ReplayView['named'][number] {
  const { at, reversePath, domains, scoreBefore, scoreAfter, moved, ...same } = flip;
  return {
    ...same,
    at: timeView(at),
    reverse_path: reversePath,
    recipient_domains: [...domains],
    score_before: scoreBefore / 1000,
    score_after: scoreAfter / 1000,
    moved: moved.map(({ symbol, before, after }) => ({ symbol, before: before / 1000, after: after / 1000 })),
  };
}

export const shadowView = ({ since, before, messages, rules, profiles }: ShadowReport): ShadowView => ({
  since: timeView(since),
  before: timeView(before),
  messages,
  rules: rules.map(shareView),
  profiles: profiles.map(shareView),
});

function shareView({ flipsReleased, flipsDeleted, flips, ...same }: ShadowShare): ShadowView['rules'][number] {
  return { ...same, flips: [...flips], flips_released: flipsReleased, flips_deleted: flipsDeleted };
}
