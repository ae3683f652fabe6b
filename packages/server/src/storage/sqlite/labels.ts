// Who is in a list, and what is not of its completions but of all: without reading a text.

import { queryFilters } from '../filters.ts';
import { readMetadata } from '../spell-metadata.ts';
import type { LabelQuery, CompletionLabels } from '../storage.ts';
import type { Connection } from './connection.ts';
import { composeList, orderFilters } from './lists.ts';

export function listLabels(connection: Connection, project: string, query: LabelQuery): CompletionLabels[] {
  const filters = queryFilters(query);
  const { ordered } = filters.length < 2 ? { ordered: filters } : orderFilters(connection, project, query);
  const { sql, values } = composeList(project, query, ordered, [], 'c.id, c.metadata');
  const rows = connection.prepare(sql).all(...values) as unknown as Array<{ id: string; metadata: string }>;
  return rows.slice(0, query.limit).map(({ id, metadata }) => ({ id, metadata: readMetadata(metadata) }));
}

/** Steps from one to the next, past all completions between them. */
export function listProjects(connection: Connection): string[] {
  const rows = connection
    .prepare(
      `WITH RECURSIVE step (project) AS (
         SELECT min(project) FROM completions
         UNION ALL
         SELECT (SELECT min(project) FROM completions c WHERE c.project > step.project) FROM step
         WHERE step.project IS NOT NULL
       )
       SELECT project FROM step WHERE project IS NOT NULL`,
    )
    .all();
  return rows.map(({ project }) => String(project));
}
