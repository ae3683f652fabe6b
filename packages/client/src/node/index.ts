export { createNodeFetch, nodeFetch } from './node-fetch.ts';
export type { NodeFetchOptions } from './routes.ts';
