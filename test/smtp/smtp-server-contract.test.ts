// What we override or call of smtp-server's private parts. An upgrade that renames one, or no longer calls it where we
// count on it, fails here by name.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';

interface Part {
  readonly of: { readonly name: string; readonly prototype: object };
  readonly method: string;
  readonly parameters: number;
  /** What its own source must still do. */
  readonly does?: readonly string[];
}

const parts: readonly Part[] = [
  { of: SMTPConnection, method: 'init', parameters: 0, does: ['this._setListeners('] },
  {
    of: SMTPConnection,
    method: '_setListeners',
    parameters: 1,
    does: ['_onCloseEvent(', '_armTimeout(', '.pipe(this._parser)', 'return callback()'],
  },
  { of: SMTPConnection, method: '_onCloseEvent', parameters: 1, does: ['this._onClose()'] },
  {
    of: SMTPConnection,
    method: '_onClose',
    parameters: 0,
    does: ['this._closed = true'],
  },
  { of: SMTPConnection, method: '_resetSession', parameters: 0, does: ['session.envelope ='] },
  { of: SMTPConnection, method: '_createParser', parameters: 0 },
  { of: SMTPConnection, method: '_armTimeout', parameters: 0 },
  { of: SMTPConnection, method: '_getEnhancedStatusCode', parameters: 2 },
  { of: SMTPConnection, method: 'send', parameters: 3 },
  {
    of: SMTPConnection,
    method: 'close',
    parameters: 0,
    does: ['this._socket.end()', 'this._closing = true', 'HALF_CLOSE_TIMEOUT'],
  },
  {
    of: SMTPConnection,
    method: 'upgrade',
    parameters: 2,
    does: [
      'this._createParser()',
      'this._armTimeout(tlsSocket)',
      'this._upgrading = true',
      'secureCallback()',
      'this._socket.removeAllListeners()',
    ],
  },
  { of: SMTPServer, method: 'connect', parameters: 2, does: ['.init()'] },
  {
    of: SMTPServer,
    method: '_acceptSocket',
    parameters: 2,
    does: ['this._pendingSockets.set(', 'this._expectsProxyHeader(socket)', 'socket.setTimeout('],
  },
  { of: SMTPServer, method: '_expectsProxyHeader', parameters: 1 },
  { of: SMTPServer, method: '_handleProxy', parameters: 2 },
  { of: SMTPServer, method: '_resolveSNI', parameters: 2 },
  { of: SMTPServer, method: '_upgrade', parameters: 2, does: ['this._pendingSockets.set('] },
  { of: SMTPServer, method: '_onError', parameters: 1, does: ["this.emit('error'"] },
  { of: SMTPServer, method: 'close', parameters: 1, does: ['this._pendingSockets.forEach('] },
  { of: SMTPStream, method: '_write', parameters: 3 },
  { of: SMTPStream, method: '_flushData', parameters: 0 },
];

suite('the contract with smtp-server', () => {
  for (const { of, method, parameters, does = [] } of parts) {
    test(`${of.name}.${method}`, () => {
      const found: unknown = Reflect.get(of.prototype, method);
      assert.ok(typeof found === 'function');
      assert.equal(found.length, parameters);
      const source = found.toString();
      for (const text of does) assert.ok(source.includes(text), `no longer does: ${text}`);
    });
  }
});
