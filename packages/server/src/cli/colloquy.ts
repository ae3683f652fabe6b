#!/usr/bin/env node
// The command `colloquy`: one file per subcommand.

import { Command, CommanderError } from 'commander';

import { ConfigError } from '../config/config.ts';
import { VERSION } from '../version.ts';
import { addBackup } from './backup.ts';
import { addDelete } from './delete.ts';
import { addDoctor } from './doctor.ts';
import { addRestore } from './restore.ts';
import { addServe } from './serve.ts';
import { addVerify } from './verify.ts';

/** The command line, a setting or a file is wrong: nothing was started. */
const EXIT_MISUSE = 2;

const program = new Command('colloquy')
  .description(
    'The OpenAI Chat Completions API as a server that you own: any model in front, your completions kept.',
  )
  .version(VERSION, '--version', 'print the version')
  .helpOption('--help', 'print this help')
  .helpCommand(false)
  .showHelpAfterError('(--help lists what can be given)')
  .exitOverride();
addServe(program);
addVerify(program);
addDoctor(program);
addDelete(program);
addBackup(program);
addRestore(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has already printed what was wrong; help and version are no errors.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_MISUSE;
  } else if (error instanceof ConfigError) {
    console.error(`error: ${error.message}`);
    process.exitCode = EXIT_MISUSE;
  } else {
    throw error;
  }
}
