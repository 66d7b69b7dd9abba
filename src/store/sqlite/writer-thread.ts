// The thread of the quarantine's one writer: opens and repairs the database, then commits what it is asked to in groups.

import { mkdirSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../../model/failure.ts';
import { letGoOfStart } from '../../model/let-go.ts';
import { errorText } from '../../model/thrown.ts';
import { openForWriting } from './database.ts';
import { type Call, commitTogether } from './group-commit.ts';
import { databaseFile, unfinishedDir } from './layout.ts';
import { migrate } from './migrations.ts';
import { operations } from './operations.ts';
import { recover } from './recovery.ts';
import { migrations } from './schema.ts';

/** A group is closed at this many operations, so that the first of them does not wait for the last. */
const groupSize = 50;

const dataDir: string = workerData.dataDir;
const port = parentPort;

try {
  mkdirSync(unfinishedDir(dataDir), { recursive: true, mode: 0o700 });
  const db = openForWriting(databaseFile(dataDir));
  migrate(db, migrations);
  const all = operations(db);
  port?.postMessage({ ready: recover(db, all, dataDir) });
  letGoOfStart();
  serve(
    calls => port?.postMessage(commitTogether(db, all, calls)),
    () => db.close(),
  );
} catch (cause) {
  port?.postMessage({
    failed: errorText(cause),
    isConfig: cause instanceof ConfigError,
  });
  port?.close();
}

/** While one group is committed, the next one gathers in the port: the fsync itself is the window. */
function serve(commit: (calls: readonly Call[]) => void, close: () => void): void {
  const gathered: Call[] = [];
  const flush = () => {
    const group = gathered.splice(0, groupSize);
    if (gathered.length > 0) setImmediate(flush);
    commit(group);
  };
  port?.on('message', (message: Call | 'close') => {
    if (message === 'close') {
      while (gathered.length > 0) flush();
      close();
      port?.close();
      return;
    }
    gathered.push(message);
    if (gathered.length === 1) setImmediate(flush);
  });
}
