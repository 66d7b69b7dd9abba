// Eval functions that look at the pages of a message. Each page is asked by itself.

import type { Page } from '../html.ts';
import { type MeasureName, measureNames } from '../html-measures.ts';
import { compares, isAbove } from './compare.ts';
import { type Examined, field, type Holds, type Shows } from './examined.ts';

type OfPage = (page: Page, args: readonly string[], of: Examined) => boolean;

const functions: Readonly<Record<string, OfPage>> = {
  html_tag_exists: ({ open }, [tag = '']) => open.has(tag),
  html_tag_balance: ({ open }, [tag = '', comparison = '']) => compares(open.get(tag), comparison),
  html_test: (page, [name = '']) => (measure(page, name) ?? 0) !== 0,
  html_eval: (page, [name = '', comparison = '']) => compares(measure(page, name), comparison),
  html_range: (page, [name = '', least, most]) => isAbove(measure(page, name), least, most),
  html_image_only: (page, [least, most]) => page.open.has('img') && isAbove(measure(page, 'length'), least, most),
  html_image_ratio: (page, [least, most]) => {
    const area = measure(page, 'image_area') ?? 0;
    return area > 0 && isAbove((measure(page, 'non_space_len') ?? 0) / area, least, most);
  },
  html_title_subject_ratio: ({ titles }, [ratio = ''], of) => {
    const { length } = field(of, 'subject');
    const longest = titles.reduce((most, title) => Math.max(most, title.length), 0);
    return length > 0 && longest / length > Number(ratio);
  },
  check_uri_truncated: page => measure(page, 'uri_truncated') !== undefined,
  // Every language is wanted here, as `ok_locales all` says, which is the default.
  html_charset_faraway: () => false,
};

export const htmlEvals: Readonly<Record<string, Holds>> = Object.fromEntries(
  Object.entries(functions).map(([name, holds]) => [
    name,
    (of: Examined, args: readonly string[]) => of.body().pages.some(page => holds(page, args, of)),
  ]),
);

const measure = ({ measures }: Page, name: string): number | undefined => measures.get(name as MeasureName);

/** What the functions are asked for that take the name of a measure. */
export const measured: readonly string[] = measureNames;

/** What `html_text_match` seeks in. */
export const pageTexts: Readonly<Record<string, (page: Page) => readonly string[]>> = {
  title: ({ titles }) => titles,
  comment: ({ comments }) => comments,
  anchor: ({ anchors }) => anchors,
};

/** Characters, not bytes: those beyond Latin-1 look alike to a pattern. */
export const shownTexts: Shows = (of, [name = '']) =>
  of
    .body()
    .pages.flatMap(page => pageTexts[name]?.(page) ?? [])
    .map(text => text.replace(/[^\0-\xff]/gu, '\x80'));
