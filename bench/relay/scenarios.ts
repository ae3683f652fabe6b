// What is asked of every gateway in turn.

/** How many chunks the streams of the upstream have, without the last one. */
export const CHUNKS = { fast: 200, paced: 100 };

/** How the upstream answers: at once and whole, chunk upon chunk, a chunk every 20 ms, or when it is told to. */
export type Model = 'plain' | keyof typeof CHUNKS | 'idle';

export interface Scenario {
  readonly name: ScenarioName;
  readonly model: Exclude<Model, 'idle'>;
  readonly promptBytes: number;
  /** Connections; on each, a request follows the answer to the one before. */
  readonly callers: number;
  /** In each round, by a gateway as fast as L. */
  readonly requests: number;
}

export type ScenarioName =
  | 'plain, 1 caller'
  | 'plain, 32 callers'
  | 'plain, 256 callers'
  | 'a 100 KB prompt'
  | '200 chunks, fast'
  | '100 chunks, paced';

export const SCENARIOS: readonly Scenario[] = [
  { name: 'plain, 1 caller', model: 'plain', promptBytes: 1000, callers: 1, requests: 4000 },
  { name: 'plain, 32 callers', model: 'plain', promptBytes: 1000, callers: 32, requests: 10_000 },
  { name: 'plain, 256 callers', model: 'plain', promptBytes: 1000, callers: 256, requests: 10_000 },
  { name: 'a 100 KB prompt', model: 'plain', promptBytes: 100_000, callers: 32, requests: 3000 },
  { name: '200 chunks, fast', model: 'fast', promptBytes: 1000, callers: 16, requests: 320 },
  { name: '100 chunks, paced', model: 'paced', promptBytes: 1000, callers: 50, requests: 100 },
];

/** The body of the scenario's requests. The prompt has lines and quotes, as people's do. */
export function composeBody(
  { model, promptBytes }: { readonly model: Model; readonly promptBytes: number },
  isKept: boolean,
): string {
  const line =
    'People write a few sentences, and "quote" a word in a hundred and fifty characters.\nThen they go on to the next line, which has nothing of that.\n';
  const content = line.repeat(Math.ceil(promptBytes / line.length)).slice(0, promptBytes);
  return JSON.stringify({
    model,
    ...(model !== 'plain' && { stream: true }),
    ...(isKept && { store: true }),
    temperature: 0.7,
    messages: [
      { role: 'system', content: 'You answer in few words.' },
      { role: 'user', content },
    ],
  });
}
