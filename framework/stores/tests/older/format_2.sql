-- The tables as format 2 had them.
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
    scope TEXT NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    claims BLOB NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (scope, collection, id)
) WITHOUT ROWID;
CREATE TABLE entries (
    scope TEXT NOT NULL,
    collection TEXT NOT NULL,
    index_name TEXT NOT NULL,
    key BLOB NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (scope, collection, index_name, key, id)
) WITHOUT ROWID;
CREATE TABLE events (
    scope TEXT NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (scope, version, position)
) WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('format', 2), ('version', 0);
