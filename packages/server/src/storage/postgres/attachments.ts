// Attachments as they lie in the database: see ../attachments.ts. All of it happens in the transaction of the completions,
// after what that locks else, and in one order, so that no two transactions wait for each other.

import type { JsonBytes } from '../../json/members.ts';
import { attachInSteps, listAttachments, type Attachment } from '../attachments.ts';
import { runInTurns } from '../steps.ts';
import { spellText } from './text.ts';
import type { Queries } from './transaction.ts';

/** Takes project, hash, and how many more completions use it. */
export const COUNT_USES = {
  name: 'count_uses',
  text: 'UPDATE attachments SET uses = uses + $3 WHERE project = $1 AND sha256 = $2',
};

/** Takes what `COUNT_USES` takes, and the bytes. */
export const KEEP_ATTACHMENT = {
  name: 'keep_attachment',
  text: `INSERT INTO attachments AS a (project, sha256, uses, bytes) VALUES ($1, $2, $3, $4)
    ON CONFLICT (project, sha256) DO UPDATE SET uses = a.uses + excluded.uses`,
};

/** Takes project and hash. */
export const RELEASE_ATTACHMENT = {
  name: 'release_attachment',
  text: 'UPDATE attachments SET uses = uses - 1 WHERE project = $1 AND sha256 = $2 RETURNING uses',
};

/** Takes project and hash. */
export const REMOVE_ATTACHMENT = {
  name: 'remove_attachment',
  text: 'DELETE FROM attachments WHERE project = $1 AND sha256 = $2',
};

/** Takes project and hash; from which byte on, from 1, and how many. */
export const READ_ATTACHMENT = {
  name: 'read_attachment',
  text: 'SELECT substr(bytes, $3::integer, $4::integer) AS bytes FROM attachments WHERE project = $1 AND sha256 = $2',
};

/** What is read by one statement: bytes come as text of twice their length, and a turn of the event loop reads it. */
const PART_BYTES = 524_288;

/** Takes project and id. */
export const GET_REQUEST = {
  name: 'get_request',
  text: 'SELECT request, request_attachments AS places FROM completions WHERE project = $1 AND id = $2',
};

interface RequestRow {
  readonly request: JsonBytes;
  readonly places: Uint8Array | null;
}

export interface UsedAttachment extends Attachment {
  /** As the table spells it. */
  readonly project: string;
  /** How many completions use it. */
  readonly uses: number;
}

/** Those of several completions, each once, in the order in which all transactions take them. */
export function joinAttachments(
  completions: ReadonlyArray<{ project: string; attachments: readonly Attachment[] }>,
): UsedAttachment[] {
  const joined = new Map<string, UsedAttachment>();
  for (const { project, attachments } of completions) {
    for (const attachment of attachments) {
      const key = `${project} ${attachment.sha256.toString('hex')}`;
      joined.set(key, { ...attachment, project, uses: (joined.get(key)?.uses ?? 0) + 1 });
    }
  }
  return [...joined].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, attachment]) => attachment);
}

/** Nearly always it is there, from the turn before: only else are its bytes sent. */
export async function keepAttachments(
  queries: Queries,
  attachments: readonly UsedAttachment[],
): Promise<void> {
  for (const { project, sha256, uses, bytes } of attachments) {
    const { rowCount } = await queries.query({ ...COUNT_USES, values: [project, sha256, uses] });
    if (rowCount === 0) await queries.query({ ...KEEP_ATTACHMENT, values: [project, sha256, uses, bytes] });
  }
}

/** For a completion that used them and is deleted. What nobody uses any longer goes with it. */
export async function releaseAttachments(
  queries: Queries,
  project: string,
  places: Uint8Array,
): Promise<void> {
  for (const sha256 of listAttachments(places)) {
    const values = [spellText(project), sha256];
    const { rows } = await queries.query<{ uses: number }>({ ...RELEASE_ATTACHMENT, values });
    if (rows[0]?.uses === 0) await queries.query({ ...REMOVE_ATTACHMENT, values });
  }
}

/** See `Storage`. Attachments are fetched part by part, so that what else the event loop has to do comes in between. */
export async function readRequest(
  queries: Queries,
  project: string,
  id: string,
): Promise<JsonBytes | undefined> {
  const values = [spellText(project), spellText(id)];
  const find = async () => (await queries.query<RequestRow>({ ...GET_REQUEST, values })).rows[0];
  const row = await find();
  if (row === undefined || row.places === null) return row?.request;
  const found = new Map<string, Uint8Array>();
  for (const sha256 of listAttachments(row.places)) {
    const bytes = await readAttachment(queries, project, sha256);
    if (bytes === undefined) {
      // It went with its completion, unless something is wrong.
      if ((await find()) === undefined) return undefined;
      throw new Error(`${id} lacks an attachment, as \`colloquy verify\` tells as well`);
    }
    found.set(sha256.toString('hex'), bytes);
  }
  return runInTurns(attachInSteps(row.request, row.places, (sha256) => found.get(sha256.toString('hex'))!));
}

async function readAttachment(
  queries: Queries,
  project: string,
  sha256: Buffer,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  for (let from = 1; ; from += PART_BYTES) {
    const { rows } = await queries.query<{ bytes: Uint8Array }>({
      ...READ_ATTACHMENT,
      values: [spellText(project), sha256, from, PART_BYTES],
    });
    if (rows[0] === undefined) return undefined;
    parts.push(rows[0].bytes);
    if (rows[0].bytes.length < PART_BYTES) return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }
}
