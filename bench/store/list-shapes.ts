import type { ListQuery } from '../../packages/server/src/storage/storage.ts';
import type { ChatMaker, MadeRecord } from './make-chats.ts';

/** A kind of list: what it asks for, with the labels of a record that there is. */
export type ListShape = readonly [
  name: string,
  make: (record: Pick<MadeRecord, 'metadata'>) => Partial<ListQuery>,
];

const HOUR_MS = 3_600_000;

export const LISTS: readonly ListShape[] = [
  ['everything', () => ({})],
  ['model, 70 %', () => ({ model: 'small' })],
  ['model, 1 %', () => ({ model: 'rare' })],
  ['status, 1 %', () => ({ status: 'failed' })],
  ['one pair, 95 %', () => ({ metadata: { env: 'prod' } })],
  ['one pair, a hundred records', ({ metadata: { user } }) => ({ metadata: { user } })],
  ['two pairs, the frequent first', ({ metadata: { env, user } }) => ({ metadata: { env, user } })],
  ['two pairs, the rare first', ({ metadata: { env, user } }) => ({ metadata: { user, env } })],
  ['two pairs, 50 % and 2 %', () => ({ metadata: { topic: 'topic-7', env: 'test' } })],
  [
    'a day, one pair',
    () => ({
      metadata: { env: 'prod' },
      createdBeforeMs: Date.now() - HOUR_MS,
      createdAfterMs: Date.now() - 25 * HOUR_MS,
    }),
  ],
  ['model, 1 %, and a pair', ({ metadata: { topic } }) => ({ metadata: { topic }, model: 'rare' })],
];

export function listSearches(maker: ChatMaker): ListShape[] {
  return [
    ['q: the', () => ({ q: 'the' })],
    ['q: one word', () => ({ q: maker.words(1).join(' ') })],
    ['q: two words', () => ({ q: [...maker.words(1), ...maker.words(1)].join(' ') })],
    ['q: a phrase of three words', () => ({ q: `"${maker.words(3).join(' ')}"` })],
    ['q: a word that never occurs', () => ({ q: 'xylophonist' })],
    [
      'q: the, and one pair, a hundred records',
      ({ metadata: { user } }) => ({ q: 'the', metadata: { user } }),
    ],
    [
      'q: two words, and one pair, 2 %',
      () => ({ q: maker.words(2).join(' '), metadata: { topic: 'topic-7' } }),
    ],
  ];
}
