import type { Storage } from '../../packages/server/src/storage/storage.ts';
import type { Sample } from './make-chats.ts';
import type { Report } from './report.ts';

/** How many are changed, at most. */
const CHANGES = 500;

/** Prints what an update and a deletion of some records cost. */
export async function measureChanges(
  report: Report,
  storage: Storage,
  some: readonly Sample[],
): Promise<void> {
  // In no order of time, as people come upon them.
  const records = some.map((_, index) => some[(index * 977) % some.length]!).values();
  const next = (): Sample => records.next().value ?? some[0]!;
  await report.timeEach('update', Math.min(CHANGES, some.length / 3), () => {
    const { project, id, metadata } = next();
    return storage.updateMetadata(project, id, { ...metadata, rating: 'good' });
  });
  await report.timeEach('delete', Math.min(CHANGES, some.length / 3), () => {
    const { project, id } = next();
    return storage.delete(project, id);
  });
}
