// The tools of the other type tests, tested themselves.
import type { OpenEnum } from '@colloquy/client/contract';

import type { Assert, CloseEnums, Covers, IsAssignable, WithoutNull } from './type-assertions.ts';

type Not<T extends boolean> = T extends true ? false : true;

export type Tests = [
  closesAnOpenEnum: Assert<Not<IsAssignable<string, CloseEnums<OpenEnum<'a' | 'b'>>>>>,
  keepsItsKnownValues: Assert<IsAssignable<'a' | 'b', CloseEnums<OpenEnum<'a' | 'b'>>>>,
  keepsPlainStrings: Assert<IsAssignable<string, CloseEnums<string>>>,
  closesWithinObjectsAndArrays: Assert<
    IsAssignable<
      CloseEnums<{ a?: Array<{ b: OpenEnum<'c'> | null }>; d: string }>,
      { a?: Array<{ b: 'c' | null }> }
    >
  >,
  takesNullFromTheNamedOnly: Assert<IsAssignable<WithoutNull<{ a: { b: 1 | null } }, 'b'>, { a: { b: 1 } }>>,
  leavesOtherNulls: Assert<Not<IsAssignable<WithoutNull<{ a: 1 | null }, 'b'>, { a: 1 }>>>,
  seesAMissingMember: Assert<Not<Covers<{ a?: 1 }, { a?: 1; b?: 2 }>>>,
  seesAMissingMemberOfAUnion: Assert<Not<Covers<{ a: 1 }, { a: 1 } | { a: 1; b: 2 }>>>,
];
