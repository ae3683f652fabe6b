// Tools for tests that the compiler alone runs: the *.types.ts files are checked and never executed.

/** Does not compile unless its argument is true. */
export type Assert<T extends true> = T;

/** Whether every `From` is a `To`. */
export type IsAssignable<From, To> = [From] extends [To] ? true : false;

/** Whether `Ours` takes everything that is a `Theirs`, and knows all of its members by name. */
export type Covers<Ours, Theirs> =
  IsAssignable<Theirs, Ours> extends true ? IsAssignable<KeysOf<Theirs>, KeysOf<Ours>> : false;

/** The keys of every member of a union. */
type KeysOf<T> = T extends unknown ? keyof T : never;

/** Turns each `OpenEnum<'a'>` back into `'a'`, all the way down. A plain string stays what it is. */
export type CloseEnums<T> = T extends string
  ? IsOpenEnd<T> extends true
    ? never
    : T
  : { [K in keyof T]: CloseEnums<T[K]> };

/** Whether `T` is `string & {}`, which is assignable to and from `string`, but not identical to it. */
type IsOpenEnd<T extends string> = string extends T
  ? IsIdentical<T, string> extends true
    ? false
    : true
  : false;

type IsIdentical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Takes null from the members of these names, all the way down. */
export type WithoutNull<T, Names extends string> = {
  [K in keyof T]: WithoutNull<K extends Names ? Exclude<T[K], null> : T[K], Names>;
};

/** Says that a value has this type; a value that must not have it stands under `@ts-expect-error`. */
export declare function takes<T>(value: T): void;
