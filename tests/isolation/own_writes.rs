//! What a command wrote is seen by itself and by the queries that it calls, and by nobody else before its commit.

use crate::{
    machine,
    serial::Commands,
    stores::{UnderTest, memory, sqlite},
};

fn told(under_test: &UnderTest, company: &str, before: &str, program: &str) -> Result<Vec<i64>, String> {
    let application = machine::on(&under_test.store);
    let mut outcome = Commands::of(before, &[program]).mixed(&application, company, 1);
    outcome.answers.remove(0)
}

#[test]
fn a_command_sees_its_own_writes() {
    for under_test in [memory(), sqlite(true)] {
        for (number, (sentence, before, program, expected)) in [
            ("a read of what it created", "tell", "set 3, create a, set 0, read a, tell", Ok(vec![3])),
            ("a read of what it changed", "set 1, put a", "set 3, put a, set 0, read a, tell", Ok(vec![3])),
            ("a read of what it deleted", "set 1, put a", "delete a, read a, tell", Ok(vec![-1])),
            ("a read of what it made again", "set 1, put a", "delete a, set 4, create a, read a, tell", Ok(vec![4])),
            ("a list with what it created", "set 1, put b", "set 3, create a, sum, tell, count, tell", Ok(vec![4, 2])),
            ("a list without what it deleted", "set 1, put a, put b", "delete a, count, tell", Ok(vec![1])),
            ("a list of what it changed", "set 1, put a, put b", "set 5, put a, sum, tell", Ok(vec![6])),
            ("a query that it calls sees it too", "set 1, put a", "set 5, create b, total, tell", Ok(vec![6])),
            ("a query sees what is gone", "set 1, put a, put b", "delete b, total, tell", Ok(vec![1])),
            ("the least that it created", "set 2, put b", "set 1, create a, least, tell", Ok(vec![1])),
            ("the least that it changed", "set 1, put a, set 2, put b", "set 3, put a, least, tell", Ok(vec![2])),
            ("the least that it deleted", "set 1, put a, set 2, put b", "delete a, least, tell", Ok(vec![2])),
            ("nothing where the last is gone", "set 1, put a", "delete a, least, tell", Ok(vec![-1])),
            (
                "what came into a range and what left it",
                "set 1, put a, set 5, put b, set 6, put c",
                "set 7, put a, set 2, put b, set 3, create d, set 9, create e, above 5, tell, counted 5, tell, counted 1, tell",
                Ok(vec![3, 3, 5]),
            ),
            ("a tag that it gave", "tell", "set 3, put a, claim a x, set 0, find x, tell", Ok(vec![3])),
            ("a tag that it took", "set 3, put a, claim a x", "unclaim a, find x, tell", Ok(vec![-1])),
            ("a tag of what it deleted", "set 3, put a, claim a x", "delete a, find x, tell", Ok(vec![-1])),
            (
                "a tag that it moved",
                "set 3, put a, claim a x, set 4, put b",
                "unclaim a, claim b x, find x, tell",
                Ok(vec![4]),
            ),
            ("the id of what it created", "tell", "create a, create a", Err("already_exists".to_owned())),
            ("the tag of what it created", "tell", "claim a x, claim b x", Err("already_exists".to_owned())),
            ("nothing to delete twice", "set 1, put a", "delete a, delete a", Err("not_found".to_owned())),
        ]
        .into_iter()
        .enumerate()
        {
            let found = told(&under_test, &format!("own-{number}"), before, program);
            assert_eq!(found, expected, "{sentence}, on {}", under_test.name);
        }
    }
}

#[test]
fn after_a_fault_nothing_is_written() {
    for under_test in [memory(), sqlite(true)] {
        let application = machine::on(&under_test.store);
        let commands = Commands::of("set 1, put a", &["set 5, put a, create b, claim a x, need 6"]);
        let outcome = commands.mixed(&application, "faulty", 1);
        assert_eq!(outcome.answers, [Err("too_little".to_owned())]);
        assert_eq!(outcome.cells, [("a".to_owned(), (1, None))].into(), "on {}", under_test.name);
    }
}
