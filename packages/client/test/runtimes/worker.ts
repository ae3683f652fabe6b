// The program on a Workers runtime: sent the base URL, it answers with what the runtime calls itself.

import { program } from './program.ts';
import { userAgent } from './user-agent.ts';

export default {
  async fetch(request: Request): Promise<Response> {
    try {
      await program(await request.text());
      return new Response(userAgent());
    } catch (error) {
      return new Response(error instanceof Error ? error.stack : String(error), { status: 500 });
    }
  },
};
