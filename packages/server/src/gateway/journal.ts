// Notes in the store on what is kept and still under way, so that it survives the end of the process: see
// recovery/recovery.ts. What is quick leaves none. Nobody waits for a note, and nothing fails with it.

import { randomUUID } from 'node:crypto';

import type { CompletionPlace } from '../storage/journal.ts';
import type { Storage } from '../storage/storage.ts';
import { JournalEntry, type Noted, type Taken } from './journal-entry.ts';
import { UnorderedList } from './unordered-list.ts';

export interface JournalOptions {
  /** How long a tick is, in milliseconds. Default: 100. */
  readonly tickMs?: number;
}

/** An exchange is noted once it has seen that many ticks … */
const FIRST_NOTE_TICKS = 2;
/** … and then what has come, each time that so many ticks have passed: a second, with the one under way … */
const NOTE_TICKS = 9;
/** … or that much has come. */
const NOTE_BYTES = 16_384;

/** Whoever notes nothing for so many ticks has ended. */
const SILENCE_TICKS = 50;

/** How many exchanges are noted at once, and how much, about: what is to be kept waits for it. */
const MAX_ENTRIES = 128;
const MAX_BYTES = 1_048_576;

/** How much is held of all answers while the store has yet to take it. */
const MAX_HELD_BYTES = 16 * 1_048_576;

export class Journal {
  /** Whose notes these are. Another process has another name. */
  readonly name = randomUUID();
  readonly #storage: Pick<Storage, 'note' | 'removeNoter'>;
  readonly #tickMs: number;
  readonly #entries = new UnorderedList<JournalEntry>();
  #queue: JournalEntry[] = [];
  #dropped: CompletionPlace[] = [];
  #heldBytes = 0;
  #ticks = 0;
  #beat = 0;
  #isBeatDue = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  /** Until this tick, a store that could not take it is left alone. */
  #restUntil = 0;
  #hasWarned = false;

  constructor(storage: Pick<Storage, 'note' | 'removeNoter'>, { tickMs = 100 }: JournalOptions = {}) {
    this.#storage = storage;
    this.#tickMs = tickMs;
  }

  /** How much of the answers waits to be noted. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** How long a process that has something under way can be silent, in milliseconds; then it has ended. */
  get silenceMs(): number {
    return SILENCE_TICKS * this.#tickMs;
  }

  /** An exchange begins whose completion is to be kept. */
  begin(subject: Noted): JournalEntry {
    const entry = new JournalEntry(subject);
    this.#entries.add(entry);
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref();
    return entry;
  }

  /** These bytes of its answer came. */
  add(entry: JournalEntry, bytes: Uint8Array): void {
    this.#heldBytes += entry.add(bytes);
    if (this.#heldBytes > MAX_HELD_BYTES) this.#makeRoom();
    if (!entry.isNoted || entry.bytes < NOTE_BYTES) return;
    this.#enqueue(entry);
    this.#write();
  }

  /** It is about to be kept: the store removes the notes with that. Again, this does nothing. */
  end(entry: JournalEntry): void {
    if (entry.isOver) return;
    entry.isOver = true;
    this.#entries.remove(entry);
    this.#heldBytes -= entry.giveUp();
  }

  /** Nothing was kept of it, nor will be. */
  drop(entry: JournalEntry): void {
    this.end(entry);
    if (!entry.isNoted) return;
    const { project, id } = entry.subject.describe();
    this.#dropped.push({ project, id });
  }

  /** Takes back what is left. To be called when nothing is under way. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    if (this.#beat === 0) return;
    // If it cannot be done now, others do it.
    await this.#storage.removeNoter({ name: this.name, beat: this.#beat }).catch(() => undefined);
  }

  #tick(): void {
    this.#ticks += 1;
    let hasNoted = false;
    for (const entry of this.#entries) {
      entry.ticks += 1;
      hasNoted ||= entry.isNoted;
      if (isDue(entry)) this.#enqueue(entry);
    }
    this.#isBeatDue ||= hasNoted && this.#ticks % NOTE_TICKS === 0;
    this.#write();
    if (!this.#entries.isEmpty || this.#dropped.length > 0) return;
    this.#queue = [];
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #enqueue(entry: JournalEntry): void {
    if (!entry.isQueued) this.#queue.push(entry);
    entry.isQueued = true;
  }

  #write(): void {
    if (this.#ticks < this.#restUntil) return;
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  /** Some at a time, so that what is to be kept comes in between. */
  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0 || this.#dropped.length > 0 || this.#isBeatDue) {
      if (!(await this.#writeSome())) return;
    }
  }

  /** Returns whether the store took it. */
  async #writeSome(): Promise<boolean> {
    const taken = this.#takeSome();
    const dropped = this.#dropped.splice(0);
    this.#isBeatDue = false;
    this.#beat += 1;
    try {
      const notes = taken.flatMap((each) => each.notes);
      await this.#storage.note({ noter: { name: this.name, beat: this.#beat }, notes, dropped });
    } catch (error) {
      this.#dropped.push(...dropped);
      this.#restUntil = this.#ticks + NOTE_TICKS;
      this.#warn(error);
      return false;
    }
    this.#hasWarned = false;
    for (const each of taken) this.#heldBytes -= each.entry.confirm(each);
    return true;
  }

  /** Once, until it is well again. */
  #warn(error: unknown): void {
    const [entry] = this.#entries;
    if (this.#hasWarned || entry === undefined) return;
    this.#hasWarned = true;
    entry.subject.log.warn(
      { err: error },
      'what is under way could not be noted: if the server were killed now, nothing would tell of it',
    );
  }

  #takeSome(): Taken[] {
    const taken: Taken[] = [];
    let [seen, bytes] = [0, 0];
    for (const entry of this.#queue) {
      if (taken.length === MAX_ENTRIES || bytes >= MAX_BYTES) break;
      seen += 1;
      entry.isQueued = false;
      if (entry.isOver) continue;
      const next = entry.take();
      taken.push(next);
      for (const note of next.notes) bytes += note.bytes.length;
    }
    this.#queue.splice(0, seen);
    return taken;
  }

  /** Those give up that hold most. */
  #makeRoom(): void {
    const entries = [...this.#entries];
    const average = this.#heldBytes / entries.length;
    for (const entry of entries) {
      if (entry.bytes >= average) this.#heldBytes -= entry.giveUp();
    }
  }
}

function isDue(entry: JournalEntry): boolean {
  return entry.hasMore && entry.ticks >= (entry.isNoted ? NOTE_TICKS : FIRST_NOTE_TICKS);
}
