// The store's part of the journal of what is under way. What stands in the notes is for those who write them: see
// gateway/journal.ts.

import type { JsonBytes } from '../json/members.ts';
import type { CompletionRecord, StoredCompletion } from './storage.ts';

export interface JournalStorage {
  /**
   * Keeps notes until their completion is inserted, recovered, deleted or dropped. One with a number that is there replaces
   * it. Nothing is synced: the end of the process loses nothing of it, that of the machine what was noted since the last
   * commit. What is asked for later never happens before it.
   *
   * Throws `StorageError` if it cannot be done now, and nothing is changed. The store stays `available`.
   */
  note(notes: JournalUpdate): Promise<void>;

  /** Everyone who has noted something, or has had something noted. */
  listNoters(): Promise<Noter[]>;

  /** The first completion behind the id `after` that this one has noted, with all notes on it; undefined if there is none. */
  getNoted(noter: string, after: string): Promise<NotedCompletion | undefined>;

  /**
   * Inserts the record of what another process has noted and left, and removes the notes. Resolves with false, and keeps
   * nothing, if they are gone meanwhile, or the completion is kept already. Throws like `insert`.
   */
  recover(record: CompletionRecord): Promise<boolean>;

  /** Removes the noter and all notes that are left, unless the beat has gone on. */
  removeNoter(noter: Noter): Promise<void>;
}

/** A process that notes what is under way. */
export interface Noter {
  /** Nobody else has it. */
  readonly name: string;
  /** Goes up as long as the process lives and has something noted. */
  readonly beat: number;
}

export interface JournalUpdate {
  readonly noter: Noter;
  readonly notes: readonly JournalNote[];
  /** Of these, no notes are needed any longer. */
  readonly dropped: readonly CompletionPlace[];
}

export type CompletionPlace = Pick<StoredCompletion, 'project' | 'id'>;

/** How far an exchange has come. */
export type Progress = Pick<StoredCompletion, 'upstream' | 'firstByteMs' | 'totalMs'>;

export interface JournalNote extends CompletionPlace, Progress {
  /** From 0: notes are read in this order. Only what has a note 0 is found. */
  readonly number: number;
  readonly bytes: JsonBytes;
}

export interface NotedCompletion extends CompletionPlace {
  /** As the last note tells it. */
  readonly progress: Progress;
  /** What was noted, by number. */
  readonly notes: readonly JsonBytes[];
}
