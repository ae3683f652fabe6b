// Statements with much to write, sent with less work than the driver's own queries are. For each of those it lets new memory
// grow, so much of it that the collector of garbage looks through the whole heap every few hundred records.

import { Query, type ClientBase, type Connection } from 'pg';

import { ByteWriter, LENGTH_BYTES } from './byte-writer.ts';

const BIND = 'B'.charCodeAt(0);
const BINARY = 1;
/** Behind a name. */
const NUL = 0;

export interface WriteStatement {
  /** Prepared once on each connection, under this name. */
  readonly name: string;
  /** Returns no rows. */
  readonly text: string;
  readonly parameters: number;
}

/** Runs one statement at a time, of which each uses the memory of the one before. */
export class StatementWriter {
  #writer = new ByteWriter();

  /** `write` writes the parameters: each is binary, with its length before it. If this throws, close the connection. */
  async run(
    client: ClientBase,
    statement: WriteStatement,
    write: (writer: ByteWriter) => void,
  ): Promise<void> {
    try {
      this.#writer.clear();
      writeBind(this.#writer, statement, write);
      const bind = this.#writer.written;
      await new Promise<void>((resolve, reject) => {
        client.query(new WriteQuery(statement, bind, (error) => (error ? reject(error) : resolve())));
      });
    } catch (error) {
      // The connection may still be sending from it.
      this.#writer = new ByteWriter();
      throw error;
    }
  }
}

/** @see https://www.postgresql.org/docs/current/protocol-message-formats.html */
function writeBind(
  writer: ByteWriter,
  { name, parameters }: WriteStatement,
  write: (writer: ByteWriter) => void,
): void {
  writer.writeInt8(BIND);
  const start = writer.beginSized();
  writer.writeInt8(NUL);
  writer.writeText(name);
  writer.writeInt8(NUL);
  writer.writeInt16(1);
  writer.writeInt16(BINARY);
  writer.writeInt16(parameters);
  write(writer);
  // No columns come back.
  writer.writeInt16(0);
  writer.endSized(start, LENGTH_BYTES);
}

/** What the driver keeps of a connection beyond its types: the texts of the statements that were prepared, by name. */
interface PreparingConnection extends Connection {
  readonly parsedStatements: Readonly<Record<string, string>>;
}

class WriteQuery extends Query {
  override readonly submit: (connection: Connection) => void;

  constructor({ name, text }: WriteStatement, bind: Buffer, onEnd: (error: Error | undefined) => void) {
    super({ name, text }, onEnd);
    this.submit = (connection) => {
      const { stream, parsedStatements } = connection as PreparingConnection;
      stream.cork();
      if (parsedStatements[name] === undefined) connection.parse({ name, text, types: [] }, true);
      stream.write(bind);
      connection.execute(null, true);
      connection.sync();
      stream.uncork();
    };
  }
}
