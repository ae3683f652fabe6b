import { ERROR_KINDS, type ErrorBody } from '@colloquy/client/contract';

/** A refusal that the caller is told about, by its kind in the contract's table. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly kind: keyof typeof ERROR_KINDS;
  readonly param: string | null;
  /** Sent with the answer; lower-case names. */
  readonly headers: Readonly<Record<string, string>>;

  /** `message` names the cause and the remedy; `cause` goes to the log only. */
  constructor(
    kind: keyof typeof ERROR_KINDS,
    message: string,
    details: { param?: string; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.param = details.param ?? null;
    this.headers = details.headers ?? {};
  }

  get status(): number {
    return ERROR_KINDS[this.kind].status;
  }

  toBody(): ErrorBody {
    const { type, code } = ERROR_KINDS[this.kind];
    return { error: { message: this.message, type, param: this.param, code } };
  }
}
