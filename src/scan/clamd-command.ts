// One command to clamd on a connection of its own: for health and versions (clamd(8), "COMMANDS").

import { connect } from 'node:net';
import { TemporaryFailure } from '../model/failure.ts';

export type ClamdAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** Longer answers are not clamd's. */
const maxAnswerBytes = 4096;

/** clamd's answer to `name` without its closing NUL. @throws TemporaryFailure */
export function command(address: ClamdAddress, name: 'PING' | 'VERSION', timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    const fail = (cause: unknown) => {
      socket.destroy();
      reject(new TemporaryFailure('clamd did not answer', { scanner: 'clamd', command: name, cause }));
    };
    // The whole answer has this long: a byte now and then does not prolong it.
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    let answer = '';
    socket.setEncoding('latin1');
    socket.once('connect', () => socket.write(`z${name}\0`));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (answer.includes('\0')) socket.end();
      else if (answer.length > maxAnswerBytes) fail(new Error('the answer has no end'));
    });
    socket.once('error', fail);
    socket.once('close', () => {
      clearTimeout(timer);
      if (answer.includes('\0')) resolve(answer.slice(0, answer.indexOf('\0')));
      else fail(new Error('closed without an answer'));
    });
  });
}
