import type { JournalNote, Progress } from '../storage/journal.ts';
import type { Asked } from './compose-record.ts';
import { writeAsked } from './journal-notes.ts';
import type { CreateRequest } from './plan.ts';
import type { Listed } from './unordered-list.ts';

/** An exchange, as far as the journal is concerned. */
export interface Noted {
  describe(): Asked;
  readonly progress: Progress;
  readonly log: CreateRequest['log'];
}

/** What was taken out to be noted. */
export interface Taken {
  readonly entry: JournalEntry;
  readonly notes: readonly JournalNote[];
  readonly pieces: number;
  readonly bytes: number;
}

/** One exchange under way, and what of its answer is still to be noted. */
export class JournalEntry implements Listed {
  index = 0;
  /** Since it began, or since something was noted. */
  ticks = 0;
  isQueued = false;
  /** Nothing more is to be noted. */
  isOver = false;
  /** Whether there may be notes in the store. */
  isNoted = false;
  readonly subject: Noted;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  /** Of the next note that the store has not confirmed. */
  #number = 0;
  #isFull = false;

  constructor(subject: Noted) {
    this.subject = subject;
  }

  /** How much is held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there is anything to be noted. */
  get hasMore(): boolean {
    return this.#number === 0 || this.#bytes > 0;
  }

  /** Returns how much more is held. */
  add(bytes: Uint8Array): number {
    if (this.#isFull) return 0;
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    return bytes.length;
  }

  /** From here on, nothing of the answer is noted: a gap would garble it. Returns how much was held. */
  giveUp(): number {
    const bytes = this.#bytes;
    this.#isFull = true;
    this.#pieces = [];
    this.#bytes = 0;
    return bytes;
  }

  /** What is to be noted now; it stays here until it is confirmed. */
  take(): Taken {
    const asked = this.subject.describe();
    const { project, id } = asked;
    const { progress } = this.subject;
    const contents = this.#number === 0 ? writeAsked(asked) : [];
    if (this.#bytes > 0) contents.push(join(this.#pieces, this.#bytes));
    const notes = contents.map((bytes, index) => ({
      project,
      id,
      number: this.#number + index,
      bytes,
      ...progress,
    }));
    this.ticks = 0;
    this.isNoted = true;
    return { entry: this, notes, pieces: this.#pieces.length, bytes: this.#bytes };
  }

  /** It is in the store. Returns how much is not held any longer. */
  confirm({ notes, pieces, bytes }: Taken): number {
    this.#number += notes.length;
    if (this.#isFull) return 0;
    this.#pieces.splice(0, pieces);
    this.#bytes -= bytes;
    return bytes;
  }
}

/** Alone in its memory, all of which is sent to the store. */
function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let end = 0;
  for (const piece of pieces) {
    joined.set(piece, end);
    end += piece.length;
  }
  return joined;
}
