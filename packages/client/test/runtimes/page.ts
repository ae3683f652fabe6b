// The program in a page: its script's address carries the base URL; the page logs what the browser calls itself.

import { program } from './program.ts';
import { userAgent } from './user-agent.ts';

const baseURL = new URL(import.meta.url).searchParams.get('baseURL') ?? '';

// A browser that was told to forget about origins would let everything pass.
const { type, headers } = await fetch(`${baseURL}/models`);
if (type !== 'cors' || headers.has('date')) throw new Error('The browser keeps nothing from other origins');

await program(baseURL);
console.log(userAgent());
