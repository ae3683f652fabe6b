// A thread with a connection to the SQLite file, so that neither a sync nor a search stops the event loop.
//
// Messages hold several calls or replies. Group commit: calls that arrive while a transaction is being synced wait in the
// port, and the next transaction takes them all. There is no artificial delay, so that a single caller is as fast as the disk.

import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';

import { readErrorMessage } from '../../error-message.ts';
import { unpackCalls, type Call, type CallMessage } from './call-message.ts';
import { openToRead, openToWrite } from './connection.ts';
import { Indexing } from './indexing.ts';
import { SqliteReader } from './reader.ts';
import {
  SQLITE_BUSY,
  SQLITE_CONSTRAINT,
  SQLITE_MISMATCH,
  SQLITE_TOOBIG,
  readResultCode,
} from './result-code.ts';
import { SqliteWriter } from './writer.ts';

export interface WorkerData {
  readonly role: 'write' | 'read';
  readonly path: string;
  readonly lockTimeoutMs: number;
}

export type Method = keyof SqliteWriter | keyof SqliteReader;

export type Reply = {
  readonly number: number;
  /** Whether no more can be written for now. */
  readonly isOutage: boolean;
} & ({ readonly result: unknown } | { readonly error: string });

/** The record is at fault, not the store. */
const RECORD_FAULTS: ReadonlySet<number | undefined> = new Set([
  SQLITE_TOOBIG,
  SQLITE_CONSTRAINT,
  SQLITE_MISMATCH,
]);

const WRITES: ReadonlySet<Method> = new Set([
  'insert',
  'recover',
  'setIdempotencyKey',
  'updateMetadata',
  'delete',
]);

/** What is shorter is copied to the other thread, in less time than its memory could be handed over. */
const MAX_CLONED_BYTES = 1_048_576;

/** Called once per thread, by the last line. */
function serve(port: MessagePort, { role, path, lockTimeoutMs }: WorkerData): void {
  if (role === 'write') serveWrites(port, new SqliteWriter(openToWrite(path, lockTimeoutMs)));
  else serveReads(port, new SqliteReader(openToRead(path, lockTimeoutMs)));
  port.postMessage('ready');
}

function serveWrites(port: MessagePort, writer: SqliteWriter): void {
  const indexing = new Indexing(port, writer, take);
  function take(first: CallMessage): void {
    const calls = [first, ...drain(port)].flatMap(unpackCalls);
    const { notes = [], writes = [], others = [] } = Object.groupBy(calls, readKind);
    // Before what ends that of which they tell.
    runEach(port, writer, notes);
    if (writes.length > 0) port.postMessage(runTogether(writer, writes));
    runEach(port, writer, others);
    indexing.follow(calls.length, writes.length);
    if (calls.some(({ method }) => method === 'close')) {
      indexing.stop();
      port.close();
    }
  }
  port.on('message', take);
  // What an earlier process left.
  indexing.follow(0, 0);
}

function readKind({ method }: Call): 'notes' | 'writes' | 'others' {
  if (method === 'note') return 'notes';
  return WRITES.has(method) ? 'writes' : 'others';
}

function serveReads(port: MessagePort, reader: SqliteReader): void {
  port.on('message', (message: CallMessage) => {
    const calls = unpackCalls(message);
    runEach(port, reader, calls);
    if (calls.some(({ method }) => method === 'close')) port.close();
  });
}

function* drain(port: MessagePort): Generator<CallMessage> {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    yield next.message as CallMessage;
  }
}

/** Each is answered as soon as it is done. */
function runEach(port: MessagePort, target: SqliteWriter | SqliteReader, calls: readonly Call[]): void {
  for (const call of calls) {
    const reply = run(target, call);
    port.postMessage([reply], listTransferred(reply));
  }
}

/** What is large is handed over: the event loop would be stopped while it is copied. */
function listTransferred(reply: Reply): ArrayBuffer[] {
  const result = 'result' in reply ? reply.result : undefined;
  const isLarge = result instanceof Uint8Array && result.byteLength > MAX_CLONED_BYTES;
  return isLarge && result.buffer instanceof ArrayBuffer ? [result.buffer] : [];
}

/**
 * If the group fails, each call is tried alone, so that a bad one does not take the others with it. Not if the file is
 * locked: each would wait for the lock as long as all did together.
 */
export function runTogether(writer: SqliteWriter, calls: readonly Call[]): Reply[] {
  try {
    const results = writer.commitTogether(() => calls.map((call) => invoke(writer, call)));
    // What was under way is done; what comes next shall be refused before it costs anything.
    const isOutage = writer.isShortOfSpace;
    return calls.map(({ number }, index) => ({ number, isOutage, result: results[index] }));
  } catch (error) {
    const code = readResultCode(error);
    if (calls.length > 1 && code !== SQLITE_BUSY) return calls.flatMap((call) => runTogether(writer, [call]));
    // What SQLite never saw cannot be its fault.
    const isOutage = code !== undefined && !RECORD_FAULTS.has(code);
    return calls.map((call) => toErrorReply(call, error, isOutage));
  }
}

function run(target: SqliteWriter | SqliteReader, call: Call): Reply {
  try {
    return { number: call.number, isOutage: false, result: invoke(target, call) };
  } catch (error) {
    return toErrorReply(call, error, call.method === 'probe');
  }
}

/** The main thread sends to each only what it has, with its types. */
function invoke(target: SqliteWriter | SqliteReader, { method, args }: Call): unknown {
  const operation = (target as unknown as Record<Method, (...args: readonly unknown[]) => unknown>)[method];
  return operation.apply(target, [...args]);
}

function toErrorReply(call: Call, error: unknown, isOutage: boolean): Reply {
  return { number: call.number, error: readErrorMessage(error), isOutage };
}

if (parentPort !== null) serve(parentPort, workerData as WorkerData);
