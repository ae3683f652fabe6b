import type { SQLInputValue } from 'node:sqlite';
import type { TestContext } from 'node:test';

import type { Connection } from '../../../src/storage/sqlite/connection.ts';

export interface Asked {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
  /** How many rows were read, of those that are read one by one. */
  rows: number;
}

/** What the connection is asked to read from now on. */
export function watchStatements(t: TestContext, connection: Connection): Asked[] {
  const all: Asked[] = [];
  const prepare = connection.prepare.bind(connection);
  t.mock.method(connection, 'prepare', (sql: string) => {
    const statement = prepare(sql);
    const ask = (values: readonly SQLInputValue[]): Asked => {
      const asked = { sql, values, rows: 0 };
      all.push(asked);
      return asked;
    };
    return {
      setReturnArrays: (isOn: boolean) => statement.setReturnArrays(isOn),
      get: (...values: SQLInputValue[]) => (ask(values), statement.get(...values)),
      all: (...values: SQLInputValue[]) => (ask(values), statement.all(...values)),
      *iterate(...values: SQLInputValue[]) {
        const asked = ask(values);
        for (const row of statement.iterate(...values)) {
          asked.rows += 1;
          yield row;
        }
      },
    };
  });
  return all;
}
