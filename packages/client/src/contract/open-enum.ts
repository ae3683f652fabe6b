/**
 * The values known today, offered by editors, and any other string: a value that a server or a model
 * starts to send tomorrow still type-checks and survives.
 */
export type OpenEnum<Known extends string> = Known | (string & {});
