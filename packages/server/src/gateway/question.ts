// What a request asks, as one short text: requests that ask the same may have the same answer.

import { hash } from 'node:crypto';

import type { JsonBytes } from '../json/members.ts';

/** They say how the answer is delivered and what becomes of it, not what it is. */
const NOT_ASKED: ReadonlySet<string> = new Set(['stream', 'stream_options', 'store', 'metadata']);

/**
 * The SHA-256 of a request's body, in base64url, whatever the order of its members and the space between them. Numbers
 * count as they are written: those above 2^53 would be taken for their neighbours otherwise.
 */
export function digestQuestion(json: JsonBytes): string {
  const body = JSON.parse(Buffer.from(json).toString(), spell as Reviver) as Record<string, unknown>;
  const asked = Object.fromEntries(Object.entries(body).filter(([name]) => !NOT_ASKED.has(name)));
  return hash('sha256', JSON.stringify(asked, sortMembers), 'base64url');
}

type Reviver = (name: string, value: unknown) => unknown;

/** Numbers as they were written, and texts so that none of them is taken for a number. */
function spell(_name: string, value: unknown, { source }: { readonly source: string }): unknown {
  if (typeof value === 'number') return source;
  return typeof value === 'string' ? `"${value}` : value;
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
