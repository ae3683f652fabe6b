import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ConfigError } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { writeConfig } from './write-config.ts';

const HOUR = 3_600_000;

describe('retain', () => {
  it('is a time for everything', () => {
    const load = (retain: string) => loadConfig({ retain }, {}).retain;
    assert.deepEqual(load('12h'), [{ project: undefined, metadata: {}, keepMs: 12 * HOUR }]);
    assert.deepEqual(load('30d'), [{ project: undefined, metadata: {}, keepMs: 720 * HOUR }]);
    assert.deepEqual(load('forever'), [{ project: undefined, metadata: {}, keepMs: Infinity }]);
  });

  it('is a list of rules in the file, which an option stands above', async (t) => {
    const config = await writeConfig(
      t,
      `retain:
  - { metadata: { keep: 'yes', "a b": '1' }, for: forever }
  - project: test
    for: 12h
  - for: 30d
`,
    );
    assert.deepEqual(loadConfig({ config }, {}).retain, [
      { project: undefined, metadata: { keep: 'yes', 'a b': '1' }, keepMs: Infinity },
      { project: 'test', metadata: {}, keepMs: 12 * HOUR },
      { project: undefined, metadata: {}, keepMs: 720 * HOUR },
    ]);
    assert.equal(loadConfig({ config, retain: 'forever' }, {}).retain.length, 1);
    const line = await writeConfig(t, 'retain: 1d');
    assert.equal(loadConfig({ config: line }, {}).retain[0]?.keepMs, 24 * HOUR);
  });

  it('is frozen', async (t) => {
    const config = await writeConfig(t, 'retain: [{ metadata: { a: b }, for: 1h }]');
    const { retain } = loadConfig({ config }, {});
    for (const part of [retain, retain[0], retain[0]?.metadata]) assert.ok(Object.isFrozen(part));
  });

  it('is refused where it could mean something else', async (t) => {
    const time = 'must be for a number of hours or days, like 12h or 30d, or forever';
    const rule = (number: number) => `has a rule that cannot be used: rule ${number}`;
    for (const [text, message] of [
      ['30', time],
      ['0d', time],
      ['1m', time],
      ['-1d', time],
      ['1.5d', time],
      ["' 1d'", time],
      ['9999999d', time],
      ['true', time],
      ['[]', 'must be a time such as 30d, or a list of at least one rule'],
      ['[30d]', `${rule(1)} must be a map of project, metadata, for`],
      ['[{ project: a }]', `${rule(1)} ${time}`],
      ['[{ project: a, for: 1d }, { for: 5 }]', `${rule(2)} ${time}`],
      ['[{ projet: a, for: 1d }]', `${rule(1)} has an unknown member 'projet'`],
      ['[{ project: 5, for: 1d }]', `${rule(1)} must have the name of a project`],
      ["[{ project: '', for: 1d }]", `${rule(1)} must have the name of a project`],
      ['[{ metadata: { user: 5 }, for: 1d }]', `${rule(1)} must have a map of texts as its metadata`],
      ['[{ metadata: [a], for: 1d }]', `${rule(1)} must have a map of texts as its metadata`],
      ['[{ for: 1d }, { project: a, for: 2d }]', 'must not have a rule behind rule 1'],
    ] as const) {
      const config = await writeConfig(t, `port: 1\nretain: ${text}\n`);
      assert.throws(
        () => loadConfig({ config }, {}),
        (error) => error instanceof ConfigError && error.message.includes(`${config}:2: retain ${message}`),
        text,
      );
    }
  });
});
