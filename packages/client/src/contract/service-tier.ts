import type { OpenEnum } from './open-enum.ts';

/**
 * How fast and at what price a request is served.
 *
 * `auto` follows the project's settings; `default` is the standard; `flex` is slower and cheaper; `priority`
 * and `fast` both ask for the fast one; `scale` draws on bought capacity.
 */
export type ServiceTier = OpenEnum<'auto' | 'default' | 'flex' | 'scale' | 'priority' | 'fast'>;
