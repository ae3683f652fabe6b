// A kept record as the API shows it: the completion as the caller saw it, and the stored-only members. Put together from
// JSON texts, not from values, so that what was sent comes back exactly.

import { ApiError } from '../api-error.ts';
import { readMintedAtMs } from '../completion-id.ts';
import { REPEATED_PARAMETERS, REPEATED_PARAMETER_NAMES } from '../gateway/repeated-parameters.ts';
import { changeMembers, readMembers, type JsonBytes } from '../json/members.ts';
import type { StoredCompletion } from '../storage/storage.ts';

export function renderStoredCompletion(completion: StoredCompletion): JsonBytes {
  const given = readMembers(completion.parameters, REPEATED_PARAMETER_NAMES);
  const members: Record<string, JsonBytes | string | undefined> = {
    request_id: JSON.stringify(completion.requestId),
  };
  for (const [name, fallback] of Object.entries(REPEATED_PARAMETERS)) {
    const value = given.get(name);
    members[name === 'user' ? 'input_user' : name] = value === undefined || isNull(value) ? fallback : value;
  }
  members['metadata'] = JSON.stringify(completion.metadata);
  members['status'] = completion.status === 'completed' ? undefined : JSON.stringify(completion.status);
  return changeMembers(
    completion.status === 'failed' ? renderFailure(completion) : completion.response,
    members,
  );
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
