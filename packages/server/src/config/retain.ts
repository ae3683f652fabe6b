// `retain`: how long completions are kept.

import type { RetentionRule } from './config.ts';

const MS_BY_UNIT: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000 };
const FOREVER = 'forever';
const MEMBERS = ['project', 'metadata', 'for'];

/** A time for everything, or the rules of the file. Throws `TypeError` with what it must be. */
export function parseRetain(given: unknown): readonly RetentionRule[] {
  if (!Array.isArray(given)) return Object.freeze([toRule(undefined, {}, parseTime(given))]);
  if (given.length === 0) throw new TypeError('must be a time such as 30d, or a list of at least one rule');
  const rules = given.map(parseRule);
  for (const [index, { project, metadata }] of rules.slice(0, -1).entries()) {
    if (project === undefined && Object.keys(metadata).length === 0) {
      throw new TypeError(`must not have a rule behind rule ${index + 1}, which is for everything`);
    }
  }
  return Object.freeze(rules);
}

function parseRule(given: unknown, index: number): RetentionRule {
  try {
    if (!isMap(given)) throw new TypeError(`must be a map of ${MEMBERS.join(', ')}`);
    const unknown = Object.keys(given).find((name) => !MEMBERS.includes(name));
    if (unknown !== undefined) throw new TypeError(`has an unknown member '${unknown}'`);
    return toRule(parseProject(given['project']), parseMetadata(given['metadata']), parseTime(given['for']));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(`has a rule that cannot be used: rule ${index + 1} ${error.message}`, {
      cause: error,
    });
  }
}

function toRule(
  project: string | undefined,
  metadata: Readonly<Record<string, string>>,
  keepMs: number,
): RetentionRule {
  return Object.freeze({ project, metadata: Object.freeze({ ...metadata }), keepMs });
}

function parseTime(given: unknown): number {
  if (given === FOREVER) return Infinity;
  const [, count, unit = ''] = (typeof given === 'string' && /^([1-9]\d{0,5})([hd])$/.exec(given)) || [];
  const unitMs = MS_BY_UNIT[unit];
  if (unitMs === undefined) {
    throw new TypeError(`must be for a number of hours or days, like 12h or 30d, or ${FOREVER}`);
  }
  return Number(count) * unitMs;
}

function parseProject(given: unknown): string | undefined {
  if (given !== undefined && (typeof given !== 'string' || given === '')) {
    throw new TypeError('must have the name of a project as its project');
  }
  return given;
}

function parseMetadata(given: unknown = {}): Readonly<Record<string, string>> {
  if (!isMap(given) || !Object.values(given).every((value) => typeof value === 'string')) {
    throw new TypeError('must have a map of texts as its metadata: put quotes around numbers and dates');
  }
  return given as Record<string, string>;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
