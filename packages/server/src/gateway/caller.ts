/** Whoever waits for a completion: the end of the path that the relay writes to. */
export interface Caller {
  /** Aborted when the caller leaves before the answer has ended. */
  readonly gone: AbortSignal;
  /** Whether the head was sent. */
  readonly hasStarted: boolean;
  /** Sends the head; from here on, errors can no longer change the status. */
  start(status: number, headers: Readonly<Record<string, string | string[]>>): void;
  /** Resolves when the caller can take more, at once if it has gone. */
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
  /** Resets the connection, so that what was sent cannot be taken for the whole. */
  cut(): void;
}
