/** Something that `colloquy doctor` says of a store. */
export interface Finding {
  /**
   * - `fine`: it is as it should be.
   * - `note`: it works, but could be better, or is worth knowing.
   * - `fault`: a promise would be broken.
   */
  readonly level: 'fine' | 'note' | 'fault';
  readonly text: string;
}

export function fine(text: string): Finding {
  return { level: 'fine', text };
}

export function note(text: string): Finding {
  return { level: 'note', text };
}

export function fault(text: string): Finding {
  return { level: 'fault', text };
}
