interface UpstreamErrorOptions {
  readonly isTimeout: boolean;
  /** No connection was made, so that the request was not sent. Default: false. */
  readonly isUnsent?: boolean;
  /** The connection ended before an answer began. Default: false. */
  readonly isReset?: boolean;
  readonly cause?: unknown;
}

/** No answer came from an upstream, or it broke off. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly isTimeout: boolean;
  readonly isUnsent: boolean;
  readonly isReset: boolean;

  constructor(
    message: string,
    { isTimeout, isUnsent = false, isReset = false, cause }: UpstreamErrorOptions,
  ) {
    super(message, { cause });
    this.isTimeout = isTimeout;
    this.isUnsent = isUnsent;
    this.isReset = isReset;
  }
}
