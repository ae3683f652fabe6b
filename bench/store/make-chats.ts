// Records of 4 KB that look like chats, the same ones in every run.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { idBound } from '../../packages/server/src/completion-id.ts';
import type { CompletionRecord } from '../../packages/server/src/storage/storage.ts';

/** Of the JSON texts of request and response together. */
const RECORD_BYTES = 4096;
/** How far apart the records were made. */
const STEP_MS = 1000;
/** The text of a response of this shape, without what the model said. */
const RESPONSE_BYTES = 640;

const SYSTEM_PROMPT =
  'You are a helpful assistant. Answer shortly, and say so when you do not know. Do not invent sources.';

export interface MadeRecord extends CompletionRecord {
  readonly metadata: { readonly user: string; readonly topic: string; readonly env: string };
}

/** What of a record leads to it, and what it is labelled with. */
export type Sample = Pick<MadeRecord, 'project' | 'id' | 'metadata'>;

/**
 * Makes records one after another, a second apart, the last of `count` now. What they say are sentences from the
 * Markdown files of this checkout: real words, but sentences that do not follow from one another.
 */
export class ChatMaker {
  readonly #sentences = readSentences();
  readonly #random = makeRandom(7);
  readonly #users: number;
  #nextMs: number;

  constructor(count: number) {
    this.#nextMs = Date.now() - count * STEP_MS;
    this.#users = Math.max(10, Math.floor(count / 100));
  }

  /** A number of 0 to 1, the same ones in every run. */
  random(): number {
    return this.#random();
  }

  /** A few words that stand next to each other somewhere. */
  words(count: number): string[] {
    for (;;) {
      const words = this.#sentence().match(/[a-z]{2,}/gi) ?? [];
      const start = Math.floor(this.#random() * (words.length - count + 1));
      if (words.length >= count) return words.slice(start, start + count);
    }
  }

  /**
   * - `user`: about a hundred records each, so that it narrows well
   * - `topic`: twenty, the first in half of the records
   * - `env`: `prod` in 19 of 20
   */
  make(): MadeRecord {
    this.#nextMs += STEP_MS;
    // Not minted: those that one process mints never run backwards, from the store before this one.
    const id = idBound(this.#nextMs) + this.#hex(20);
    const model = this.#pick([0.7, 'small'], [0.29, 'large'], [0.01, 'rare']);
    const request = this.#makeRequest(model);
    const response = this.#makeResponse(id, model, RECORD_BYTES - RESPONSE_BYTES - request.length);
    return {
      project: 'home',
      id,
      status: this.#pick([0.97, 'completed'], [0.02, 'interrupted'], [0.01, 'failed']),
      requestedModel: model,
      model: `${model}-2026-01-01`,
      upstream: 'local',
      upstreamId: `chatcmpl-${this.#hex(29)}`,
      requestId: `req_${this.#hex(32)}`,
      parameters: Buffer.from('{"temperature":0.7}'),
      request: Buffer.from(request),
      response: Buffer.from(response),
      metadata: {
        user: `user-${Math.floor(this.#random() * this.#users)}`,
        topic: this.#random() < 0.5 ? 'topic-0' : `topic-${1 + Math.floor(this.#random() * 19)}`,
        env: this.#random() < 0.95 ? 'prod' : 'test',
      },
      usage: { promptTokens: 300, completionTokens: 500, cachedTokens: 0, reasoningTokens: 0 },
      firstByteMs: 300,
      totalMs: 4000,
    };
  }

  #makeRequest(model: string): string {
    const messages = [
      { role: 'system', content: SYSTEM_PROMPT },
      { role: 'user', content: this.#text(500) },
    ];
    if (this.#random() < 0.5) {
      messages.push({ role: 'assistant', content: this.#text(700) });
      messages.push({ role: 'user', content: this.#text(200) });
    }
    return JSON.stringify({ model, messages, temperature: 0.7, store: true });
  }

  #makeResponse(id: string, model: string, length: number): string {
    return JSON.stringify({
      id,
      object: 'chat.completion',
      created: Math.floor(this.#nextMs / 1000),
      model: `${model}-2026-01-01`,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: this.#text(length), refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: Math.floor(this.#random() * 1000),
        completion_tokens: Math.floor(this.#random() * 1000),
        total_tokens: 1000,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 0,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      service_tier: 'default',
      system_fingerprint: `fp_${this.#hex(10)}`,
    });
  }

  #text(length: number): string {
    let text = '';
    while (text.length < length) text += `${this.#sentence()} `;
    return text.slice(0, length);
  }

  #sentence(): string {
    return this.#sentences[Math.floor(this.#random() * this.#sentences.length)] ?? '';
  }

  #pick<T>(...choices: Array<readonly [share: number, value: T]>): T {
    let rest = this.#random();
    for (const [share, value] of choices) {
      rest -= share;
      if (rest < 0) return value;
    }
    return choices[0]![1];
  }

  #hex(length: number): string {
    return Array.from({ length }, () => Math.floor(this.#random() * 16).toString(16)).join('');
  }
}

function readSentences(): string[] {
  const root = join(import.meta.dirname, '../..');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  const sentences = files.sort().flatMap((name) =>
    readFileSync(join(root, name), 'utf8')
      .split(/\n\s*\n|(?<=[.!?:])\s+/)
      .map((sentence) => sentence.trim())
      .filter(({ length }) => length > 30 && length < 400),
  );
  return [...new Set(sentences)];
}

/** Mulberry32. @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
