import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cacheFolder } from '../../src/config/cache-folder.ts';

test('the cache stands where XDG says, and where it says nothing that can be used, below the home', () => {
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/srv/cache' }), '/srv/cache/postern');
  for (const environment of [{}, { XDG_CACHE_HOME: '' }, { XDG_CACHE_HOME: 'relative' }])
    assert.equal(cacheFolder(environment), join(homedir(), '.cache/postern'));
});
