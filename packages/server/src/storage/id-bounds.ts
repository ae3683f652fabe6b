// Between which ids a list lies. Ids sort by time, so that a time is a bound as well as a cursor is.

import { idBound } from '../completion-id.ts';
import type { ListQuery } from './storage.ts';

export interface Bounds {
  readonly above: string;
  readonly below: string;
}

/** No id is empty, and all are ASCII. */
const BEFORE_ALL = '';
export const BEHIND_ALL = '\u{10ffff}';

/** Where the list lies, or what is left of it behind the cursor: one bound on each side. */
export function readBounds({ order, after, createdAfterMs, createdBeforeMs }: ListQuery): Bounds {
  // No id is equal to the bound of a time: it is shorter.
  const above = createdAfterMs === undefined ? BEFORE_ALL : idBound(createdAfterMs);
  const below = createdBeforeMs === undefined ? BEHIND_ALL : idBound(createdBeforeMs);
  return {
    above: order === 'asc' && after !== undefined && after > above ? after : above,
    below: order === 'desc' && after !== undefined && after < below ? after : below,
  };
}
