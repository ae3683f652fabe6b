import type { Command } from 'commander';

import type { Config } from '../config/config.ts';
import { loadConfig, type GivenOptions } from '../config/load-config.ts';
import { SETTINGS, toCamelCase, toVariable, type Setting } from '../config/settings.ts';

export function addServe(program: Command): void {
  const serve = program
    .command('serve')
    .description('Serve the API in front of the upstreams, and keep what is to be kept.')
    .helpOption('--help', 'print this help')
    .option(
      '--config <FILE>',
      `file with these settings and several upstreams, in YAML or JSON (${toVariable('config')})`,
    )
    .addHelpText('after', '\nAn option stands above its environment variable, and that above the file.')
    .action(async () => {
      const load = (): Config => loadConfig(readGiven(serve.opts()), process.env);
      const config = load();
      // No other command waits for what only a server needs.
      const { startServing } = await import('./serving.ts');
      await startServing(config, load);
    });
  for (const setting of Object.values(SETTINGS)) addSetting(serve, setting);
}

function addSetting(serve: Command, setting: Setting<unknown>): void {
  const { option, placeholder, help, defaultText, isList = false } = setting;
  const flags = `--${option} <${placeholder}>`;
  const description = `${help} (${toVariable(option)}; default: ${defaultText})`;
  if (isList) {
    serve.option(flags, description, (value, before: readonly string[] | undefined) => [
      ...(before ?? []),
      value,
    ]);
  } else {
    serve.option(flags, description);
  }
}

/** Commander names options in camel case; the settings know them as they are written. */
function readGiven(values: GivenOptions): GivenOptions {
  const options = ['config', ...Object.values(SETTINGS).map(({ option }) => option)];
  return Object.fromEntries(options.map((option) => [option, values[toCamelCase(option)]]));
}
