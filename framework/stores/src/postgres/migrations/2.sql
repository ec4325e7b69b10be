-- Format 2: changes of several units in one statement.

-- Changes the records that have the version and the claims that they will have; those of record `i` end at
-- `claim_ends[i]`. Gives the number of each change, none for a record that was passed by: each is a unit of its own.
--
-- A loop, because nothing holds the planner to looking up row after row in a join.
CREATE FUNCTION change_records(
    of_scope text, lease_ends timestamptz,
    of_collections text[], of_ids text[], expected bigint[], new_records bytea[], claim_ends integer[],
    claim_indexes text[], claim_keys bytea[], claim_uniques boolean[],
    OUT expired boolean, OUT numbers bigint[]
) LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
    till integer := 0;
    since integer;
BEGIN
    PERFORM set_config('enaction.scope', of_scope, true);
    numbers := '{}';
    expired := NOT lease_holds(lease_ends);
    IF expired THEN
        RETURN;
    END IF;
    FOR i IN 1 .. cardinality(of_ids) LOOP
        since := till + 1;
        till := claim_ends[i];
        UPDATE records r SET version = nextval('commits'), record = new_records[i]
            WHERE r.scope = of_scope AND r.collection = of_collections[i] AND r.id = of_ids[i]
                AND r.version = expected[i] AND r.indexes = claim_indexes[since:till]
                AND r.keys = claim_keys[since:till] AND r.uniques = claim_uniques[since:till]
            RETURNING r.version INTO number;
        numbers := numbers || number;
    END LOOP;
END $$;
