// What stands in the notes on a completion: 0 is what is known of it, as JSON; 1 the request; from 2 on, the upstream's bytes.

import type { JsonBytes } from '../json/members.ts';
import type { NotedCompletion } from '../storage/journal.ts';
import type { Asked } from './compose-record.ts';

/** What is neither in each note nor the request itself. */
type Known = Pick<Asked, 'requestedModel' | 'requestId' | 'metadata'>;

/** The notes before the parts. */
export function writeAsked({ requestedModel, requestId, metadata, request }: Asked): JsonBytes[] {
  const known: Known = { requestedModel, requestId, metadata };
  return [Buffer.from(JSON.stringify(known)), request];
}

export interface ReadNotes {
  readonly asked: Asked;
  /** What came of the answer, if it was a stream. */
  readonly parts: readonly JsonBytes[];
}

/** Throws if they are not what was written. */
export function readNotes({ project, id, notes }: NotedCompletion): ReadNotes {
  const [known, request, ...parts] = notes;
  if (known === undefined || request === undefined) throw new Error(`the notes on ${id} are not whole`);
  // Nobody else writes them.
  const rest = JSON.parse(Buffer.from(known).toString()) as Known;
  return { asked: { project, id, ...rest, request }, parts };
}
