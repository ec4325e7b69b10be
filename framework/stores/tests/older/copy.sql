-- The rows of the file that is attached as `other`, in a file of format 1 or 2.
INSERT INTO records SELECT scope, collection, id, version, claims, record FROM other.records;
INSERT INTO entries SELECT scope, collection, index_name, key, id FROM other.entries;
UPDATE meta SET value = (SELECT value FROM other.meta WHERE name = 'version') WHERE name = 'version';
