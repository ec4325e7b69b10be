//! One scope's rows, read by one connection.

use std::cell::RefCell;

use bytes::Bytes;
use enaction_core::store::{Found, Key, Page, Range, Record, ScanCheck, prefix_end};
use rusqlite::{
    CachedStatement, Connection, OptionalExtension, Params, Row, ToSql, params,
    types::{ToSqlOutput, ValueRef},
};

use super::{
    failure::Failure,
    sql::{self, Wanted},
};
use crate::{
    check::{Held, State},
    claims::Claims,
};

pub(super) struct Rows<'c> {
    pub(super) connection: &'c Connection,
    pub(super) scope: &'c str,
    /// The statements that were executed: a group of units executes few, each of them often.
    executed: RefCell<Vec<(&'static str, CachedStatement<'c>)>>,
}

impl<'c> Rows<'c> {
    pub(super) fn new(connection: &'c Connection, scope: &'c str) -> Self {
        Self { connection, scope, executed: RefCell::default() }
    }

    pub(super) fn record(&self, key: &Key) -> Result<Option<Record>, Failure> {
        self.one(sql::READ_RECORD, params![self.scope, key.collection, key.id], |row| record(row, 0))
    }

    /// Where a record lies; nothing that is absent has a place.
    pub(super) fn place(&self, key: &Key) -> Result<Option<i64>, Failure> {
        self.one(sql::READ_PLACE, params![self.scope, key.collection, key.id], |row| Ok(row.get(0)?))
    }

    /// The first `limit` records of a range.
    pub(super) fn page(&self, range: &Range, limit: usize) -> Result<Page, Failure> {
        let mut page = Page::default();
        self.scan(Wanted::Records, range, limit.saturating_add(1), |row| {
            page.more = page.items.len() == limit;
            if !page.more {
                page.items.push(Found { id: row.get_ref(0)?.as_str()?.into(), record: record(row, 1)? });
            }
            Ok(!page.more)
        })?;
        Ok(page)
    }

    /// How many records a range holds, at most `limit`.
    pub(super) fn count(&self, range: &Range, limit: usize) -> Result<usize, Failure> {
        let mut count = 0;
        self.scan(Wanted::Count, range, limit, |row| {
            count = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(limit);
            Ok(false)
        })?;
        Ok(count)
    }

    /// How the database goes about what is asked of a range, step by step.
    pub(super) fn plan(&self, wanted: Wanted, range: &Range) -> Result<Vec<String>, Failure> {
        let explain = [sql::EXPLAIN, Span::of(range).statement(wanted)].concat();
        let mut statement = self.connection.prepare(&explain)?;
        let mut steps = statement.raw_query();
        let mut plan = Vec::new();
        while let Some(step) = steps.next()? {
            plan.push(step.get("detail")?);
        }
        Ok(plan)
    }

    pub(super) fn latest(&self) -> Result<u64, Failure> {
        Ok(self.connection.prepare_cached(sql::READ_LATEST)?.query_row([], |row| row.get(0)).map(i64::cast_unsigned)?)
    }

    /// Executes a statement; the number of rows that it changed.
    pub(super) fn execute(&self, sql: &'static str, params: impl Params) -> Result<usize, Failure> {
        let mut executed = self.executed.borrow_mut();
        if let Some((_, statement)) = executed.iter_mut().find(|(one, _)| std::ptr::eq(*one, sql)) {
            return Ok(statement.execute(params)?);
        }
        let mut statement = self.connection.prepare_cached(sql)?;
        let changed = statement.execute(params)?;
        executed.push((sql, statement));
        Ok(changed)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_row(params, |row| Ok(read(row))).optional()?.transpose()
    }

    /// Visits at most `limit` rows of a range in order, until one says that it was the last.
    fn scan(
        &self,
        wanted: Wanted,
        range: &Range,
        limit: usize,
        mut visit: impl FnMut(&Row<'_>) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let span = Span::of(range);
        let end = span.end.as_deref();
        let end_is_text = Text(end.unwrap_or_default());
        let mut params: Vec<&dyn ToSql> = vec![&self.scope, &span.collection, &span.id, &limit];
        match &span.entries {
            None => params.extend(end.map(|_| &end_is_text as &dyn ToSql)),
            Some((index, key)) => {
                params.extend([index as &dyn ToSql, key]);
                params.extend(end.as_ref().map(|end| end as &dyn ToSql));
            }
        }
        let mut statement = self.connection.prepare_cached(span.statement(wanted))?;
        let mut rows = statement.query(params.as_slice())?;
        while let Some(row) = rows.next()? {
            if !visit(row)? {
                break;
            }
        }
        Ok(())
    }
}

/// A range as a first id or entry, and an end.
struct Span<'a> {
    collection: &'static str,
    /// The first id, or the first id of the first key.
    id: String,
    entries: Option<(&'static str, &'a [u8])>,
    end: Option<std::borrow::Cow<'a, [u8]>>,
}

impl<'a> Span<'a> {
    fn of(range: &'a Range) -> Self {
        match range {
            Range::Ids { collection, prefix, after } => {
                let id = after.as_deref().map(behind).unwrap_or_default().max(prefix.to_string());
                Self { collection, id, entries: None, end: prefix_end(prefix.as_bytes()).map(Into::into) }
            }
            Range::Entries { index, collection, from, to, after } => {
                let (key, id) = match after {
                    Some((key, id)) if key >= from => (key, behind(id)),
                    _ => (from, String::new()),
                };
                Self { collection, id, entries: Some((index, key)), end: to.as_deref().map(Into::into) }
            }
        }
    }

    fn statement(&self, wanted: Wanted) -> &'static str {
        match self.entries {
            None => sql::scan_ids(wanted, self.end.is_some()),
            Some(_) => sql::scan_entries(wanted, self.end.is_some()),
        }
    }
}

/// The least text that is greater.
fn behind(id: &str) -> String {
    [id, "\0"].concat()
}

/// Bytes that are compared as text, and need not be UTF-8.
struct Text<'a>(&'a [u8]);

impl ToSql for Text<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

fn record(row: &Row<'_>, column: usize) -> Result<Record, Failure> {
    let bytes = Bytes::copy_from_slice(row.get_ref(column)?.as_blob()?);
    Record::decode(&bytes).map_err(|error| Failure::Damaged(error.to_string()))
}

fn version(row: &Row<'_>, column: usize) -> Result<u64, Failure> {
    Ok(row.get_ref(column)?.as_i64()?.cast_unsigned())
}

impl State for Rows<'_> {
    type Failure = Failure;

    fn version(&self, key: &Key) -> Result<u64, Failure> {
        let params = params![self.scope, key.collection, key.id];
        Ok(self.one(sql::READ_VERSION, params, |row| version(row, 0))?.unwrap_or_default())
    }

    fn held(&self, key: &Key) -> Result<Option<Held>, Failure> {
        self.one(sql::READ_HELD, params![self.scope, key.collection, key.id], |row| {
            let claims = Claims::from_bytes(row.get_ref(1)?.as_blob()?.to_vec());
            let claims = claims.ok_or_else(|| Failure::Damaged("read stored claims: they are cut".into()))?;
            Ok(Held { version: version(row, 0)?, claims })
        })
    }

    fn holds(&self, scan: &ScanCheck) -> Result<bool, Failure> {
        let (mut at, mut more, mut same) = (0, false, true);
        self.scan(Wanted::Versions, &scan.range, scan.limit.saturating_add(1), |row| {
            more = at == scan.limit;
            if !more {
                let now = (row.get_ref(0)?.as_str()?, version(row, 1)?);
                same = scan.seen.get(at).is_some_and(|(id, version)| (&**id, *version) == now);
                at += 1;
            }
            Ok(same && !more)
        })?;
        Ok(same && at == scan.seen.len() && more == scan.more)
    }

    fn holders(&self, collection: &str, index: &str, key: &[u8]) -> Result<Vec<String>, Failure> {
        let mut statement = self.connection.prepare_cached(sql::READ_HOLDERS)?;
        let holders = statement.query_map(params![self.scope, collection, index, key], |row| row.get(0))?;
        Ok(holders.collect::<Result<_, _>>()?)
    }
}
