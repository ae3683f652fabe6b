// Ways to look at what a call gives. Each notes what it sees as that comes, so that it counts although an error follows.

import type {
  ChatCompletionCreateParamsNonStreaming,
  Colloquy,
  RequestOptions,
  Stream,
} from '../../src/index.ts';
import type { ReceivedRequest } from '../listen.ts';
import type { Recording } from './recording.ts';
import { ANSWERS } from './recordings/answers.ts';
import { ENDINGS } from './recordings/endings.ts';
import { FRAMING } from './recordings/framing.ts';
import { LISTS } from './recordings/lists.ts';
import { REQUESTS, TIMED_REQUEST } from './recordings/requests.ts';
import { RETRIES } from './recordings/retries.ts';
import { RETRIEVALS } from './recordings/retrievals.ts';
import { SERVERS } from './recordings/servers.ts';
import type { Replay } from './replay.ts';

/** What was seen, by its name. */
export type Seen = Record<string, unknown>;

export interface Call {
  readonly completions: Colloquy['chat']['completions'];
  readonly recording: Recording;
  readonly server: Replay;
  readonly params: ChatCompletionCreateParamsNonStreaming;
  readonly options: RequestOptions;
  /** Fires the signal that is among the options. */
  readonly abort: () => void;
}

interface View {
  readonly look: (call: Call, seen: Seen) => Promise<void>;
  readonly recordings: Readonly<Record<string, Recording>>;
}

/** How the headers begin that tell about the machine. */
const TELEMETRY = 'x-stainless-';

/** The views, each with the recordings that are looked at in this way. */
export const VIEWS = {
  iterated: { look: iterate, recordings: { ...FRAMING, ...SERVERS, ...ENDINGS } },
  awaited: { look: awaitAnswer, recordings: { ...ANSWERS, ...RETRIES } },
  listed: { look: iterateList, recordings: LISTS },
  retrieved: { look: retrieve, recordings: RETRIEVALS },
  sent: { look: readRequest, recordings: REQUESTS },
  told: { look: readTelemetry, recordings: TIMED_REQUEST },
} satisfies Record<string, View>;

/** A stream, chunk by chunk. */
async function iterate(call: Call, seen: Seen): Promise<void> {
  const { completions, params, options, server } = call;
  const stream = await completions.create({ ...params, stream: true }, options);
  for await (const chunk of stream) {
    seen[`chunk ${server.taken}`] = chunk;
    server.taken += 1;
    if (isToBeLeft(call, stream)) break;
  }
}

function isToBeLeft({ recording, server, abort }: Call, stream: Stream<unknown>): boolean {
  if (typeof recording.abort !== 'object' || recording.abort.after !== server.taken) return false;
  if (recording.abort.by === 'signal') abort();
  if (recording.abort.by === 'stream.controller') stream.controller.abort();
  return recording.abort.by === 'break';
}

/** A plain answer. */
async function awaitAnswer({ completions, params, options }: Call, seen: Seen): Promise<void> {
  const { data, request_id } = await completions.create(params, options).withResponse();
  seen['answer'] = data;
  seen['request_id'] = request_id;
  // It is not enumerable. Other than the types say, there may be no answer.
  seen['_request_id'] = Object(data)['_request_id'] as unknown;
}

/** A list, item by item. */
async function iterateList({ completions, recording, server }: Call, seen: Seen): Promise<void> {
  const { query = { limit: 1 } } = recording;
  let count = 0;
  for await (const item of completions.list(query)) {
    seen[`item ${count}`] = item;
    count += 1;
  }
  seen['urls'] = server.requests.map(readUrl);
}

/** A completion, by its id. */
async function retrieve({ completions, recording, options, server }: Call, seen: Seen): Promise<void> {
  seen['answer'] = await completions.retrieve(recording.id ?? '', options);
  seen['urls'] = server.requests.map(readUrl);
}

/** What the server gets, but for what it is told about the machine. */
async function readRequest({ completions, params, options, server }: Call, seen: Seen): Promise<void> {
  await completions.create(params, options);
  const [request] = server.requests;
  seen['urls'] = server.requests.map(readUrl);
  seen['body'] = request?.text;
  // Each server has a port of its own, and `user-agent` names the package or the runtime.
  const { host: _host, 'user-agent': _userAgent, ...headers } = request?.headers ?? {};
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(TELEMETRY)) seen[name] = value;
  }
  const isMinted = 'idempotency-key' in headers && options.idempotencyKey === undefined;
  if (isMinted) seen['idempotency-key'] = 'a new one';
}

/** What the server is told about the machine. */
async function readTelemetry({ completions, params, options, server }: Call, seen: Seen): Promise<void> {
  await completions.create(params, options);
  const names = Object.keys(server.requests[0]?.headers ?? {});
  seen['headers'] = names.filter((name) => name.startsWith(TELEMETRY)).sort();
}

/** The address and its query, as servers understand it: a space may be written in two ways. */
function readUrl({ url }: ReceivedRequest): readonly [path: string | undefined, ...query: string[][]] {
  const [path, query] = url.split('?');
  return [path, ...new URLSearchParams(query)];
}
