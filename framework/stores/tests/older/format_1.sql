-- Behind those of format 2: format 1 had one table more.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    answer BLOB NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
UPDATE meta SET value = 1 WHERE name = 'format';
