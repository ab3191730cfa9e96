CREATE TABLE host (closed INTEGER NOT NULL);
INSERT INTO host VALUES (1);

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

CREATE TABLE starts (life INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE shown (life INTEGER PRIMARY KEY, body TEXT NOT NULL);

CREATE TABLE episodes (position INTEGER PRIMARY KEY, life INTEGER NOT NULL, n INTEGER NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX episodes_by_number ON episodes (life, n);

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
