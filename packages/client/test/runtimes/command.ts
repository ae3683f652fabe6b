// The program on runtimes with a command line: given the base URL, it prints what the runtime calls itself.

import { program } from './program.ts';
import { userAgent } from './user-agent.ts';

await program(process.argv[2] ?? '');
console.log(userAgent());
