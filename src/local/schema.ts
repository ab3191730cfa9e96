// The tables. Rows that change at every step are small and apart from payloads, which may have megabytes:
// SQLite writes a whole row anew whenever a column of it changes.

/** Raised with every change of the tables; a database of a later version is refused. */
export const schemaVersion = 1

/** Marks the file as Tenuto's ('TENU'). */
export const applicationId = 0x54_45_4e_55

export const schema = `
-- closed: 1 while the database is closed in order, so that the next open knows whether the process was killed.
CREATE TABLE host (closed INTEGER NOT NULL);
INSERT INTO host VALUES (1);

-- A life is one incarnation of an instance; the other tables name it by this number instead of two long ids.
-- projected: status by the newest projection; listed: what it is listed under, which is STALLED while that is set.
-- shown_n: number of the episode that is projected; last_n: of the newest; opening_n: of the newest that continued as new.
-- unread: external events that the newest episode left unread.
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
  purged_at INTEGER
);
CREATE UNIQUE INDEX instances_by_id ON instances (instance_id);
CREATE INDEX instances_by_age ON instances (created_at) WHERE purged_at IS NULL;
CREATE INDEX instances_by_status ON instances (listed, created_at) WHERE purged_at IS NULL;

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
