// The migration page lists what is found here, all of it and nothing else.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import * as official from 'openai';
import { Stream as OfficialStream } from 'openai/streaming';

import { Stream } from '../../src/helpers.ts';
import * as ours from '../../src/openai/index.ts';
import { DIFFERENCES, type Difference } from './differences.ts';

const PAGE = join(import.meta.dirname, '../../../../docs/migration.md');

const OFFICIAL = new official.OpenAI({ apiKey: 'any' });
const OURS = new ours.OpenAI({ apiKey: 'any' });

/** The types say which these are: one more or less here does not compile. */
const MISSING_OPTIONS = {
  adminAPIKey: true,
  credential: true,
  dataResidency: true,
  provider: true,
  webhookSecret: true,
  workloadIdentity: true,
  x509Transport: true,
} satisfies Record<Exclude<keyof official.ClientOptions, keyof ours.ClientOptions>, true>;

/** The cells of each row of the table under this heading. */
async function readTable(heading: string): Promise<string[][]> {
  const page = await readFile(PAGE, 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const [, , ...rows] = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

function rowsOf(kind: Difference['kind']): string[][] {
  return DIFFERENCES.filter((difference) => difference.kind === kind).map((difference) => [
    difference.when,
    difference.openai,
    difference.colloquy,
  ]);
}

/** Names of `theirs` that `here` has not, after `prefix`. */
function missing(prefix: string, theirs: object, here: object): string[] {
  const names = Object.getOwnPropertyNames(theirs).filter((name) => !name.startsWith('_') && !(name in here));
  return names.map((name) => `${prefix}${name}`);
}

function prototypeOf(value: object): object {
  return Object.getPrototypeOf(value) as object;
}

describe('The migration page', () => {
  it('lists what is better', async () => {
    assert.deepEqual(await readTable('What is better'), rowsOf('better'));
  });

  it('lists what else is different', async () => {
    assert.deepEqual(await readTable('What else is different'), rowsOf('other'));
  });

  it('names everything that is not here', async () => {
    const resources = Object.fromEntries(
      Object.entries(OFFICIAL).filter(
        ([, value]) => typeof value === 'object' && value !== null && '_client' in value,
      ),
    );
    const verbs = { get: 1, post: 1, put: 1, patch: 1, delete: 1 };
    const names = [
      ...missing('client.', resources, OURS),
      ...missing('client.', verbs, OURS),
      ...missing('client.chat.completions.', prototypeOf(OFFICIAL.chat.completions), OURS.chat.completions),
      ...missing(
        'client.chat.completions.messages.',
        prototypeOf(OFFICIAL.chat.completions.messages),
        OURS.chat.completions.messages,
      ),
      ...missing('client.models.', prototypeOf(OFFICIAL.models), OURS.models),
      ...missing('stream.', OfficialStream.prototype, Stream.prototype),
      ...missing('Stream.', OfficialStream, Stream),
      ...missing('', official, ours),
      ...Object.keys(MISSING_OPTIONS),
    ];
    const rows = await readTable('What is not here');
    const listed = rows.flatMap(([first = '']) =>
      [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );
    assert.deepEqual(listed.sort(), names.sort());
  });
});
