// What people said of stored mail, by the folders that it lies in: `.../ham/SOURCE/...`, `.../spam/SOURCE/...`.

/** Those that are wanted first. A bounce tells of mail that could not be delivered. */
export const labels = ['ham', 'bounce', 'spam', 'phish'] as const;
export type Label = (typeof labels)[number];

export interface Labelled {
  readonly label: Label;
  /** Where it was collected: the folder below the label's; empty where there is none. */
  readonly source: string;
}

export const isWanted = (label: Label): boolean => label === 'ham' || label === 'bounce';

/** By the last folder of `path` that is called as a label; null where none is. */
export function labelOf(path: string): Labelled | null {
  const folders = path.split('/').slice(0, -1);
  const at = Math.max(...labels.map(label => folders.lastIndexOf(label)));
  const label = labels.find(known => known === folders[at]);
  return label === undefined ? null : { label, source: folders[at + 1] ?? '' };
}
