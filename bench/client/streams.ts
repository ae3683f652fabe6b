// The streams that every client gets: the same bytes, as OpenAI would send them, cut in several ways.

/** A stream is these three; its bytes follow from them. */
export interface StreamPlan {
  readonly shape: Shape;
  readonly content: Content;
  /** How many deltas have text. */
  readonly count: number;
}

export type Content = 'prose' | 'json';

interface ShapeRule {
  /** Over a socket, or handed out by a `fetch` of our own: only that one decides what a read brings. */
  readonly from: 'socket' | 'memory';
  readonly cut: (events: Buffer[]) => Buffer[];
  /** Between two packets. */
  readonly pauseMs?: number;
}

export const SHAPES = {
  'socket, packets of 16 KiB': { from: 'socket', cut: (events) => cutEvery(events, () => 16 * 1024) },
  'socket, an event each ms': { from: 'socket', cut: (events) => events, pauseMs: 1 },
  'memory, odd cuts': { from: 'memory', cut: (events) => cutEvery(events, oddLengths(3000)) },
  'memory, one event per read': { from: 'memory', cut: (events) => events },
} satisfies Record<string, ShapeRule>;

export type Shape = keyof typeof SHAPES;

export const SHAPE_NAMES = Object.keys(SHAPES) as Shape[];

export function findShape(shape: Shape): ShapeRule {
  return SHAPES[shape];
}

/** Where the server has it; `toPlan` is the way back. */
export function toPath({ shape, content, count }: StreamPlan): string {
  return ['stream', encodeURIComponent(shape), content, count].join('/');
}

/** `undefined` for a path that is no stream's. */
export function toPlan(path: string): StreamPlan | undefined {
  const [, kind, shape = '', content, count] = path.split('/');
  if (kind !== 'stream') return undefined;
  return { shape: decodeURIComponent(shape) as Shape, content: content as Content, count: Number(count) };
}

/** The stream's bytes, cut as its shape says. */
export function toPackets({ shape, content, count }: StreamPlan): Buffer[] {
  return findShape(shape).cut(toEvents(toDeltas(content, count)));
}

/** The text of each delta. */
export function toDeltas(content: Content, count: number): string[] {
  return content === 'json' ? toJsonDeltas(count) : toProseDeltas(count);
}

/** As long as tokens; some are more than ASCII, so that cuts go through characters. */
const TOKENS = [
  'The',
  ' sea',
  ' is',
  ' calm',
  ' to',
  '-night',
  '.',
  ' Größe',
  ' “so”',
  ' 海',
  ' 🌊',
  '\n\n',
  ' naïve',
];

function toProseDeltas(count: number): string[] {
  return Array.from({ length: count }, (_, index) => TOKENS[(index * 5) % TOKENS.length] ?? '');
}

/** `{"items":[{"id":0,"title":"A line of"},…]}`, cut as a tokenizer might. */
function toJsonDeltas(count: number): string[] {
  const item = (id: number) => [
    '{"',
    'id',
    '":',
    `${id}`,
    ',"',
    'title',
    '":"',
    'A',
    ' line',
    ' of',
    '"}',
    ',',
  ];
  const start = ['{"', 'items', '":['];
  const last = ['null', ']}'];
  const deltas = [...start];
  for (let id = 0; deltas.length + item(id).length + last.length <= count; id += 1) deltas.push(...item(id));
  const padding = Array.from({ length: count - deltas.length - last.length }, () => ' ');
  return [...deltas, ...padding, ...last];
}

/** The opening, the deltas, the reason for the end, the usage, `[DONE]`. */
function toEvents(deltas: readonly string[]): Buffer[] {
  const chunks = [
    toChunk({ role: 'assistant', content: '', refusal: null }),
    ...deltas.map((content) => toChunk({ content })),
    toChunk({}, 'stop'),
    {
      ...toChunk({}),
      choices: [],
      usage: { prompt_tokens: 12, completion_tokens: deltas.length, total_tokens: 12 + deltas.length },
    },
  ];
  const data = [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'];
  return data.map((text) => Buffer.from(`data: ${text}\n\n`));
}

function toChunk(delta: object, finishReason: string | null = null): object {
  return {
    id: 'chatcmpl-BRnQyF8cZ3V0oXq1mJ7tLs2aKwDgE',
    object: 'chat.completion.chunk',
    created: 1764000000,
    model: 'gpt-4.1-mini-2025-04-14',
    service_tier: 'default',
    system_fingerprint: 'fp_38647f5e19',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    usage: null,
    obfuscation: 'x7Gk2',
  };
}

function cutEvery(events: Buffer[], nextLength: () => number): Buffer[] {
  const bytes = Buffer.concat(events);
  const packets: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + nextLength();
    packets.push(bytes.subarray(start, end));
    start = end;
  }
  return packets;
}

/** Lengths from 1 to `max` that look random and are the same in each run. */
function oddLengths(max: number): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return 1 + (state % max);
  };
}
