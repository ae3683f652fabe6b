import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';

import { APIUserAbortError, InternalServerError } from '../src/errors.ts';
import { CursorPage, PagePromise, requestPage } from '../src/page.ts';
import { json, listen, type TestServer } from './listen.ts';

interface Item {
  id: string;
}

interface Page {
  data?: unknown;
  has_more?: unknown;
  first_id?: unknown;
  last_id?: unknown;
}

function page(names: readonly string[], has_more: boolean): Page {
  const data = names.map((id) => ({ id }));
  return { data, has_more, first_id: names[0] ?? null, last_id: names.at(-1) ?? null };
}

const THREE = [page(['a', 'b'], true), page(['c', 'd'], true), page(['e'], false)];

/** A server that answers with these pages, one after the other. */
async function serve(t: TestContext, pages: readonly object[]): Promise<TestServer> {
  const server: TestServer = await listen(t, (response, request) => {
    const body = pages[server.requests.length - 1];
    if (body === undefined) json({ error: { message: 'No such page.' } }, 500)(response, request);
    else json({ object: 'list', ...body }, 200, { 'x-request-id': 'req_1' })(response, request);
  });
  return server;
}

function list(server: TestServer, query: object = {}, signal?: AbortSignal): PagePromise<Item> {
  const { baseURL } = server;
  return requestPage<Item>({ baseURL, apiKey: null }, '/chat/completions', query, { signal });
}

function queries(server: TestServer): string[] {
  return server.requests.map((request) => new URL(request.url, server.baseURL).search);
}

async function ids(items: AsyncIterable<Item>): Promise<string[]> {
  return (await Array.fromAsync(items)).map((item) => item.id);
}

describe('the iteration of a list', () => {
  it('gives the items of all pages', async (t) => {
    const server = await serve(t, THREE);
    assert.deepEqual(await ids(list(server)), ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(queries(server), ['', '?after=b', '?after=d']);
  });

  it('may begin with a page that was awaited', async (t) => {
    const server = await serve(t, THREE);
    const first = await list(server);
    assert.deepEqual(await ids(first), ['a', 'b', 'c', 'd', 'e']);
    assert.equal(server.requests.length, 3);
  });

  it('repeats the query, but for its `after`', async (t) => {
    const server = await serve(t, THREE);
    await ids(
      list(server, { model: 'small', metadata: { user: 'Ann' }, after: 'z', limit: 2, order: 'desc' }),
    );
    const query = (after: string) => `?model=small&metadata%5Buser%5D=Ann&after=${after}&limit=2&order=desc`;
    assert.deepEqual(queries(server), [query('z'), query('b'), query('d')]);
  });

  it('repeats the headers', async (t) => {
    const server = await serve(t, THREE);
    const options = { baseURL: server.baseURL, apiKey: 'sk-1' };
    await ids(requestPage<Item>(options, '/x', {}, { headers: { 'x-trace': '1' } }));
    assert.deepEqual(
      server.requests.map(({ headers }) => `${headers.authorization} ${String(headers['x-trace'])}`),
      ['Bearer sk-1 1', 'Bearer sk-1 1', 'Bearer sk-1 1'],
    );
  });

  it('fetches a page when its first item is needed, and not before', async (t) => {
    const server = await serve(t, THREE);
    const items = list(server)[Symbol.asyncIterator]();
    const counts = [];
    for (let i = 0; i < 5; i += 1) {
      await items.next();
      counts.push(server.requests.length);
    }
    assert.deepEqual(counts, [1, 1, 2, 2, 3]);
  });

  it('fetches nothing more when the caller leaves', async (t) => {
    const server = await serve(t, THREE);
    for await (const item of list(server)) if (item.id === 'b') break;
    assert.equal(server.requests.length, 1);
    for await (const item of list(server)) if (item.id === 'd') break;
    assert.deepEqual(queries(server), ['', '']);
  });

  it('ends where `has_more` is missing or null', async (t) => {
    for (const has_more of [undefined, null]) {
      const server = await serve(t, [{ data: [{ id: 'a' }], has_more }]);
      assert.deepEqual(await ids(list(server)), ['a']);
    }
  });

  it('ends at an empty page, even if it promises more', async (t) => {
    const server = await serve(t, [page(['a'], true), page([], true)]);
    assert.deepEqual(await ids(list(server)), ['a']);
    assert.equal(server.requests.length, 2);
  });

  it('ends where the last item has no id to go on from', async (t) => {
    for (const id of [undefined, null, '']) {
      const server = await serve(t, [{ data: [{ id: 'a' }, { id }], has_more: true }]);
      assert.equal((await Array.fromAsync(list(server))).length, 2);
      assert.equal(server.requests.length, 1);
    }
  });

  it('goes on from the last item, whatever `last_id` says', async (t) => {
    const server = await serve(t, [
      { ...page(['a', 'b'], true), first_id: null, last_id: null },
      page([], false),
    ]);
    assert.deepEqual(await ids(list(server)), ['a', 'b']);
    assert.deepEqual(queries(server), ['', '?after=b']);
  });

  it('encodes the id from which it goes on', async (t) => {
    const server = await serve(t, [page(['a/b&c=d'], true), page([], false)]);
    await ids(list(server));
    assert.deepEqual(queries(server), ['', '?after=a%2Fb%26c%3Dd']);
  });

  it('throws what a later page throws, after the items before', async (t) => {
    const server = await serve(t, [page(['a'], true)]);
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const item of list(server)) seen.push(item.id);
    }, InternalServerError);
    assert.deepEqual(seen, ['a']);
  });

  it('is ended by the caller’s signal, on later pages too', async (t) => {
    const controller = new AbortController();
    const server = await serve(t, THREE);
    await assert.rejects(async () => {
      for await (const item of list(server, {}, controller.signal)) if (item.id === 'b') controller.abort();
    }, APIUserAbortError);
    assert.equal(server.requests.length, 1);
  });
});

describe('a page', () => {
  it('is what awaiting a list gives, and no more', async (t) => {
    const server = await serve(t, THREE);
    const first = await list(server);
    assert.ok(first instanceof CursorPage);
    const { object, data, first_id, last_id, has_more } = first;
    assert.deepEqual(
      { object, data, first_id, last_id, has_more },
      { object: 'list', data: [{ id: 'a' }, { id: 'b' }], first_id: 'a', last_id: 'b', has_more: true },
    );
    assert.equal(server.requests.length, 1);
  });

  it('is written as JSON as it came', async (t) => {
    const server = await serve(t, THREE);
    assert.deepEqual(JSON.parse(JSON.stringify(await list(server))), { object: 'list', ...THREE[0] });
  });

  it('may be empty, with null or nothing for its ids', async (t) => {
    for (const body of [page([], false), { data: [] }, { data: null }, {}]) {
      const { data, first_id, last_id, has_more } = await list(await serve(t, [body]));
      assert.deepEqual([data, first_id, last_id, has_more], [[], null, null, false]);
    }
  });

  it('comes with its response', async (t) => {
    const { data, response, request_id } = await list(await serve(t, THREE)).withResponse();
    assert.deepEqual([data.data.length, response.status, request_id], [2, 200, 'req_1']);
  });

  it('gives the next one', async (t) => {
    const server = await serve(t, THREE);
    const second = await (await list(server, { limit: 2 })).getNextPage();
    assert.deepEqual(second.data, [{ id: 'c' }, { id: 'd' }]);
    const third = await second.getNextPage();
    assert.deepEqual([third.data, third.hasNextPage()], [[{ id: 'e' }], false]);
    assert.deepEqual(queries(server), ['?limit=2', '?limit=2&after=b', '?limit=2&after=d']);
  });

  it('rejects the wish for a next one if it is the last', async (t) => {
    const last = [
      page(['e'], false),
      page([], true),
      { data: [{ id: 'e' }] },
      { data: [{}], has_more: true },
      { data: [{ id: null }], has_more: true },
    ];
    for (const body of last) {
      const server = await serve(t, [body]);
      const only = await list(server);
      assert.equal(only.hasNextPage(), false);
      await assert.rejects(only.getNextPage(), RangeError);
      assert.equal(server.requests.length, 1);
    }
  });

  it('gives itself and those that follow', async (t) => {
    const server = await serve(t, THREE);
    const first = await list(server);
    const pages = await Array.fromAsync(first.iterPages());
    assert.equal(pages[0], first);
    assert.deepEqual(
      pages.map(({ data }) => data.map(({ id }) => id)),
      [['a', 'b'], ['c', 'd'], ['e']],
    );
  });

  it('fetches those that follow as they are needed', async (t) => {
    const server = await serve(t, THREE);
    const seen = [];
    for await (const { data } of (await list(server)).iterPages()) {
      seen.push(data.length);
      if (seen.length === 2) break;
    }
    assert.deepEqual(queries(server), ['', '?after=b']);
  });
});
