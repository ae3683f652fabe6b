// The record of an exchange, from what was asked and what became of it.

import type { ChatCompletion } from '@colloquy/client/contract';

import { readMintedAtMs } from '../completion-id.ts';
import { changeMembers, readMembers, type JsonBytes } from '../json/members.ts';
import type { Progress } from '../storage/journal.ts';
import type { CompletionRecord, CompletionStatus, TokenUsage } from '../storage/storage.ts';
import type { CreateRequest } from './plan.ts';
import { REPEATED_PARAMETER_NAMES } from './repeated-parameters.ts';
import { spellFinishReasons } from './spell-finish-reasons.ts';

/** What a record says before there is an answer. */
export type Asked = Pick<
  CompletionRecord,
  'project' | 'id' | 'requestedModel' | 'requestId' | 'metadata' | 'request'
>;

export interface Outcome {
  readonly status: CompletionStatus;
  readonly progress: Progress;
  /** As the caller saw it. */
  readonly response: JsonBytes;
  /** As the upstream sent it. */
  readonly completion: ChatCompletion | undefined;
}

export function describeAsked({ project, requestId, json, owned }: CreateRequest, id: string): Asked {
  const { model: requestedModel, metadata } = owned;
  return { project, id, requestedModel, requestId, metadata: metadata ?? {}, request: json };
}

/** What a stream was merged to, as the caller saw it: also if it broke off, with the error. */
export function composeStreamed(
  { id, requestedModel }: Asked,
  completion: ChatCompletion & { error?: unknown },
): JsonBytes {
  // A stream that broke at once has said nothing of itself.
  const created = completion.created || Math.floor(readMintedAtMs(id) / 1000);
  const model = readText(completion.model) ?? requestedModel;
  return Buffer.from(JSON.stringify({ ...completion, id, created, model }));
}

export function composeRecord(
  asked: Asked,
  { status, progress, response, completion }: Outcome,
): CompletionRecord {
  return {
    ...asked,
    ...progress,
    status,
    model: readText(completion?.model) ?? asked.requestedModel,
    upstreamId: readText(completion?.id) ?? null,
    parameters: changeMembers(
      Buffer.from('{}'),
      Object.fromEntries(readMembers(asked.request, REPEATED_PARAMETER_NAMES)),
    ),
    response:
      status === 'completed' && completion !== undefined
        ? spellFinishReasons(response, completion)
        : response,
    usage: readUsage(completion),
  };
}

function readUsage(completion: ChatCompletion | undefined): TokenUsage {
  const usage = completion?.usage;
  return {
    promptTokens: toCount(usage?.prompt_tokens),
    completionTokens: toCount(usage?.completion_tokens),
    cachedTokens: toCount(usage?.prompt_tokens_details?.cached_tokens),
    reasoningTokens: toCount(usage?.completion_tokens_details?.reasoning_tokens),
  };
}

/** Upstreams are free to send anything here; what is no text names nothing. */
function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Upstreams leave counts out, or send them as null. */
function toCount(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}
