//! The tables are made whole or not at all, and newer ones are refused.

use std::collections::BTreeSet;

use enaction_postgres_cluster::{Cluster, Durability};
use enaction_stores::{ConnectError, PostgresSettings, PostgresStore};

use super::connect;
use crate::harness::*;

/// What stands in a schema, as one text.
fn content(cluster: &Cluster) -> String {
    cluster.ask(
        "SELECT string_agg(name, ' ' ORDER BY name) FROM (
            SELECT relkind::text || relname FROM pg_class WHERE relnamespace = to_regnamespace('enaction')
            UNION ALL SELECT 'f ' || proname FROM pg_proc WHERE pronamespace = to_regnamespace('enaction')
            UNION ALL SELECT 'p ' || tablename || policyname FROM pg_policies WHERE schemaname = 'enaction'
         ) AS content (name)",
    )
}

/// Ends the session in front of the n-th statement that defines something: the database itself does it, so that no
/// moment is missed.
const END_AT: &str = "
    CREATE SEQUENCE public.defined;
    CREATE TABLE public.end_at (place bigint);
    CREATE FUNCTION public.count_and_end() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF nextval('public.defined') = (SELECT place FROM public.end_at) THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
        END IF;
    END $$;
    CREATE EVENT TRIGGER counting ON ddl_command_start EXECUTE FUNCTION public.count_and_end()";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_migration_that_is_killed_at_any_statement_leaves_one_format_whole_and_is_made_up_for() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    cluster.ask(END_AT);
    let (mut killed, mut left) = (0, BTreeSet::new());
    for place in 1.. {
        cluster.ask(&format!(
            "DROP SCHEMA IF EXISTS enaction CASCADE; ALTER SEQUENCE public.defined RESTART;
             DELETE FROM public.end_at; INSERT INTO public.end_at VALUES ({place})"
        ));
        // Dropping counted too.
        cluster.ask("SELECT setval('public.defined', 1, false)");
        let opened = PostgresStore::connect(&cluster.url(), PostgresSettings::default()).await;
        match opened {
            Err(ConnectError::Database(_)) => killed += 1,
            Err(other) => panic!("{other}"),
            Ok(_) => break,
        }
        left.insert(content(&cluster));
        cluster.ask("DELETE FROM public.end_at");
        let store = connect(&cluster, PostgresSettings::default()).await;
        done(&store, unit().writes("a", 0, &[name("n"), code("c")])).await;
    }
    assert!(killed > 20, "the tables are made by {killed} statements");
    // Nothing, or all of a format that is not the latest.
    let formats = cluster.ask("SELECT value FROM enaction.meta WHERE name = 'format'");
    assert!(left.contains("") && left.len().to_string() == formats, "{formats} formats: {left:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_a_newer_format_are_refused_and_left_alone() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    drop(connect(&cluster, PostgresSettings::default()).await);
    cluster.ask("UPDATE enaction.meta SET value = 99 WHERE name = 'format'");
    let refused = PostgresStore::connect(&cluster.url(), PostgresSettings::default()).await.unwrap_err();
    assert!(matches!(refused, ConnectError::Format(99, _)));
    assert!(refused.to_string().contains("found 99"), "{refused}");
    assert_eq!(cluster.ask("SELECT value FROM enaction.meta WHERE name = 'format'"), "99");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_used_is_said_without_the_password() {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let port = cluster.port();
    let settings =
        |schema: &str| PostgresSettings { schema: schema.to_owned(), connect_ms_max: 500, ..Default::default() };
    for (url, schema, says) in [
        ("nonsense".to_owned(), "enaction", "the URL"),
        (format!("postgres://enaction:s3cret@127.0.0.1:{port}/none"), "enaction", "\"none\" does not exist"),
        (format!("postgres://nobody:s3cret@127.0.0.1:{port}/enaction"), "enaction", "\"nobody\" does not exist"),
        ("postgres://enaction:s3cret@127.0.0.1:1/enaction".to_owned(), "enaction", "refused"),
        (format!("postgres://enaction:s3cret@127.0.0.1:{port}/enaction?sslmode=require"), "enaction", "TLS"),
        (cluster.url(), "no name", "schema"),
        (cluster.url(), "pg_own", "schema"),
        (cluster.url(), "1st", "schema"),
    ] {
        let refused = PostgresStore::connect(&url, settings(schema)).await.unwrap_err().to_string();
        assert!(refused.contains(says) && !refused.contains("s3cret"), "{url}: {refused}");
    }
}
