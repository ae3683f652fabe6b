// The pipeline, one line per step: what every request passes, then the operations.

import swagger from '@fastify/swagger';
import Fastify, { LogController, type FastifyInstance } from 'fastify';

import type { Context } from './context.ts';
import { createAccessCheck, guardAccess } from './middleware/access.ts';
import { answerPages } from './middleware/cors.ts';
import { answerBrokenRequest, answerErrors, createEarlyErrorHandler } from './middleware/errors.ts';
import { MAX_BODY_BYTES, parseJsonBodies } from './middleware/json-body.ts';
import { logAnswers, logDestination } from './middleware/log.ts';
import { watchMethods } from './middleware/methods.ts';
import { parseQuery, refuseRepeatedParameters } from './middleware/query.ts';
import { pickRequestId, sendRequestId } from './middleware/request-id.ts';
import { RequestLog } from './middleware/request-log.ts';
import { Recovery } from './recovery/recovery.ts';
import { Retention } from './retention/retention.ts';
import { createChatCompletion } from './routes/create-chat-completion.ts';
import { deleteChatCompletion } from './routes/delete-chat-completion.ts';
import { getChatCompletionMessages } from './routes/get-chat-completion-messages.ts';
import { getChatCompletion } from './routes/get-chat-completion.ts';
import { health } from './routes/health.ts';
import { listChatCompletions } from './routes/list-chat-completions.ts';
import { listModels } from './routes/list-models.ts';
import { openapi } from './routes/openapi.ts';
import { retrieveModel } from './routes/retrieve-model.ts';
import { updateChatCompletion } from './routes/update-chat-completion.ts';
import { VERSION } from './version.ts';

/** As long as a URL can be: an id that is too long is an unknown one. */
const MAX_PARAM_LENGTH = 16_384;
/** How often requests are looked at that take too long to arrive, in parts of the time that their heads may take. */
const CHECKS = 4;
/** How long answers that are broken off have to tell their callers. */
const CUT_MS = 1000;

export interface AppOptions {
  /** How long running answers may go on once the server is told to stop, in milliseconds. Default: 30000. */
  readonly drainMs?: number;
  /** How long the head of a request may take to arrive, in milliseconds. Default: 30000. */
  readonly headersTimeoutMs?: number;
  /** How long a request may take to arrive, in milliseconds. Default: 120000. */
  readonly requestTimeoutMs?: number;
}

/** Closing the app drains it, and closes the context. */
export async function buildApp(
  context: Context,
  { drainMs = 30_000, headersTimeoutMs = 30_000, requestTimeoutMs = 120_000 }: AppOptions = {},
): Promise<FastifyInstance> {
  const checkAccess = createAccessCheck(context.config);
  const app = Fastify({
    logger: { level: context.config.logLevel, stream: logDestination },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: pickRequestId,
    childLoggerFactory: (log, bindings) => new RequestLog(log, bindings),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: requestTimeoutMs,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, querystringParser: parseQuery },
    // Requests are checked as they are: nothing is converted, removed or filled in unseen, but for defaults of a query.
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: true,
        allowUnionTypes: true,
      },
    },
    frameworkErrors: createEarlyErrorHandler(checkAccess),
    clientErrorHandler: answerBrokenRequest,
    return503OnClosing: false,
    http: {
      // A request without it is refused like one with a foreign host.
      requireHostHeader: false,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: headersTimeoutMs / CHECKS,
    },
  });
  // Schemas of answers describe; they neither check nor cut what an upstream sent.
  app.setSerializerCompiler(() => JSON.stringify);

  logAnswers(app);
  sendRequestId(app);
  answerErrors(app);
  guardAccess(app, checkAccess);
  await answerPages(app);
  parseJsonBodies(app);
  refuseRepeatedParameters(app);
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info: { title: 'Colloquy', version: VERSION } },
    // OpenAPI knows no wildcards; the only one is the name of a model.
    transform: ({ schema, url }) => ({ schema, url: url.replace('*', ':model') }),
  });

  const refuseOtherMethods = watchMethods(app);
  createChatCompletion(app, context);
  listChatCompletions(app, context);
  getChatCompletion(app, context);
  getChatCompletionMessages(app, context);
  updateChatCompletion(app, context);
  deleteChatCompletion(app, context);
  listModels(app, context);
  retrieveModel(app, context);
  health(app, context);
  openapi(app);
  refuseOtherMethods();

  recoverWhatWasLeft(app, context);
  deleteWhatIsDue(app, context);
  closeWith(app, context, drainMs);
  return app;
}

function recoverWhatWasLeft(app: FastifyInstance, { storage, journal }: Context): void {
  const recovery = new Recovery(storage, journal, app.log);
  app.addHook('onListen', async () => recovery.start());
  app.addHook('preClose', () => recovery.stop());
}

function deleteWhatIsDue(app: FastifyInstance, { storage, config }: Context): void {
  const retention = new Retention(storage, config.retain, app.log);
  app.addHook('onListen', async () => retention.start());
  app.addHook('preClose', () => retention.stop());
}

/** Running answers may end; those that do not end in time are broken off. */
function closeWith(app: FastifyInstance, context: Context, drainMs: number): void {
  let deadline: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    deadline = setTimeout(() => {
      context.gateway.abortAll();
      // Callers who do not read, and requests that were sent by half.
      deadline = setTimeout(() => app.server.closeAllConnections(), CUT_MS).unref();
    }, drainMs).unref();
  });
  app.addHook('onResponse', (_request, _reply, done) => {
    // A connection that answered while the server was closing would otherwise be kept for a next request.
    if (deadline !== undefined) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
  app.addHook('onClose', async () => {
    await context.close();
    clearTimeout(deadline);
  });
}
