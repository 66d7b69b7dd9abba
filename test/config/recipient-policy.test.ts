import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { namedProfiles, recipientPolicies } from '../../src/config/recipient-policy.ts';
import { namedNextHops } from '../../src/config/routes.ts';

const config = parseConfig(
  `
hostname: gate.example
mode: enforce
profile: default
next_hop: smtp://127.0.0.1:2526
domains:
  clinic.example: { profile: healthcare, mode: observe }
  bank.example: { profile: finance, next_hop: "smtp://127.0.0.1:2527" }
  bücher.example: { profile: finance }
recipient_profiles: { "Chief@clinic.example": finance, "jörg@bücher.example": healthcare }
`,
  'postern.yaml',
  {},
);

const cases = [
  { path: 'ann@clinic.example', profile: 'healthcare', mode: 'observe', nextHop: 'smtp://127.0.0.1:2526' },
  { path: 'ann@CLINIC.example', profile: 'healthcare', mode: 'observe', nextHop: 'smtp://127.0.0.1:2526' },
  { path: 'chief@clinic.example', profile: 'finance', mode: 'observe', nextHop: 'smtp://127.0.0.1:2526' },
  // A sender who writes it with quotes does not choose another profile by that.
  { path: '"chief"@clinic.example', profile: 'finance', mode: 'observe', nextHop: 'smtp://127.0.0.1:2526' },
  { path: 'ann@bank.example', profile: 'finance', mode: 'enforce', nextHop: 'smtp://127.0.0.1:2527' },
  { path: 'ann@other.example', profile: 'default', mode: 'enforce', nextHop: 'smtp://127.0.0.1:2526' },
  { path: 'ann@bücher.example', profile: 'finance', mode: 'enforce', nextHop: 'smtp://127.0.0.1:2526' },
  { path: 'ann@xn--bcher-kva.example', profile: 'finance', mode: 'enforce', nextHop: 'smtp://127.0.0.1:2526' },
  { path: 'jörg@BÜCHER.example', profile: 'healthcare', mode: 'enforce', nextHop: 'smtp://127.0.0.1:2526' },
  { path: 'postmaster', profile: 'default', mode: 'enforce', nextHop: 'smtp://127.0.0.1:2526' },
  { path: 'ann@__proto__', profile: 'default', mode: 'enforce', nextHop: 'smtp://127.0.0.1:2526' },
];
for (const { path, ...policy } of cases) {
  test(`<${path}> has the profile ${policy.profile}, ${policy.mode}`, () =>
    assert.deepEqual(recipientPolicies(config)(path), policy));
}

test('what is named can be listed', () => {
  assert.deepEqual(
    new Set(namedProfiles(config).map(({ profile }) => profile)),
    new Set(['default', 'healthcare', 'finance']),
  );
  assert.deepEqual(namedNextHops(config), ['smtp://127.0.0.1:2526', 'smtp://127.0.0.1:2527']);
});
