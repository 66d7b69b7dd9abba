import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { addressOf, networkOf, sourceOf, within } from '../../src/model/networks.ts';

suite('addresses in one form (RFC 5952), and the source that they count as', () => {
  const cases = [
    { given: '192.0.2.1', gives: '192.0.2.1', source: '192.0.2.1' },
    { given: '::ffff:192.0.2.1', gives: '192.0.2.1', source: '192.0.2.1' },
    { given: '::FFFF:c000:201', gives: '192.0.2.1', source: '192.0.2.1' },
    { given: '2001:DB8:0:0:0:0:0:1', gives: '2001:db8::1', source: '2001:db8:0:0::/64' },
    { given: '2001:db8::1:0:0:1', gives: '2001:db8::1:0:0:1', source: '2001:db8:0:0::/64' },
    { given: '2001:db8:1:2:3:4:5:6', gives: '2001:db8:1:2:3:4:5:6', source: '2001:db8:1:2::/64' },
    { given: 'fe80::1%eth0', gives: 'fe80::1', source: 'fe80:0:0:0::/64' },
    { given: '::1', gives: '::1', source: '0:0:0:0::/64' },
  ];
  for (const { given, gives, source } of cases) {
    test(given, () => {
      assert.equal(addressOf(given), gives);
      assert.equal(sourceOf(gives), source);
    });
  }
  for (const given of ['', 'nonsense', '192.0.2', '192.0.2.1 ', '[::1]', 'IPv6:::1'])
    test(`no address: ${JSON.stringify(given)}`, () => assert.equal(addressOf(given), null));
});

test('networks hold addresses and blocks', () => {
  const isIn = within(['192.0.2.0/24', '198.51.100.7', '2001:db8::/32']);
  assert.deepEqual(['192.0.2.255', '198.51.100.7', '2001:db8:1::1'].map(isIn), [true, true, true]);
  const others = ['192.0.3.0', '198.51.100.8', '2001:db9::1', '0.0.0.0', '', 'example.com'];
  assert.deepEqual(others.map(isIn), [false, false, false, false, false, false]);
  assert.equal(within([])('127.0.0.1'), false);
});

for (const network of [
  '',
  'example.com',
  '192.0.2.0/33',
  '192.0.2.0/',
  '2001:db8::/129',
  'fe80::1%eth0',
  '192.0.2.0/-1',
  '192.0.2/24',
]) {
  test(`not a network: ${JSON.stringify(network)}`, () => {
    assert.equal(networkOf(network), null);
    assert.throws(() => within([network]), { name: 'ConfigError' });
  });
}
