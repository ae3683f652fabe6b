// Who is compared: the limit first, then ours, then the peers. Each name is a file of this folder.

export const SUBJECTS = ['limit', 'colloquy', 'colloquy-node', 'openai', 'xsai', 'ai'] as const;

export type SubjectName = (typeof SUBJECTS)[number];

export const TITLES: Readonly<Record<SubjectName, string>> = {
  limit: 'the limit',
  colloquy: 'Colloquy',
  'colloquy-node': 'with `node`',
  openai: '`openai`',
  xsai: 'xsai',
  ai: 'AI SDK',
};

/** What a program imports for chat: nothing for the limit, which is made of what the platform brings. */
export const IMPORTS: Readonly<Record<SubjectName, readonly string[]>> = {
  limit: [],
  colloquy: ['@colloquy/client'],
  'colloquy-node': ['@colloquy/client', '@colloquy/client/node'],
  openai: ['openai'],
  xsai: ['@xsai/generate-text', '@xsai/stream-text'],
  ai: ['ai', '@ai-sdk/openai-compatible'],
};
