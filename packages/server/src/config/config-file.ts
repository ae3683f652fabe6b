// The configuration file: YAML, and so JSON too. Every value comes with its place, for the errors.

import { readFileSync } from 'node:fs';

import { LineCounter, isMap, isScalar, isSeq, parseDocument, type Node } from 'yaml';

import { readErrorMessage } from '../error-message.ts';
import { ConfigError } from './config.ts';
import { SETTINGS, toMember } from './settings.ts';
import { UPSTREAM_SETTINGS } from './upstream-settings.ts';

/** A value, and where it was given, as an error names it. */
export interface Given {
  readonly value: unknown;
  readonly place: string;
}

/** A map of the file. */
export interface Section {
  readonly place: string;
  readonly members: ReadonlyMap<string, Given>;
}

export interface ConfigFile extends Section {
  /** The rows of `upstreams`; undefined if the file has none. */
  readonly upstreams: readonly Section[] | undefined;
}

const UPSTREAMS = 'upstreams';
const FILE_MEMBERS = [...Object.values(SETTINGS).map(toMember), UPSTREAMS];
const UPSTREAM_MEMBERS = ['name', 'baseURL', 'keyEnv', 'keyFile', ...Object.keys(UPSTREAM_SETTINGS)];

/**
 * `givenBy` is the option or variable that names the file.
 *
 * Throws `ConfigError` with file and line if it cannot be read, is no YAML, or has members that mean nothing.
 */
export function readConfigFile(path: string, givenBy: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(readText(path, givenBy), {
    lineCounter: lines,
    prettyErrors: false,
    // What is odd is refused with its line, not printed as a warning of Node.
    logLevel: 'error',
  });
  const placeAt = (offset: number): string => `${path}:${lines.linePos(offset).line}`;
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) throw new ConfigError(`${placeAt(fault.pos[0])}: ${fault.message}`);

  function readSection(node: unknown, place: string, known: readonly string[]): Section {
    if (!isMap<Node, Node | null>(node))
      throw new ConfigError(`${place}: must be a map of ${known.join(', ')}`);
    return { place, members: new Map(node.items.map(({ key, value }) => readMember(key, value, known))) };
  }

  function readMember(key: Node, value: Node | null, known: readonly string[]): [string, Given] {
    const name = String(isScalar(key) ? key.value : key);
    const place = placeAt(key.range?.[0] ?? 0);
    if (!known.includes(name))
      throw new ConfigError(`${place}: unknown member '${name}'; known are ${known.join(', ')}`);
    return [name, { value: value === null ? null : readValue(value, place), place: `${place}: ${name}` }];
  }

  function readValue(node: Node, place: string): unknown {
    try {
      return node.toJS(document);
    } catch (error) {
      // Only here are aliases followed: to nothing, or to more than memory holds.
      throw new ConfigError(`${place}: ${readErrorMessage(error)}`);
    }
  }

  function readUpstreams(node: unknown, place: string): Section[] {
    if (!isSeq<Node>(node) || node.items.length === 0) {
      throw new ConfigError(`${place} must be a list of at least one upstream`);
    }
    return node.items.map((item) => readSection(item, placeAt(item.range?.[0] ?? 0), UPSTREAM_MEMBERS));
  }

  const section = readSection(document.contents, `${path}:1`, FILE_MEMBERS);
  const upstreams = section.members.get(UPSTREAMS);
  return { ...section, upstreams: upstreams && readUpstreams(document.get(UPSTREAMS), upstreams.place) };
}

function readText(path: string, givenBy: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw new ConfigError(`${givenBy}: ${path} cannot be read: ${readErrorMessage(error)}`);
  }
}
