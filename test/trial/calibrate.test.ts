// Calibration: what is known of small cases, what always holds, and that the wanted share is kept in simulated worlds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Thresholds } from '../../src/model/verdict.ts';
import { type Calibration, calibrate, type Found, type Refused } from '../../src/trial/calibrate.ts';
import type { Reviewed } from '../../src/trial/reviewed.ts';
import { chance, inForce, normal, reviewed, type Scored, strangers } from './reviewed.ts';

const options = { target: 0.001, confidence: 0.95, experience: null } as const;

function found(calibration: Calibration): Found {
  assert.equal(calibration.status, 'found');
  return calibration as Found;
}

function refused(calibration: Calibration): Refused {
  assert.equal(calibration.status, 'refused');
  return calibration as Refused;
}

const spam = strangers(200, 6000, 'x');

test('0.1% with 95% confidence takes 2,995 wanted messages of different senders, and no fewer', () => {
  assert.equal(found(calibrate(reviewed(strangers(2995, 0), spam), inForce, options)).status, 'found');
  assert.equal(refused(calibrate(reviewed(strangers(2994, 0), spam), inForce, options)).missing, 1);
  assert.equal(refused(calibrate(reviewed([], spam), inForce, options)).missing, 2995);
  assert.equal(refused(calibrate(reviewed(strangers(1000, 0), []), inForce, options)).missing, 1995);
});

test('a threshold is lowered where that stops more, and only as far as wanted mail lets it', () => {
  const wanted = [...strangers(2995, 0), ...strangers(5, 4000, 'high')];
  const { thresholds, before, after } = found(calibrate(reviewed(wanted, spam), inForce, options));
  assert.deepEqual(thresholds, { tag: 5000, quarantine: 6000, reject: 15_000 });
  assert.deepEqual([before.caught, after.caught, after.unwanted], [0, 200, 200]);
  assert.deepEqual([after.wanted.counted, after.wanted.of], [0, 3000]);
  assert.ok(after.wanted.upper <= 0.001);
});

test('where nothing more is stopped, or not more than chance, the threshold stays where it is', () => {
  const wanted = strangers(3000, 0);
  for (const unwanted of [[], strangers(200, 9000, 'x'), strangers(4, 6000, 'x')])
    assert.deepEqual(found(calibrate(reviewed(wanted, unwanted), inForce, options)).thresholds, inForce.thresholds);
  const { thresholds } = found(calibrate(reviewed(wanted, strangers(5, 6000, 'x')), inForce, options));
  assert.equal(thresholds.quarantine, 6000);
});

test('a threshold that is no step may stay too', () => {
  const own = { ...inForce, thresholds: { tag: 5000, quarantine: 7300, reject: null } };
  assert.deepEqual(found(calibrate(reviewed(strangers(3000, 0), []), own, options)).thresholds, own.thresholds);
});

test('too much wanted mail stopped raises the quarantine, the tag and the refusal', () => {
  const wanted = [...strangers(6000, 0), ...strangers(80, 7000, 'tagged'), ...strangers(20, 16_200, 'high')];
  const { thresholds, before, after, missing } = found(calibrate(reviewed(wanted, spam), inForce, options));
  assert.deepEqual(thresholds, { tag: 7500, quarantine: 16_500, reject: 16_500 });
  assert.equal(before.wanted.counted, 20);
  assert.equal(after.wanted.counted, 0);
  assert.equal(missing, null);
});

test('the refusal goes above all wanted mail, also where the quarantine stays', () => {
  const wanted = [...strangers(6000, 0), ...strangers(3, 16_200, 'high')];
  const { thresholds } = found(calibrate(reviewed(wanted, []), inForce, { ...options, target: 0.01 }));
  assert.deepEqual(thresholds, { tag: 5000, quarantine: 8000, reject: 16_500 });
});

test('what never is refused by score is not refused now', () => {
  const own = { ...inForce, thresholds: { ...inForce.thresholds, reject: null } };
  const wanted = [...strangers(3000, 0), ...strangers(20, 16_200, 'high')];
  const { thresholds } = found(calibrate(reviewed(wanted, spam), own, { ...options, target: 0.01 }));
  assert.equal(thresholds.reject, null);
});

test('where the count is within the target and the bound is not, it says how much would show it', () => {
  const wanted = [...strangers(3500, 0), ...strangers(1, 9000, 'high')];
  const { thresholds, missing } = found(calibrate(reviewed(wanted, spam), inForce, options));
  assert.equal(thresholds.quarantine, 9500);
  assert.equal(missing, 4742 - 3501);
});

test('wanted mail that policy stops counts, and no threshold helps against it', () => {
  const wanted = [...strangers(4000, 0), ...strangers(3, 0, 'held', { floor: 'quarantine' })];
  const { basis, least, missing } = refused(calibrate(reviewed(wanted, spam), inForce, options));
  assert.deepEqual([basis.byPolicy, least.wanted.counted], [3, 3]);
  assert.equal(missing, 7752 - 4003);
});

test('a hundred copies of one sender are one message, strangers are a hundred', () => {
  const copies = Array.from({ length: 100 }, () => ({ sender: 'one.test', score: 9000 }));
  const others = strangers(5000, 0);
  const of = (high: readonly Scored[]): Found => found(calibrate(reviewed([...others, ...high], []), inForce, options));
  const one = of(copies).before.wanted;
  assert.deepEqual([one.counted, Number(one.errors.toFixed(6))], [100, 1]);
  assert.ok(one.upper < 0.001);
  // What is counted is too much all the same: people get messages, not senders.
  assert.equal(of(copies).thresholds.quarantine, 9500);
  const many = of(strangers(100, 9000, 'high')).before.wanted;
  assert.deepEqual([many.errors, many.independent], [100, 5100]);
});

test('what breaks a promise of the profile is not proposed; where nothing else would do, that is said', () => {
  const wanted = strangers(3000, 0);
  const from = (least: number) => ({ ...inForce, keepsPromises: (to: Thresholds) => to.quarantine >= least });
  assert.equal(found(calibrate(reviewed(wanted, spam), from(5500), options)).thresholds.quarantine, 6000);
  assert.equal(found(calibrate(reviewed(wanted, spam), from(7500), options)).thresholds.quarantine, 8000);
  const { reason, missing } = refused(calibrate(reviewed(wanted, spam), from(40_000), options));
  assert.deepEqual([reason, missing], ['promises', 0]);
});

const partly: Reviewed = {
  ...reviewed(strangers(10, 0), strangers(5, 9000, 'x')),
  independent: 100_000,
};

test('mail that nobody looked at may be wanted: as much as one that was looked at stands for', () => {
  const upper = (perSeen: number, top: number): number => {
    const calibration = calibrate({ ...partly, unseen: [{ perSeen, top }] }, inForce, { ...options, target: 0.2 });
    return found(calibration).before.wanted.upper;
  };
  // With 97.5%, as there is enough for weights to be tried too.
  const none = -Math.log(0.025);
  assert.ok(Math.abs(upper(1, 9000) - none / 100_000) < 1e-8);
  assert.ok(Math.abs(upper(50, 9000) - (50 * none) / 100_000) < 2e-6);
  // None of it is stopped.
  assert.equal(upper(50, 7900), upper(1, 9000));
});

test('an error that stands for ten is worth one in a tenth of the mail', () => {
  const [high, ...rest] = reviewed(strangers(11, 9000), []).mails;
  assert.ok(high);
  const others = rest.map(mail => ({ ...mail, hits: [] }));
  const mail = { mails: [{ ...high, standsFor: 10 }, ...others], independent: 1000, similarity: 1 };
  const { before } = found(
    calibrate({ ...mail, unseen: [{ perSeen: 10, top: 9000 }] }, inForce, { ...options, target: 0.6 }),
  );
  assert.deepEqual([before.wanted.counted, before.wanted.of], [10, 20]);
  assert.deepEqual([before.wanted.errors, before.wanted.independent], [1, 100]);
});

test('where nobody looked at a sample of what is stopped, the threshold goes above it, or it is refused', () => {
  const unseen = (top: number) => ({ ...partly, unseen: [{ perSeen: Number.POSITIVE_INFINITY, top }] });
  assert.equal(found(calibrate(unseen(9200), inForce, options)).thresholds.quarantine, 9500);
  const { reason, missing } = refused(calibrate(unseen(Number.POSITIVE_INFINITY), inForce, options));
  assert.deepEqual([reason, missing], ['unseen', 0]);
});

test('experience counts as so much more mail, and it says where that decided', () => {
  const experience = (share: number) => () => ({ independent: 1000, share });
  const mail = reviewed(strangers(2500, 0), spam);
  const helped = found(calibrate(mail, inForce, { ...options, experience: experience(0) }));
  assert.equal(helped.isByExperience, true);
  assert.equal(helped.after.wanted.expected, 1000);
  assert.equal(refused(calibrate(mail, inForce, { ...options, experience: experience(0.002) })).missing, 2995 - 2500);
  const enough = found(
    calibrate(reviewed(strangers(2995, 0), spam), inForce, { ...options, experience: experience(0) }),
  );
  assert.equal(enough.isByExperience, false);
});

/** A tenth of the wanted mail speaks of medicines, and scores more by that than spam does by its lures. */
function misledWorld(senders: number): Reviewed {
  const groupsOf = (i: number): readonly [string, number][] =>
    i % 10 === 0 ? [['pharma', 13_000]] : i % 10 === 1 ? [['lure', 5000]] : [];
  const mail = (sender: string, isWanted: boolean, groups: readonly [string, number][]) => ({
    ...{ isWanted, sender, standsFor: 1, independence: 1, floor: 'deliver' as const },
    hits: groups.map(([group, score]) => ({ group, score })),
  });
  const wanted = Array.from({ length: senders }, (_, i) => mail(`w${i}.test`, true, groupsOf(i)));
  const unwanted = Array.from({ length: 600 }, (_, i) => mail(`x${i}.test`, false, [['lure', 6000]]));
  return { mails: [...wanted, ...unwanted], unseen: [], independent: senders, similarity: 1 };
}

test('a group that speaks of wanted mail is weighed down where that stops more, and is shown to spare wanted mail', () => {
  const { weight, thresholds, before, after, confidence } = found(calibrate(misledWorld(9000), inForce, options));
  assert.deepEqual([weight?.group, weight?.from], ['pharma', 1000]);
  assert.ok((weight?.to ?? 1000) <= 500);
  assert.ok(thresholds.quarantine <= 6000 && after.caught === 600 && before.caught === 0);
  assert.ok(after.wanted.counted === 0 && after.wanted.upper <= 0.001);
  assert.equal(confidence, 0.975);
});

test('under another weight nobody knows what mail scores that was not looked at: all of it counts as if it were stopped', () => {
  const seen = { ...misledWorld(9000), independent: 450_000, unseen: [{ perSeen: 50, top: 0 }] };
  const { weight, after } = found(calibrate(seen, inForce, options));
  assert.notEqual(weight, null);
  assert.ok(after.wanted.upper > (50 * -Math.log(0.025)) / 450_000);
});

test('no weight is moved where there is too little mail to show that it is right', () => {
  const calibration = found(calibrate(misledWorld(4000), inForce, options));
  assert.deepEqual([calibration.weight, calibration.confidence], [null, 0.95]);
});

const scores = fc.integer({ min: -4, max: 40 }).map(n => n * 500);
const mailOf = (name: string, most: number) =>
  fc.array(fc.record({ sender: fc.integer({ min: 0, max: most }).map(n => `${name}${n}.test`), score: scores }), {
    maxLength: 120,
  });

test('what is found is within the target, in order, and catches no less for as much', () => {
  fc.assert(
    fc.property(mailOf('w', 90), mailOf('x', 90), fc.integer({ min: 2, max: 30 }), (wanted, unwanted, percent) => {
      const target = percent / 100;
      const calibration = calibrate(reviewed(wanted, unwanted), inForce, { ...options, target });
      if (calibration.status === 'refused') {
        assert.ok(calibration.reason === 'little' && calibration.missing >= 1);
        return;
      }
      const { thresholds, before, after } = calibration;
      assert.ok(after.wanted.upper <= target && after.wanted.counted <= target * after.wanted.of);
      assert.ok(thresholds.tag <= thresholds.quarantine && thresholds.quarantine <= (thresholds.reject ?? Infinity));
      assert.ok(thresholds.reject !== null && thresholds.reject >= (inForce.thresholds.reject ?? 0));
      if (thresholds.quarantine <= inForce.thresholds.quarantine) assert.ok(after.caught >= before.caught);
    }),
    { numRuns: 150 },
  );
});

test('more mail of the same kind never raises a threshold', () => {
  fc.assert(
    fc.property(mailOf('w', 90), fc.integer({ min: 2, max: 4 }), (wanted, times) => {
      const again = Array.from({ length: times }, (_, i) =>
        wanted.map(({ sender, score }) => ({ sender: `${i}.${sender}`, score })),
      ).flat();
      const [once, more] = [wanted, again].map(of =>
        calibrate(reviewed(of, spam), inForce, { ...options, target: 0.1 }),
      );
      if (once?.status !== 'found') return;
      assert.equal(more?.status, 'found');
      assert.ok(more.thresholds.quarantine <= once.thresholds.quarantine);
      assert.ok(more.before.wanted.upper <= once.before.wanted.upper + 1e-9);
    }),
    { numRuns: 60 },
  );
});

/** Wanted mail of senders who differ in their level and in how much they write. */
interface World {
  readonly name: string;
  readonly senders: number;
  readonly between: number;
  readonly within: number;
  readonly sizes: number;
}

const worlds: readonly World[] = [
  { name: 'strangers', senders: 400, between: 0, within: 2, sizes: 0 },
  { name: 'senders who write some more and some less', senders: 400, between: 1.5, within: 1.5, sizes: 1 },
  { name: 'few senders with much mail, each alike', senders: 250, between: 2, within: 0.7, sizes: 1.5 },
];
for (const world of worlds)
  test(`of a hundred calibrations, at most five let more of other wanted mail be stopped than asked for: ${world.name}`, () => {
    const target = 0.02;
    const senders = (random: () => number, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        name: `s${i}.test`,
        level: world.between * normal(random),
        messages: Math.max(1, Math.round(Math.exp(world.sizes * normal(random)))),
      }));
    const mail = (random: () => number, count: number): readonly Scored[] =>
      senders(random, count).flatMap(({ name, level, messages }) =>
        Array.from({ length: messages }, () => ({
          sender: name,
          score: Math.round(1000 * (level + world.within * normal(random))),
        })),
      );
    const others = mail(chance(1), 40_000).map(({ score }) => score);
    let over = 0;
    let answered = 0;
    for (let seed = 2; seed < 102; seed++) {
      const random = chance(seed);
      const unwanted = strangers(100, 0, 'x').map(({ sender }) => ({
        sender,
        score: Math.round(1000 * (8 + 4 * normal(random))),
      }));
      const calibration = calibrate(reviewed(mail(random, world.senders), unwanted), inForce, { ...options, target });
      if (calibration.status === 'refused') continue;
      answered += 1;
      const weight = calibration.weight?.to ?? 1000;
      const stopped = others.filter(score => (score * weight) / 1000 >= calibration.thresholds.quarantine).length;
      if (stopped > target * others.length) over += 1;
    }
    assert.ok(answered > 50, `${answered} answered`);
    assert.ok(over <= 5, `${over} of 100 let more through`);
  });
