-- Format 1: the tables, and the function that commits a unit.
--
-- Every primary key begins with the scope, so that a scope's rows lie together, and so that the tables spread over a
-- distributed PostgreSQL by that column. Ids and names compare as bytes (COLLATE "C"). Nobody waits for a row that
-- another company writes: the number of a commit comes from a sequence.

CREATE TABLE meta (name text COLLATE "C" PRIMARY KEY, value bigint NOT NULL);

CREATE SEQUENCE commits AS bigint MINVALUE 1 NO CYCLE;

-- `indexes`, `keys` and `uniques` are the claims of a record in order, each once. The version stands in its column
-- alone: the one in the head of `record` is 0. Room is left in each page, so that most updates touch no index.
CREATE TABLE records (
    scope text COLLATE "C" NOT NULL,
    collection text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    indexes text[] COLLATE "C" NOT NULL,
    keys bytea[] NOT NULL,
    uniques boolean[] NOT NULL,
    record bytea NOT NULL,
    PRIMARY KEY (scope, collection, id)
) WITH (fillfactor = 85);

CREATE TABLE entries (
    scope text COLLATE "C" NOT NULL,
    collection text COLLATE "C" NOT NULL,
    index_name text COLLATE "C" NOT NULL,
    key bytea NOT NULL,
    id text COLLATE "C" NOT NULL,
    PRIMARY KEY (scope, collection, index_name, key, id)
);

CREATE TABLE events (
    scope text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    position integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (scope, version, position)
);

-- The programs that use the store. One that is not announced again in time may no longer commit.
CREATE TABLE programs (
    program text COLLATE "C" PRIMARY KEY,
    says bytea NOT NULL,
    expires timestamptz NOT NULL
);

-- The second fence around a scope: a statement that writes says first for whom, and can write to nobody else.
ALTER TABLE records ENABLE ROW LEVEL SECURITY;
ALTER TABLE records FORCE ROW LEVEL SECURITY;
CREATE POLICY reading ON records FOR SELECT USING (true);
CREATE POLICY adding ON records FOR INSERT WITH CHECK (scope = current_setting('enaction.scope', true));
CREATE POLICY changing ON records FOR UPDATE USING (scope = current_setting('enaction.scope', true));
CREATE POLICY removing ON records FOR DELETE USING (scope = current_setting('enaction.scope', true));
ALTER TABLE entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE entries FORCE ROW LEVEL SECURITY;
CREATE POLICY reading ON entries FOR SELECT USING (true);
CREATE POLICY adding ON entries FOR INSERT WITH CHECK (scope = current_setting('enaction.scope', true));
CREATE POLICY removing ON entries FOR DELETE USING (scope = current_setting('enaction.scope', true));
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
CREATE POLICY reading ON events FOR SELECT USING (true);
CREATE POLICY adding ON events FOR INSERT WITH CHECK (scope = current_setting('enaction.scope', true));

-- Whether a program that was announced until then may still write; one that never was may.
CREATE FUNCTION lease_holds(ends_at timestamptz) RETURNS boolean LANGUAGE sql VOLATILE
RETURN ends_at IS NULL OR clock_timestamp() < ends_at;

-- The number of the latest commit, 0 before the first.
CREATE FUNCTION latest_commit() RETURNS bigint LANGUAGE sql VOLATILE
BEGIN ATOMIC
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM commits;
END;

-- A record in another schema. In front of who wrote it stand 21 bytes of fixed form; the schema version is the second
-- and third of them, the length of who the last two.
CREATE FUNCTION rewritten(record bytea, schema_version integer, body bytea) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN substr(record, 1, 1) || substr(int4send(schema_version), 3)
    || substr(record, 4, 18 + (get_byte(record, 19) << 8) + get_byte(record, 20)) || body;

-- Whether each scan sees what it saw. A scan of ids has no index. The first place is inclusive, the end exclusive;
-- what scan `i` saw ends at `scan_ends[i]`.
CREATE FUNCTION scans_hold(
    of_scope text,
    scan_collections text[], scan_indexes text[], first_keys bytea[], first_ids text[],
    end_names text[], end_keys bytea[], end_ids text[],
    scan_limits bigint[], scan_mores boolean[], scan_ends integer[], seen_ids text[], seen_versions bigint[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    place refcursor;
    at integer := 0;
    now_id text;
    now_version bigint;
    seen bigint;
BEGIN
    FOR i IN 1 .. cardinality(scan_collections) LOOP
        seen := 0;
        IF scan_indexes[i] IS NULL THEN
            OPEN place FOR SELECT r.id, r.version FROM records r
                WHERE r.scope = of_scope
                    AND (r.collection, r.id) >= (scan_collections[i], first_ids[i])
                    AND (r.collection, r.id) < (end_names[i], end_ids[i])
                ORDER BY r.collection, r.id LIMIT scan_limits[i] + 1;
        ELSE
            OPEN place FOR SELECT e.id, r.version FROM (
                    SELECT id, index_name, key FROM entries
                    WHERE scope = of_scope AND collection = scan_collections[i]
                        AND (index_name, key, id) >= (scan_indexes[i], first_keys[i], first_ids[i])
                        AND (index_name, key) < (end_names[i], end_keys[i])
                    ORDER BY index_name, key, id LIMIT scan_limits[i] + 1
                ) e CROSS JOIN LATERAL (
                    SELECT version FROM records
                    WHERE scope = of_scope AND collection = scan_collections[i] AND id = e.id LIMIT 1
                ) r ORDER BY e.index_name, e.key, e.id;
        END IF;
        LOOP
            FETCH place INTO now_id, now_version;
            EXIT WHEN NOT FOUND;
            seen := seen + 1;
            EXIT WHEN seen > scan_limits[i];
            at := at + 1;
            IF at > scan_ends[i] OR now_id <> seen_ids[at] OR now_version <> seen_versions[at] THEN
                RETURN false;
            END IF;
        END LOOP;
        CLOSE place;
        IF at <> scan_ends[i] OR (seen > scan_limits[i]) <> scan_mores[i] THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END $$;

-- Checks a unit and writes it. What it finds before it writes is an outcome; what it finds later is raised, so that
-- nothing of the unit stays: EN001 with the positions of changes whose keys exist, EN002 with the index of a claim
-- that is taken, EN003 where the unit was only to be checked.
--
-- A read without a version is of a key that was absent and that the unit creates: creating it finds out whether it
-- still is, without a look that would make neighbours in the index wait for each other.
--
-- A change is a write (0), a removal (1), or a record whose entries are set anew (2). Its claims end at
-- `change_claims[i]`. Changes come in the order of their keys, so that two commits wait for each other only one way.
CREATE FUNCTION commit_unit(
    of_scope text, lease_ends timestamptz, validates boolean, numbered boolean,
    read_collections text[], read_ids text[], read_versions bigint[],
    scan_collections text[], scan_indexes text[], first_keys bytea[], first_ids text[],
    end_names text[], end_keys bytea[], end_ids text[],
    scan_limits bigint[], scan_mores boolean[], scan_ends integer[], seen_ids text[], seen_versions bigint[],
    change_kinds smallint[], change_collections text[], change_ids text[], change_versions bigint[],
    change_records bytea[], change_schemas integer[], change_claims integer[],
    claim_indexes text[], claim_keys bytea[], claim_uniques boolean[],
    event_names text[], event_bodies bytea[],
    -- The lease is over; the number; the positions of reads, and behind them of changes, that are stale; a scan is.
    OUT expired boolean, OUT number bigint, OUT stale integer[], OUT scan_is_stale boolean
) LANGUAGE plpgsql AS $$
DECLARE
    alone boolean := cardinality(change_ids) = 1;
    existing integer[] := '{}';
    -- Claims to hold against those of others, and the ids that hold them.
    asked integer[] := '{}';
    askers integer[] := '{}';
    held records%ROWTYPE;
    known bigint;
    till integer := 0;
    since integer;
    new_indexes text[];
    new_keys bytea[];
    new_uniques boolean[];
BEGIN
    PERFORM set_config('enaction.scope', of_scope, true);
    stale := '{}';
    scan_is_stale := false;
    expired := NOT lease_holds(lease_ends);
    IF expired THEN
        RETURN;
    END IF;

    FOR i IN 1 .. cardinality(read_ids) LOOP
        CONTINUE WHEN read_versions[i] IS NULL;
        SELECT r.version INTO known FROM records r
            WHERE r.scope = of_scope AND r.collection = read_collections[i] AND r.id = read_ids[i];
        IF coalesce(known, 0) <> read_versions[i] THEN
            stale := stale || i;
        END IF;
    END LOOP;
    FOR i IN 1 .. cardinality(change_ids) LOOP
        CONTINUE WHEN change_kinds[i] = 2 OR change_versions[i] = 0;
        SELECT r.version INTO known FROM records r
            WHERE r.scope = of_scope AND r.collection = change_collections[i] AND r.id = change_ids[i];
        IF known IS DISTINCT FROM change_versions[i] THEN
            stale := stale || cardinality(read_ids) + i;
        END IF;
    END LOOP;
    scan_is_stale := cardinality(scan_collections) > 0 AND NOT scans_hold(
        of_scope, scan_collections, scan_indexes, first_keys, first_ids, end_names, end_keys, end_ids,
        scan_limits, scan_mores, scan_ends, seen_ids, seen_versions);
    IF scan_is_stale OR stale <> '{}' THEN
        FOR i IN 1 .. cardinality(read_ids) LOOP
            IF read_versions[i] IS NULL AND EXISTS (SELECT FROM records r
                WHERE r.scope = of_scope AND r.collection = read_collections[i] AND r.id = read_ids[i])
            THEN
                stale := stale || i;
            END IF;
        END LOOP;
        RETURN;
    END IF;

    number := CASE WHEN numbered AND NOT validates THEN nextval('commits') ELSE latest_commit() END;

    FOR i IN 1 .. cardinality(change_ids) LOOP
        since := till + 1;
        till := change_claims[i];
        new_indexes := claim_indexes[since:till];
        new_keys := claim_keys[since:till];
        new_uniques := claim_uniques[since:till];
        held := NULL;

        IF change_versions[i] = 0 AND change_kinds[i] = 0 THEN
            INSERT INTO records VALUES (
                of_scope, change_collections[i], change_ids[i], number,
                new_indexes, new_keys, new_uniques, change_records[i]
            ) ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN
                existing := existing || i;
                CONTINUE;
            END IF;
        ELSE
            SELECT * INTO held FROM records r
                WHERE r.scope = of_scope AND r.collection = change_collections[i] AND r.id = change_ids[i];
            IF change_versions[i] = 0 AND change_kinds[i] = 1 THEN
                IF FOUND THEN
                    existing := existing || i;
                END IF;
                CONTINUE;
            ELSIF change_kinds[i] = 1 THEN
                DELETE FROM records r
                    WHERE r.scope = of_scope AND r.collection = change_collections[i] AND r.id = change_ids[i];
            ELSIF change_kinds[i] = 0 THEN
                UPDATE records r SET version = number, record = change_records[i],
                        indexes = new_indexes, keys = new_keys, uniques = new_uniques
                    WHERE r.scope = of_scope AND r.collection = change_collections[i] AND r.id = change_ids[i];
            ELSE
                -- Written or removed since its entries were made.
                CONTINUE WHEN held.version IS DISTINCT FROM change_versions[i];
                UPDATE records r SET indexes = new_indexes, keys = new_keys, uniques = new_uniques,
                        record = CASE WHEN change_records[i] IS NULL THEN r.record
                            ELSE rewritten(r.record, change_schemas[i], change_records[i]) END
                    WHERE r.scope = of_scope AND r.collection = change_collections[i] AND r.id = change_ids[i];
            END IF;
        END IF;

        IF alone AND (held.indexes, held.keys, held.uniques) = (new_indexes, new_keys, new_uniques) THEN
            CONTINUE;
        END IF;
        FOR j IN 1 .. coalesce(cardinality(held.keys), 0) LOOP
            CONTINUE WHEN EXISTS (SELECT FROM unnest(new_indexes, new_keys) AS new(index_name, key)
                WHERE new.index_name = held.indexes[j] AND new.key = held.keys[j]);
            DELETE FROM entries e WHERE e.scope = of_scope AND e.collection = change_collections[i]
                AND e.index_name = held.indexes[j] AND e.key = held.keys[j] AND e.id = change_ids[i];
        END LOOP;
        FOR j IN since .. till LOOP
            INSERT INTO entries VALUES (of_scope, change_collections[i], claim_indexes[j], claim_keys[j], change_ids[i])
                ON CONFLICT DO NOTHING;
            CONTINUE WHEN NOT claim_uniques[j];
            -- Who held it alone before is not asked again, unless another of the unit may have come.
            CONTINUE WHEN alone AND EXISTS (
                SELECT FROM unnest(held.indexes, held.keys, held.uniques) AS old(index_name, key, is_unique)
                WHERE old.is_unique AND old.index_name = claim_indexes[j] AND old.key = claim_keys[j]);
            asked := asked || j;
            askers := askers || i;
        END LOOP;
    END LOOP;

    IF existing <> '{}' THEN
        RAISE EXCEPTION 'a key to create exists' USING ERRCODE = 'EN001', DETAIL = array_to_string(existing, ',');
    END IF;
    FOR n IN 1 .. cardinality(asked) LOOP
        IF EXISTS (SELECT FROM entries e
            WHERE e.scope = of_scope AND e.collection = change_collections[askers[n]]
                AND e.index_name = claim_indexes[asked[n]] AND e.key = claim_keys[asked[n]]
                AND e.id <> change_ids[askers[n]])
        THEN
            RAISE EXCEPTION 'a unique claim is taken' USING ERRCODE = 'EN002', DETAIL = claim_indexes[asked[n]];
        END IF;
    END LOOP;
    IF validates THEN
        RAISE EXCEPTION 'the unit holds' USING ERRCODE = 'EN003', DETAIL = number::text;
    END IF;
    IF cardinality(event_names) > 0 THEN
        INSERT INTO events SELECT of_scope, number, told.place - 1, told.name, told.body
            FROM unnest(event_names, event_bodies) WITH ORDINALITY AS told(name, body, place);
    END IF;
END $$;
