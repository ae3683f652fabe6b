// A kept record as the API shows it: the completion as the caller saw it, and the stored-only members. Put together from
// JSON texts, not from values, so that what was sent comes back exactly.

import { ApiError } from '../api-error.ts';
import { readMintedAtMs } from '../completion-id.ts';
import { changeMembers, readMembers, type JsonBytes } from '../json/members.ts';
import type { ListPage, StoredCompletion } from '../storage/storage.ts';

/** The request's parameters that a stored completion repeats, and what it shows where the request did not say. */
const PARAMETERS: Readonly<Record<string, string>> = {
  tool_choice: 'null',
  tools: 'null',
  response_format: 'null',
  seed: 'null',
  top_p: '1',
  temperature: '1',
  presence_penalty: '0',
  frequency_penalty: '0',
  user: 'null',
};

export function renderStoredCompletion(completion: StoredCompletion): JsonBytes {
  const given = readMembers(completion.parameters, new Set(Object.keys(PARAMETERS)));
  const members: Record<string, JsonBytes | string> = { request_id: JSON.stringify(completion.requestId) };
  for (const [name, fallback] of Object.entries(PARAMETERS)) {
    const value = given.get(name);
    members[name === 'user' ? 'input_user' : name] = value === undefined || isNull(value) ? fallback : value;
  }
  members['metadata'] = JSON.stringify(completion.metadata);
  if (completion.status !== 'completed') members['status'] = JSON.stringify(completion.status);
  return changeMembers(
    completion.status === 'failed' ? renderFailure(completion) : completion.response,
    members,
  );
}

export function renderPage({ completions, hasMore }: ListPage): JsonBytes {
  const data = completions.flatMap((completion, index) => [
    Buffer.from(index === 0 ? '' : ','),
    renderStoredCompletion(completion),
  ]);
  const end = {
    first_id: completions.at(0)?.id ?? null,
    last_id: completions.at(-1)?.id ?? null,
    has_more: hasMore,
  };
  return Buffer.concat([
    Buffer.from('{"object":"list","data":['),
    ...data,
    Buffer.from(`],${JSON.stringify(end).slice(1)}`),
  ]);
}

/** One answer for ids that are unknown, deleted, or another project's: nobody learns which. */
export function completionNotFound(id: string, param?: string): ApiError {
  return new ApiError(
    'completion_not_found',
    `No chat completion with the id '${id}'; only those created with 'store' set to true are kept.`,
    param === undefined ? {} : { param },
  );
}

/** What was answered was an error: it stands where the choices would be. */
function renderFailure({ id, model, response }: StoredCompletion): JsonBytes {
  const created = Math.floor(readMintedAtMs(id) / 1000);
  const error = readMembers(response, new Set(['error'])).get('error') ?? 'null';
  const shell = { id, object: 'chat.completion', created, model, choices: [] };
  return changeMembers(Buffer.from(JSON.stringify(shell)), { error });
}

function isNull(value: JsonBytes): boolean {
  return value.length === 4 && Buffer.from(value).toString() === 'null';
}
