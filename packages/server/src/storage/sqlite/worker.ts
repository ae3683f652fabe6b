// The thread that owns the SQLite file, so that neither a sync nor a search stops the event loop.
//
// Group commit: calls that arrive while a transaction is being synced wait in the port, and the next transaction takes
// them all. There is no artificial delay, so that a single caller is as fast as the disk.

import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';

import { readErrorMessage } from '../../error-message.ts';
import { SqliteDatabase, openFile } from './database.ts';
import {
  SQLITE_BUSY,
  SQLITE_CONSTRAINT,
  SQLITE_MISMATCH,
  SQLITE_TOOBIG,
  readResultCode,
} from './result-code.ts';

export interface WorkerData {
  readonly path: string;
  readonly lockTimeoutMs: number;
}

export type Method =
  | 'insert'
  | 'get'
  | 'getByIdempotencyKey'
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

/** The record is at fault, not the store. */
const RECORD_FAULTS: ReadonlySet<number | undefined> = new Set([
  SQLITE_TOOBIG,
  SQLITE_CONSTRAINT,
  SQLITE_MISMATCH,
]);

const WRITES: ReadonlySet<Method> = new Set(['insert', 'updateMetadata', 'delete']);

/** Called once per thread, by the last line. */
function serve(port: MessagePort, { path, lockTimeoutMs }: WorkerData): void {
  const database = new SqliteDatabase(openFile(path, lockTimeoutMs));
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

/**
 * If the group fails, each call is tried alone, so that a bad one does not take the others with it. Not if the file is
 * locked: each would wait for the lock as long as all did together.
 */
export function runTogether(database: SqliteDatabase, calls: readonly Call[]): Reply[] {
  try {
    return database.commitTogether(() =>
      calls.map((call): Reply => ({ number: call.number, result: invoke(database, call) })),
    );
  } catch (error) {
    const code = readResultCode(error);
    if (calls.length > 1 && code !== SQLITE_BUSY)
      return calls.flatMap((call) => runTogether(database, [call]));
    // What SQLite never saw cannot be its fault.
    const isOutage = code !== undefined && !RECORD_FAULTS.has(code);
    return calls.map((call) => toErrorReply(call, error, isOutage));
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
  return { number: call.number, error: readErrorMessage(error), isOutage };
}

if (parentPort !== null) serve(parentPort, workerData as WorkerData);
