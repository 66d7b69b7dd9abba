// The quarantine as its REST API shows it.

import type { Gateway } from '../support/gateway.ts';

export interface HeldEntry {
  readonly id: string;
  readonly reverse_path: string;
  readonly recipients: readonly { readonly path: string; readonly state: string }[];
  readonly state: string;
  readonly subject: string;
}

interface EntryPage {
  readonly items: readonly HeldEntry[];
  readonly cursor: string | null;
}

/** All entries that are shown. `query` filters, as in `recipient=a%40b.test`. */
export async function* heldEntries(gateway: Gateway, query = ''): AsyncGenerator<HeldEntry> {
  let cursor: string | null = null;
  do {
    const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: EntryPage = await getJson(gateway, `/v1/quarantine?limit=200${from}${query && `&${query}`}`);
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== null);
}

/** The bytes of an entry, as they were received. */
export async function heldContent(gateway: Gateway, id: string): Promise<Buffer> {
  const response = await gateway.request(`/v1/quarantine/${id}/raw`);
  if (!response.ok) throw new Error(`raw of ${id}: ${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Null when there is no such entry. */
export async function heldEntry(gateway: Gateway, id: string): Promise<HeldEntry | null> {
  return (await gateway.request(`/v1/quarantine/${id}`)).status === 404
    ? null
    : getJson(gateway, `/v1/quarantine/${id}`);
}

export async function getJson<T>(gateway: Gateway, path: string): Promise<T> {
  const response = await gateway.request(path);
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
