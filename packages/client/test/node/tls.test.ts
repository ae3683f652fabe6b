import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';

import { createNodeFetch, nodeFetch } from '../../src/node/index.ts';
import { CERTIFICATE } from './certificate.ts';
import { listenSecure } from './listen-secure.ts';

describe('TLS', { timeout: 20_000 }, () => {
  it('asks for the name of the server, but not for an address', async (t) => {
    const { port } = await listenSecure(t);
    const fetch = createNodeFetch({ tls: { ca: CERTIFICATE } });
    assert.equal(await (await fetch(`https://localhost:${port}/x`)).text(), 'localhost /x');
    assert.equal(await (await fetch(`https://127.0.0.1:${port}/x`)).text(), 'none /x');
  });

  it('keeps its connection for the next request', async (t) => {
    const { port, sockets } = await listenSecure(t);
    const fetch = createNodeFetch({ tls: { ca: CERTIFICATE } });
    for (let i = 0; i < 5; i += 1) await (await fetch(`https://localhost:${port}/`)).text();
    assert.equal(sockets.length, 1);
  });

  it('trusts nobody but whom the system or `ca` trusts', async (t) => {
    const { port } = await listenSecure(t);
    await assert.rejects(nodeFetch(`https://localhost:${port}/`), (error) => {
      assert.ok(error instanceof TypeError);
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
      return true;
    });
  });

  it('trusts a certificate only for the names in it', async (t) => {
    const { port } = await listenSecure(t);
    const fetch = createNodeFetch({
      // The name of another server, at this one's address.
      tls: { ca: CERTIFICATE, servername: 'other.example' },
    });
    await assert.rejects(fetch(`https://localhost:${port}/`), (error) => {
      assert.ok(error instanceof TypeError);
      assert.equal((error.cause as NodeJS.ErrnoException).code, 'ERR_TLS_CERT_ALTNAME_INVALID');
      return true;
    });
  });

  it('trusts everybody if it is told to', async (t) => {
    const { port } = await listenSecure(t);
    const fetch = createNodeFetch({ tls: { rejectUnauthorized: false } });
    assert.equal((await fetch(`https://localhost:${port}/`)).status, 200);
  });

  it('does not keep the process from ending while its connection waits', async (t) => {
    const { port } = await listenSecure(t);
    const script = `
      const { createNodeFetch } = await import(${JSON.stringify(import.meta.resolve('../../src/node/index.ts'))});
      const fetch = createNodeFetch({ tls: { ca: process.argv[2] } });
      await (await fetch(process.argv[1])).text();
      await new Promise(setImmediate);
      console.log(process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout/.test(name)).join());
    `;
    const args = ['--input-type=module', '-e', script, `https://localhost:${port}/`, CERTIFICATE];
    assert.equal((await promisify(execFile)(process.execPath, args)).stdout.trim(), '');
  });
});
