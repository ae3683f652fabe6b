import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { findRoutes, servesModel, type ModelRoute } from '../../src/upstream/route-models.ts';
import { makeRoute } from './make-route.ts';

function route(name: string, ...models: string[]): ModelRoute {
  return makeRoute(name, { models });
}

function matches(pattern: string, model: string): boolean {
  return servesModel(route('any', pattern), model);
}

/** The same pattern as a regular expression. */
function toRegExp(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^a-z]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^]*')}$`);
}

describe('a pattern', () => {
  it('without a star is one name', () => {
    assert.equal(matches('gpt-4', 'gpt-4'), true);
    for (const model of ['gpt-4o', 'agpt-4', 'GPT-4', 'gpt-4 ', 'gpt', '']) {
      assert.equal(matches('gpt-4', model), false, model);
    }
  });

  it('without a star matches only itself, whatever it holds', () => {
    const name = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('*'));
    fc.assert(
      fc.property(name, name, (pattern, model) => {
        assert.equal(matches(pattern, model), pattern === model);
        assert.equal(matches(pattern, pattern), true);
      }),
    );
  });

  it('of a star matches every name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 4 }), (model, stars) => {
        assert.equal(matches('*'.repeat(stars), model), true);
      }),
    );
  });

  it('takes a star at either end, or between', () => {
    assert.equal(matches('gpt-*', 'gpt-4o'), true);
    assert.equal(matches('gpt-*', 'gpt-'), true);
    assert.equal(matches('gpt-*', 'my-gpt-4'), false);
    assert.equal(matches('*-latest', 'claude-latest'), true);
    assert.equal(matches('*-latest', 'claude-latest-2'), false);
    assert.equal(matches('meta/*:free', 'meta/llama:free'), true);
    assert.equal(matches('*llama*', 'meta/llama-3'), true);
    assert.equal(matches('*llama*', 'meta/lama-3'), false);
  });

  it('does not count a character twice', () => {
    assert.equal(matches('ab*ba', 'aba'), false);
    assert.equal(matches('ab*ba', 'abba'), true);
    assert.equal(matches('a*a*a', 'aa'), false);
    assert.equal(matches('*ab*b', 'ab'), false);
  });

  it('takes everything else as it is', () => {
    for (const pattern of ['gpt.4', 'gpt?4', 'gpt[4]', '(gpt|4)', '^gpt$', String.raw`gpt\d`, 'gpt+']) {
      assert.equal(matches(pattern, pattern), true);
      assert.equal(matches(pattern, 'gpt4'), false);
    }
  });

  it('matches what the same regular expression matches', () => {
    const letters = (...alphabet: string[]) =>
      fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 8 });
    fc.assert(
      fc.property(letters('a', 'b', '*', '*', '.'), letters('a', 'b', '.'), (pattern, model) => {
        assert.equal(matches(pattern, model), toRegExp(pattern).test(model));
      }),
      { numRuns: 5000 },
    );
  });

  it('is not made slow by a name', () => {
    // A regular expression would go back and forth through this for longer than anyone lives.
    assert.equal(matches(`${'*a'.repeat(50)}*b`, 'a'.repeat(100_000)), false);
  });
});

describe('findRoutes', () => {
  const find = (routes: ModelRoute[], model: string) =>
    findRoutes(routes, model)?.map(({ upstream }) => upstream.name);

  it('finds every upstream that serves the model, in their order', () => {
    const routes = [route('one', 'gpt-4', 'o1-*'), route('two', 'gpt-*', 'llama'), route('three', '*-mini')];
    const found = ['gpt-4', 'gpt-4o', 'o1-mini', 'llama', 'phi-mini', 'gpt-4o-mini', 'phi', ''].map((model) =>
      find(routes, model),
    );
    assert.deepEqual(found, [
      ['one', 'two'],
      ['two'],
      ['one', 'three'],
      ['two'],
      ['three'],
      ['two', 'three'],
      undefined,
      undefined,
    ]);
  });

  it('prefers the order of the routes to how exact a pattern is', () => {
    assert.deepEqual(find([route('any', '*'), route('exact', 'gpt-4')], 'gpt-4'), ['any', 'exact']);
  });

  it('finds nothing where nothing is', () => {
    assert.equal(find([], 'gpt-4'), undefined);
    assert.equal(find([route('none')], 'gpt-4'), undefined);
  });
});
