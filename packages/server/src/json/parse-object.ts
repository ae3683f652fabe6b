import type { JsonBytes } from './members.ts';

export type JsonObject = Record<string, unknown>;

/** The object that a JSON text holds; undefined if it holds anything else, or is no JSON. */
export function parseObject(json: JsonBytes | string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(typeof json === 'string' ? json : Buffer.from(json).toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
