// What is said of a cluster. There is none here: tables and plans have the names and the shapes that Citus' manual and source
// give them, so that this shows that they are read as they are described, not that Citus is as it is described.

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { Client } from 'pg';

import type { Finding } from '../../../src/storage/finding.ts';
import { examineCitus, examineDistributedPlan, judgePlan } from '../../../src/storage/postgres/citus.ts';
import { OPERATIONS } from '../../../src/storage/postgres/plans.ts';
import { connectionConfig } from '../../../src/storage/postgres/pool.ts';
import { openPostgresStorage } from '../../../src/storage/postgres/storage.ts';
import { describeOnDatabase, run } from './stores.ts';

/** What `citus_tables` would have of our tables. */
const DISTRIBUTED: Readonly<Record<string, string>> = {
  completions: 'id',
  filters: 'id',
  journal: 'id',
  texts: 'id',
  unindexed: 'id',
  idempotency_keys: 'key',
  attachments: 'sha256',
};

/** A plan as Citus tells it: from the outermost step on, and from each of the shards that it shows. */
function makePlan(tasks: number, remote: object, more: object = {}): object {
  return {
    'Node Type': 'Limit',
    Plans: [
      {
        'Node Type': 'Custom Scan',
        'Custom Plan Provider': 'Citus Adaptive',
        'Distributed Query': {
          Job: {
            'Task Count': tasks,
            'Tasks Shown': tasks === 1 ? 'All' : `One of ${tasks}`,
            Tasks: [
              { Node: 'host=localhost port=5432 dbname=colloquy', 'Remote Plan': [[{ Plan: remote }]] },
            ],
            ...more,
          },
        },
      },
    ],
  };
}

const SCAN = { 'Node Type': 'Index Only Scan', 'Index Name': 'filters_pkey_102008' };
const PAGE = { 'Node Type': 'Limit', Plans: [SCAN] };

describe('a plan on a cluster', () => {
  it('may ask every shard for a page', () => {
    assert.deepEqual(judgePlan('list_desc', makePlan(32, PAGE)), {
      level: 'fine',
      text: 'asks 32 shards for a page each',
    });
  });

  it('is a fault if a limit stays behind', () => {
    assert.equal(judgePlan('list_desc', makePlan(32, SCAN)).level, 'fault');
  });

  it('is a fault if what lies on one shard is asked of all', () => {
    assert.deepEqual(judgePlan('find', makePlan(1, SCAN)), { level: 'fine', text: 'asks one shard' });
    assert.deepEqual(judgePlan('find', makePlan(32, PAGE)), {
      level: 'fault',
      text: 'asks 32 shards for what lies on one',
    });
  });

  it('is a fault if shards have to exchange rows', () => {
    assert.deepEqual(judgePlan('list_desc', makePlan(32, PAGE, { 'Dependent Jobs': [] })), {
      level: 'fault',
      text: 'joins rows of several shards',
    });
  });
});

await describeOnDatabase('a database with tables of the names of Citus', (database) => {
  async function connect(t: TestContext, columns: Readonly<Record<string, string>>): Promise<Client> {
    const url = await database.makeSchema();
    await (await openPostgresStorage(url)).close();
    await run(
      url,
      `CREATE TABLE pg_dist_node (nodeid int, isactive bool, shouldhaveshards bool);
       INSERT INTO pg_dist_node VALUES (1, true, false), (2, true, true), (3, true, true), (4, false, true);
       CREATE TABLE citus_tables (
         table_name regclass, citus_table_type text, distribution_column text, colocation_id int, shard_count bigint
       );
       ${Object.entries(columns)
         .map(
           ([table, column]) =>
             `INSERT INTO citus_tables VALUES ('${table}', 'distributed', '${column}', ${column === 'id' ? 1 : 2}, 32);`,
         )
         .join('\n')}`,
    );
    const client = new Client(connectionConfig(url, 5000));
    await client.connect();
    t.after(() => client.end());
    return client;
  }

  const listFaults = (findings: readonly Finding[]): string[] =>
    findings.filter(({ level }) => level === 'fault').map(({ text }) => text);

  it('is left alone as long as nothing is distributed', async (t) => {
    const client = await connect(t, {});
    assert.deepEqual(await examineCitus(client, '13.0-1'), {
      findings: [
        { level: 'fine', text: 'Citus 13.0-1, with 2 nodes for shards' },
        {
          level: 'note',
          text: 'the tables stay on this node: see docs/store.md before distributing them',
        },
      ],
      isDistributed: false,
    });
  });

  it('is well if all are distributed as they should be', async (t) => {
    const client = await connect(t, DISTRIBUTED);
    const { findings, isDistributed } = await examineCitus(client, '13.0-1');
    assert.equal(isDistributed, true);
    assert.deepEqual(listFaults(findings), []);
    assert.equal(findings[1]?.text, 'completions: distributed by id');
  });

  it('names what is not distributed, by another column, or elsewhere', async (t) => {
    const { texts: _texts, ...others } = DISTRIBUTED;
    const client = await connect(t, { ...others, unindexed: 'project' });
    await client.query("UPDATE citus_tables SET colocation_id = 7 WHERE table_name = 'filters'::regclass");
    assert.deepEqual(listFaults((await examineCitus(client, '13.0-1')).findings), [
      'filters: not co-located with completions: a completion lies on several shards',
      'texts: not distributed, while others are. It should be, by id',
      'unindexed: distributed by project. It should be by id',
    ]);
  });

  it('says what it cannot read', async (t) => {
    const client = await connect(t, {});
    await client.query('DROP TABLE pg_dist_node');
    assert.deepEqual(listFaults((await examineCitus(client, '13.0-1')).findings), [
      'Citus 13.0-1 cannot be asked: relation "pg_dist_node" does not exist',
    ]);
  });

  it('gets every statement explained with values that Citus could choose a shard by', async (t) => {
    const client = await connect(t, DISTRIBUTED);
    for (const statement of Object.values(OPERATIONS).flat()) {
      // There are no shards here.
      assert.deepEqual(await examineDistributedPlan(client, statement), {
        level: 'note',
        text: 'is planned on this node',
      });
    }
  });
});
