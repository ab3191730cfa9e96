// The tables. Rows that change at every step are small and apart from payloads, which may have megabytes:
// SQLite writes a whole row anew whenever a column of it changes.

/** Raised with every change of the tables; a database of a later version is refused, one of an earlier version is brought up to date. */
export const schemaVersion = 3

/** Marks the file as Tenuto's ('TENU'). */
export const applicationId = 0x54_45_4e_55

/** New in version 2. Ends and purges are looked for when their time of retention is over. */
const searchTables = `
CREATE INDEX instances_by_parent ON instances (parent_id, created_at)
  WHERE parent_id IS NOT NULL AND purged_at IS NULL;
CREATE INDEX instances_by_end ON instances (updated_at)
  WHERE purged_at IS NULL AND projected IN ('COMPLETED', 'FAILED', 'TERMINATED');
CREATE INDEX instances_by_purge ON instances (purged_at) WHERE purged_at IS NOT NULL;
CREATE TABLE tags (
  life INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (name, value, life)
) WITHOUT ROWID;
CREATE INDEX tags_by_life ON tags (life);
`

/** New in version 3. What runs of activities leave for those that come after them. */
const attemptTable = `
CREATE TABLE attempts (
  life INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  written_at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (life, generation, first_seq)
) WITHOUT ROWID;
CREATE INDEX attempts_by_age ON attempts (written_at);
`

/** What makes the tables of a version those of the next; the first entry is for version 1. */
export const migrations: readonly string[] = [
  `
ALTER TABLE instances ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE instances ADD COLUMN parent_id TEXT;
UPDATE instances SET
  name = coalesce((SELECT body ->> '$.name' FROM starts WHERE starts.life = instances.life), ''),
  parent_id = (SELECT body ->> '$.parent.instanceId' FROM starts WHERE starts.life = instances.life);
${searchTables}
INSERT INTO tags SELECT starts.life, each.key, each.value
  FROM starts, json_each(starts.body, '$.tags') AS each;
`,
  attemptTable,
]

export const schema = `
-- closed: 1 while the database is closed in order, so that the next open knows whether the process was killed.
CREATE TABLE host (closed INTEGER NOT NULL);
INSERT INTO host VALUES (1);

-- A life is one incarnation of an instance; the other tables name it by this number instead of two long ids.
-- projected: status by the newest projection; listed: what it is listed under, which is STALLED while that is set.
-- shown_n: number of the episode that is projected; last_n: of the newest; opening_n: of the newest that continued as new.
-- unread: external events that the newest episode left unread. name, parent_id: as in starts, to be looked for.
CREATE TABLE instances (
  life INTEGER PRIMARY KEY,
  instance_id TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  projected TEXT NOT NULL,
  listed TEXT NOT NULL,
  shown_n INTEGER NOT NULL,
  last_n INTEGER NOT NULL,
  opening_n INTEGER NOT NULL,
  unread INTEGER NOT NULL,
  purged_at INTEGER,
  name TEXT NOT NULL DEFAULT '',
  parent_id TEXT
);
CREATE UNIQUE INDEX instances_by_id ON instances (instance_id);
CREATE INDEX instances_by_age ON instances (created_at) WHERE purged_at IS NULL;
CREATE INDEX instances_by_status ON instances (listed, created_at) WHERE purged_at IS NULL;
${searchTables}
-- What an instance was started with; never changes.
CREATE TABLE starts (life INTEGER PRIMARY KEY, body TEXT NOT NULL);
-- Output, failure, custom status, reason of a stall.
CREATE TABLE shown (life INTEGER PRIMARY KEY, body TEXT NOT NULL);

-- Rowid tables, in order of writing: an append touches the last pages only, and bodies lie in the leaves.
CREATE TABLE episodes (position INTEGER PRIMARY KEY, life INTEGER NOT NULL, n INTEGER NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX episodes_by_number ON episodes (life, n);

-- position is the order of acceptance.
CREATE TABLE inbox (
  position INTEGER PRIMARY KEY,
  life INTEGER NOT NULL,
  fact_id TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  digest TEXT,
  body TEXT NOT NULL
);
CREATE UNIQUE INDEX inbox_by_fact ON inbox (life, fact_id);
CREATE INDEX inbox_by_life ON inbox (life);

-- What is left of consumed inbox rows that had a digest.
CREATE TABLE consumed (
  life INTEGER NOT NULL,
  fact_id TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  consumed_at INTEGER NOT NULL,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (life, fact_id)
) WITHOUT ROWID;
CREATE INDEX consumed_by_age ON consumed (consumed_at);
${attemptTable}
-- Both queues and the timers. generation and seq are set on timers alone, and make them unique.
-- boots: starts of the process after a kill that found the message due; attempts: deliveries since it is a suspect;
-- receives: deliveries that ended without an acknowledgement.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  lane TEXT NOT NULL,
  visible_at INTEGER NOT NULL,
  boots INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  receives INTEGER NOT NULL,
  instance_id TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  generation INTEGER,
  seq INTEGER,
  token TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX messages_by_lane ON messages (lane, visible_at);
CREATE INDEX messages_by_token ON messages (token);
CREATE UNIQUE INDEX messages_by_timer ON messages (instance_id, incarnation, generation, seq) WHERE seq IS NOT NULL;
`
