// What the relay costs, beside its peers: `npm run bench:relay`, see README.md.

import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { formatTable } from '../client/table.ts';
import { compare } from './compare.ts';
import { GATEWAYS } from './gateways.ts';
import { measureIdle } from './idle.ts';
import { forkServer, stop } from './processes.ts';
import { SCENARIOS } from './scenarios.ts';
import { soak } from './soak.ts';

const { values: options } = parseArgs({
  options: {
    /** Enough to see that all works, not for figures. */
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    scale: { type: 'string' },
    scenario: { type: 'string', default: '' },
    gateway: { type: 'string', multiple: true },
    beside: { type: 'string' },
    idle: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
  },
});
const scenarios = SCENARIOS.map(({ name }) => name);
requireSome('scenario', scenarios, (name) => name.includes(options.scenario));
for (const part of options.gateway ?? []) {
  requireSome('gateway', Object.keys(GATEWAYS), (name) => name.startsWith(part));
}
const isAll = !options.idle && !options.soak && options.scenario === '' && options.gateway === undefined;

const folder = await mkdtemp(join(tmpdir(), 'colloquy-bench-'));
const upstream = await forkServer('upstream.ts');
const place = { upstreamPort: upstream.port, folder };
sayLoad();
try {
  if (!options.idle && !options.soak) {
    await compare(
      { ...place, beside: options.beside },
      {
        rounds: Number(options.rounds ?? (options.quick ? 3 : 5)),
        scale: Number(options.scale ?? (options.quick ? 0.1 : 1)),
        scenario: options.scenario,
        gateways: options.gateway,
      },
    );
  }
  if (isAll || options.idle) {
    const table = await measureIdle(place, upstream.process, options.quick ? 1000 : 10_000);
    console.log(`${formatTable(table)}\n`);
  }
  if (isAll || options.soak) {
    console.log(`${formatTable(await soak(place, options.quick ? 20_000 : 200_000))}\n`);
  }
} finally {
  await stop(upstream.process);
  await rm(folder, { recursive: true, force: true });
}
sayLoad();

/** Ends the program if nothing that is named is meant. */
function requireSome(option: string, names: readonly string[], isMeant: (name: string) => boolean): void {
  if (names.some(isMeant)) return;
  console.error(`--${option} names none of these: ${names.map((name) => `"${name}"`).join(', ')}`);
  process.exit(1);
}

function sayLoad(): void {
  console.log(
    `Load average: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}\n`,
  );
}
