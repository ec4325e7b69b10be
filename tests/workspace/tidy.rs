//! What every file is like: one thing, said at its top, with nothing left undone and no rule of the design passed by.

use std::path::{Path, PathBuf};

use enaction::limits::LIMITS;
use enaction_tests::files;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Past this a file is about more than one thing.
const LINES_MAX: usize = 500;
/// What the compiler is to refuse, and what it is to say: these are read by it alone.
const FIXTURES: &str = "tests/compile_fail/cases";
/// Words that say nothing, as the end of the name of a type.
const EMPTY_WORDS: &[&str] = &["Manager", "Helper", "Helpers", "Util", "Utils", "Data", "Info"];
/// The same, as the name of a file.
const EMPTY_FILES: &[&str] = &["manager", "helper", "helpers", "util", "utils", "info", "common", "misc"];

/// A Rust file as the compiler reads it.
struct Source {
    path: PathBuf,
    text: String,
    tokens: Vec<Token>,
}

/// A token outside of comments, with its line.
struct Token {
    text: String,
    line: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Word,
    Sign,
    Text,
    Number,
}

impl Source {
    fn read(path: PathBuf) -> Self {
        let text = files::text(&path);
        let stream: TokenStream = text.parse().unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
        let mut tokens = Vec::new();
        flatten(stream, &mut tokens);
        Self { path, text, tokens }
    }

    fn is_below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// Whether it is what ships, not what tests it.
    fn ships(&self) -> bool {
        let tests = |part: &std::ffi::OsStr| part == "tests" || part == "examples" || part == "tests.rs";
        !self.path.iter().any(tests)
    }

    /// What follows each place where these tokens stand one after the other.
    fn after<'a>(&'a self, pattern: &'a [&str]) -> impl Iterator<Item = &'a Token> {
        let places = self.tokens.windows(pattern.len() + 1);
        places
            .filter(move |window| window.iter().zip(pattern).all(|(token, text)| token.text == *text))
            .filter_map(|window| window.last())
    }

    fn at(&self, token: &Token) -> String {
        format!("{}:{}", self.path.display(), token.line)
    }
}

/// Tokens in order. Doc comments are comments, though the compiler makes them attributes.
fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        let mut push = |text: String, kind| tokens.push(Token { text, line, kind });
        match tree {
            TokenTree::Ident(word) => push(word.to_string(), Kind::Word),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let number = text.starts_with(|first: char| first.is_ascii_digit());
                push(text, if number { Kind::Number } else { Kind::Text });
            }
            TokenTree::Punct(sign) => push(sign.to_string(), Kind::Sign),
            TokenTree::Group(group) => {
                let mut inner = group.stream().into_iter();
                let doc = matches!(inner.next(), Some(TokenTree::Ident(word)) if word == "doc");
                let equals = matches!(inner.next(), Some(TokenTree::Punct(sign)) if sign.as_char() == '=');
                if group.delimiter() == Delimiter::Bracket && doc && equals {
                    continue;
                }
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned(), Kind::Sign);
                flatten(group.stream(), tokens);
                tokens.push(Token { text: close.to_owned(), line: group.span_close().start().line, kind: Kind::Sign });
            }
        }
    }
}

fn sources() -> Vec<Source> {
    let all = files::below("", &[".rs"]).into_iter().filter(|path| !path.starts_with(FIXTURES));
    let all: Vec<Source> = all.map(Source::read).collect();
    assert!(all.len() > 100, "the sources were found");
    all
}

/// Every finding in one message.
fn none(rule: &str, findings: impl IntoIterator<Item = String>) {
    let findings: Vec<String> = findings.into_iter().collect();
    assert!(findings.is_empty(), "{rule}\n  {}", findings.join("\n  "));
}

#[test]
fn a_file_says_first_what_it_is_about() {
    let silent = sources().into_iter().filter(|source| !source.text.starts_with("//! "));
    none("the first line is `//! ` and a sentence:", silent.map(|source| source.path.display().to_string()));
}

#[test]
fn a_file_is_about_one_thing() {
    let lines = |source: &Source| source.text.lines().count();
    let long = sources().into_iter().filter(|source| lines(source) > LINES_MAX);
    let found = long.map(|source| format!("{}: {}", source.path.display(), lines(&source)));
    none("a file has at most 500 lines; split it where it changes its topic:", found);
}

#[test]
fn nothing_is_unsafe() {
    let found = |source: &Source| -> Vec<String> {
        let unsafe_word = |token: &&Token| token.kind == Kind::Word && token.text == "unsafe";
        source.tokens.iter().filter(unsafe_word).map(|token| source.at(token)).collect()
    };
    none("no unsafe code:", sources().iter().flat_map(found));
}

#[test]
fn nothing_is_left_undone_and_nothing_is_skipped() {
    let undone: &[&[&str]] = &[&["todo", "!"], &["unimplemented", "!"], &["dbg", "!"], &["#", "[", "ignore"]];
    let found = |source: &Source| -> Vec<String> {
        undone.iter().flat_map(|pattern| source.after(pattern)).map(|token| source.at(token)).collect()
    };
    none("no stub, no debugging aid, no ignored test:", sources().iter().flat_map(found));
}

#[test]
fn sql_stands_in_the_stores_alone() {
    let words =
        ["SELECT ", "INSERT ", "DELETE FROM", "CREATE TABLE", "CREATE INDEX", "DROP TABLE", "PRAGMA ", "UPSERT"];
    let outside = sources().into_iter().filter(|source| !source.is_below(&["framework/stores", "tests"]));
    let found = outside.flat_map(|source| {
        let sql = |token: &&Token| token.kind == Kind::Text && words.iter().any(|word| token.text.contains(word));
        source.tokens.iter().filter(sql).map(|token| source.at(token)).collect::<Vec<_>>()
    });
    none("SQL belongs to framework/stores:", found);
}

#[test]
fn nobody_writes_a_status_code_by_hand() {
    let reads_what_another_server_answers = "framework/tokens/src/http_document.rs";
    let allowed = [
        "framework/core/src/table.rs",
        "framework/core/src/fault.rs",
        "framework/rest",
        reads_what_another_server_answers,
    ];
    let found =
        sources().into_iter().filter(|source| source.ships() && !source.is_below(&allowed)).flat_map(|source| {
            let named = source.after(&["StatusCode", ":", ":"]).map(|token| source.at(token));
            let bare = source.tokens.iter().filter(|token| {
                let status =
                    token.kind == Kind::Number && token.text.parse().is_ok_and(|code| (400..=511).contains(&code));
                let spoken_of = |other: &Token| {
                    other.line == token.line && other.kind == Kind::Word && other.text.to_lowercase().contains("status")
                };
                status && source.tokens.iter().any(spoken_of)
            });
            named.chain(bare.map(|token| source.at(token))).collect::<Vec<_>>()
        });
    none("the table and the kinds of faults know the status codes, and nobody else:", found);
}

#[test]
fn what_ships_never_gives_durability_away() {
    let setting = ["lose_acknowledged_commits_on_power_cut", ":"];
    let shipping = sources().into_iter().filter(Source::ships);
    let found = shipping.flat_map(|source| {
        let off = |token: &Token| {
            token.kind == Kind::Text && token.text.to_uppercase().replace([' ', '"'], "").contains("SYNCHRONOUS=OFF")
        };
        let set = source.after(&setting).filter(|value| !["bool", "false"].contains(&value.text.as_str()));
        let off = source.tokens.iter().filter(|token| off(token) && !source.is_below(&["framework/stores"]));
        set.chain(off).map(|token| source.at(token)).collect::<Vec<_>>()
    });
    none("only tests may acknowledge what is not on the disk:", found);
}

#[test]
fn names_say_something() {
    let found = sources().into_iter().flat_map(|source| {
        let file = source.path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let empty = |name: &&Token| EMPTY_WORDS.iter().any(|word| name.text.ends_with(word));
        let types = ["struct", "enum", "trait", "type", "union"];
        let named: Vec<&Token> = source
            .tokens
            .windows(2)
            .filter(|pair| types.contains(&pair[0].text.as_str()) && pair[1].kind == Kind::Word)
            .map(|pair| &pair[1])
            .collect();
        let named = named.into_iter().filter(empty).map(|name| format!("{}: {}", source.at(name), name.text));
        let files = EMPTY_FILES.contains(&file.as_str()).then(|| source.path.display().to_string());
        named.chain(files).collect::<Vec<_>>()
    });
    none("a name says what the thing is, without Manager, Helper, Util, Data or Info:", found);
}

#[test]
fn a_limit_has_a_unit_a_default_and_a_meaning() {
    let units = [
        "bytes",
        "fields",
        "chars",
        "depth",
        "violations",
        "items",
        "rows",
        "values",
        "count",
        "operations",
        "ms",
        "running",
        "connections",
        "attempts",
    ];
    for (name, default, meaning) in LIMITS {
        let stem = name.strip_suffix("_max").or_else(|| name.strip_suffix("_default"));
        let unit = stem.and_then(|stem| stem.rsplit('_').next()).unwrap_or_default();
        assert!(units.contains(&unit), "{name} ends with a unit and `_max` or `_default`");
        assert!(*default > 0, "{name} has a default");
        assert!(meaning.trim().ends_with('.') && meaning.len() > 10, "{name} is explained: {meaning:?}");
    }
}

#[test]
fn no_file_knows_the_machine_that_it_was_written_on() {
    let found = files::below("", &[".rs", ".md", ".toml", ".http", ".sh"]).into_iter().filter(|path| {
        let home = format!("{}home{}", '/', '/');
        let text = files::text(path);
        let root = files::root();
        let root = root.to_str().unwrap_or_default().to_owned();
        text.contains(&home) || (root.len() > 4 && text.contains(&root))
    });
    none("paths are relative:", found.map(|path| path.display().to_string()));
}

#[test]
fn the_rules_find_what_they_look_for() {
    let text = r#"
        //! A file.
        // UNDONE() in a comment is none
        /// `StatusCode::OK` in a doc comment is none
        struct BasketManager;
        fn f() { let status = 404; UNDONE(); g("SELECT 1"); }
    "#;
    // Put together, so that who looks for what is undone does not find this.
    let text = text.replace("UNDONE", concat!("to", "do!"));
    let mut tokens = Vec::new();
    flatten(text.parse().unwrap(), &mut tokens);
    let source = Source { path: Path::new("x.rs").to_owned(), text, tokens };
    assert_eq!(source.after(&["todo", "!"]).count(), 1);
    assert_eq!(source.after(&["StatusCode"]).count(), 0);
    assert_eq!(source.after(&["struct"]).map(|token| token.text.as_str()).collect::<Vec<_>>(), ["BasketManager"]);
    assert_eq!(source.tokens.iter().filter(|token| token.kind == Kind::Number).count(), 1);
    assert_eq!(
        source.tokens.iter().filter(|token| token.text.contains("SELECT ")).map(|token| token.line).max(),
        Some(6)
    );
}
