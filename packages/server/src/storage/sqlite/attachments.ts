// Attachments as they lie in the file: see ../attachments.ts. All of it happens in the transaction of the completion.

import type { JsonBytes } from '../../json/members.ts';
import { attach, listAttachments, type Attachment } from '../attachments.ts';
import type { Connection } from './connection.ts';
import { decodeRequest, type EncodedTexts } from './text-codec.ts';

/** To be called once for each completion that uses them. */
export function keepAttachments(
  connection: Connection,
  project: string,
  attachments: readonly Attachment[],
): void {
  for (const { sha256, bytes } of attachments) {
    const row = connection
      .prepare(
        `INSERT INTO attachments (project, sha256, uses) VALUES (?, ?, 1)
         ON CONFLICT DO UPDATE SET uses = uses + 1 RETURNING number, uses`,
      )
      .get(project, sha256);
    if (row?.['uses'] !== 1) continue;
    connection
      .prepare('INSERT INTO attachment_bytes (number, bytes) VALUES (?, ?)')
      .run(row['number']!, bytes);
  }
}

/** To be called once for each completion that used them and is deleted. What nobody uses any longer goes with it. */
export function releaseAttachments(connection: Connection, project: string, places: Uint8Array): void {
  for (const sha256 of listAttachments(places)) {
    const row = connection
      .prepare(
        'UPDATE attachments SET uses = uses - 1 WHERE project = ? AND sha256 = ? RETURNING number, uses',
      )
      .get(project, sha256);
    if (row?.['uses'] !== 0) continue;
    connection.prepare('DELETE FROM attachment_bytes WHERE number = ?').run(row['number']!);
    connection.prepare('DELETE FROM attachments WHERE number = ?').run(row['number']!);
  }
}

export function findAttachment(
  connection: Connection,
  project: string,
  sha256: Uint8Array,
): Uint8Array | undefined {
  const row = connection
    .prepare(
      `SELECT b.bytes FROM attachments a JOIN attachment_bytes b ON b.number = a.number
       WHERE a.project = ? AND a.sha256 = ?`,
    )
    .get(project, sha256);
  return row && (row['bytes'] as Uint8Array);
}

/** A request as it was sent. To be called in the transaction that read the row. */
export function readRequest(connection: Connection, row: RequestRow): JsonBytes {
  const { project, id, places } = row;
  const rest = decodeRequest(row);
  if (places === null) return rest;
  return attach(rest, places, (sha256) => {
    const bytes = findAttachment(connection, project, sha256);
    if (bytes !== undefined) return bytes;
    throw new Error(`${id} lacks an attachment, as \`colloquy verify\` tells as well`);
  });
}

export interface RequestRow extends EncodedTexts {
  readonly project: string;
  readonly id: string;
  readonly places: Uint8Array | null;
}
