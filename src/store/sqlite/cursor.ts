// Cursors: where a page ended, opaque to clients. What does not decode is a bad request, never part of a query's text.

import { BadInput } from '../../model/failure.ts';
import { type Id, isId } from '../../model/ids.ts';

/** The sort key of the last item of a page: pages are newest first, by time, then by id. */
export interface Position {
  readonly at: number;
  readonly id: Id;
}

export const cursorFor = (position: Position): string =>
  Buffer.from(`${position.at}.${position.id}`).toString('base64url');

/** @throws BadInput when it is none of ours. */
export function positionOf(cursor: string): Position {
  const [at = '', id = ''] = Buffer.from(cursor, 'base64url').toString('latin1').split('.');
  if (!/^\d{1,16}$/.test(at) || !isId(id)) throw new BadInput('not a cursor of this list', { cursor });
  return { at: Number(at), id };
}
