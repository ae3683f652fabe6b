import type { AbortFlag } from '../abort-flag.ts';

/** Whoever waits for a completion: the end of the path that the relay writes to. */
export interface Caller {
  /** Raised when the caller leaves before the answer has ended. */
  readonly gone: AbortFlag;
  /** Whether the head was sent. */
  readonly hasStarted: boolean;
  /** Adds to the head of whatever the caller is answered. */
  setHeaders(headers: Readonly<Record<string, string>>): void;
  /** Sends the head; from here on, errors can no longer change the status. */
  start(status: number, headers: Readonly<Record<string, string | string[]>>): void;
  /** Returns a promise if the caller can take no more for now; it resolves when it can, or has gone. */
  write(bytes: Uint8Array): Promise<void> | undefined;
  end(): void;
  /** Resets the connection, so that what was sent cannot be taken for the whole. */
  cut(): void;
}
