// The thread that owns the SQLite file, so that neither a sync nor a search stops the event loop.
//
// Group commit: calls that arrive while a transaction is being synced wait in the port, and the next transaction takes
// them all. There is no artificial delay, so that a single caller is as fast as the disk.

import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';

import { SqliteDatabase } from './database.ts';

export type Method =
  | 'insert'
  | 'get'
  | 'getRequest'
  | 'list'
  | 'updateMetadata'
  | 'delete'
  | 'probe'
  | 'close';

export interface Call {
  readonly number: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly number: number; readonly result: unknown }
  | { readonly number: number; readonly error: string; readonly isOutage: boolean };

const SQLITE_CONSTRAINT = 19;

const WRITES: ReadonlySet<Method> = new Set(['insert', 'updateMetadata', 'delete']);

/** Called once per thread, by the last line. */
function serve(port: MessagePort, path: string): void {
  const database = new SqliteDatabase(path);
  port.on('message', (first: Call) => {
    const calls = [first, ...drain(port)];
    const writes = calls.filter((call) => WRITES.has(call.method));
    if (writes.length > 0) for (const reply of runTogether(database, writes)) port.postMessage(reply);
    // After the commit: a read never sees what could still be undone.
    for (const call of calls) if (!WRITES.has(call.method)) port.postMessage(run(database, call));
    if (calls.some((call) => call.method === 'close')) port.close();
  });
  port.postMessage('ready');
}

function* drain(port: MessagePort): Generator<Call> {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    yield next.message as Call;
  }
}

/** If the group fails, each call is tried alone, so that a bad one does not take the others with it. */
function runTogether(database: SqliteDatabase, calls: readonly Call[]): Reply[] {
  try {
    return database.commitTogether(() =>
      calls.map((call): Reply => ({ number: call.number, result: invoke(database, call) })),
    );
  } catch (error) {
    if (calls.length > 1) return calls.flatMap((call) => runTogether(database, [call]));
    return calls.map((call) => toErrorReply(call, error, !isConstraintError(error)));
  }
}

function run(database: SqliteDatabase, call: Call): Reply {
  try {
    return { number: call.number, result: invoke(database, call) };
  } catch (error) {
    return toErrorReply(call, error, call.method === 'probe');
  }
}

/** The main thread sends only what `Storage` declares, with its types. */
function invoke(database: SqliteDatabase, { method, args }: Call): unknown {
  const operation = database[method] as (...args: readonly unknown[]) => unknown;
  return operation.apply(database, [...args]);
}

function toErrorReply(call: Call, error: unknown, isOutage: boolean): Reply {
  return { number: call.number, error: error instanceof Error ? error.message : String(error), isOutage };
}

/** The record is at fault, not the store. */
function isConstraintError(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  // The low byte is the primary result code. @see https://www.sqlite.org/rescode.html
  return errcode !== undefined && (errcode & 0xff) === SQLITE_CONSTRAINT;
}

if (parentPort !== null) serve(parentPort, String(workerData));
