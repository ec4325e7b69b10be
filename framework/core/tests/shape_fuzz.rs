//! Mutations of documents for as long as `ENACTION_FUZZ_SECONDS` says, one second by default. The seed is printed, and
//! taken from `ENACTION_FUZZ_SEED`.

#![cfg(test)]

mod shape_types;

use std::{
    env,
    time::{Duration, Instant},
};

use shape_types::{ALL, agree};

/// xorshift64*: the same numbers for the same seed on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

const DOCUMENTS: &[&str] = &[
    r#"{"description":"two apples","items":[{"sku":"a1","quantity":2,"price":-199,"total":398,"weight":0.5,"ratio":1.5,"flag":null,"parts":[]}],"address":{"city":"Köln","mail":"a@example.com","site":"67e55044-10b1-426f-9247-bb680e5fe0c8"},"state":"OPEN","channel":"Till","payment":{"kind":"cash","amount":1},"discount":["None",{"Percent":5},{"Both":[1,"x"]},{"Amount":{"minor":3,"why":null}}],"note":[1,"two",{"name":"three"},[]],"labels":{"a":1,"b":-2},"sets":["x","y"],"pair":[7,"z"],"letter":"ß","bytes":[1,2,3],"level":-5,"free":{"a":[null,true,1e5]},"nothing":null,"open":{"first":-1,"x":true},"envelope":{"t":"Card","c":{"words":["a","\u00e4\n"]}}}"#,
    r#"{"kind":"address","city":null,"mail":"b@example.com"}"#,
    r#"[1,-0,1.5e300,18446744073709551615,-9223372036854775808,0.1,1E-7]"#,
    r#"{"t":"Letter","c":{"sku":"abcdefgh","quantity":255,"price":9223372036854775807,"total":18446744073709551615,"weight":-1.7976931348623157e308,"ratio":3e38}}"#,
    r#""\ud83d\ude00 \"quoted\" \\ \/ \b\f\n\r\t \u0000 äöü 😀""#,
    r#"{"a":[1,null,255],"b":[]}"#,
    r#"{"first":-7,"x":true}"#,
    "-12",
    "0.5",
];

const PIECES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1.0",
    "1e2",
    "1e999",
    "256",
    "18446744073709551616",
    "-9223372036854775809",
    "\"\"",
    "\"x\"",
    "{}",
    "[]",
    "[[",
    "]]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0061",
    "\\ud800",
    "\\udc00",
    "\"kind\":\"free\"",
    "\"t\":\"Empty\"",
    "\"a\":1,",
    "{\"name\":\"n\"}",
    "{\"Percent\":1}",
    "\u{0}",
    "\n",
    " ",
    "ä",
    "\u{feff}",
    "e",
    "E+",
    ".",
    "01",
    "/*",
    "{\"\":",
];

fn mutate(numbers: &mut Numbers, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = numbers.below(bytes.len() + 1);
    let until = (at + numbers.below(12)).min(bytes.len());
    match numbers.below(8) {
        0 if at < bytes.len() => bytes[at] = numbers.next() as u8,
        1 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
        2 => drop(bytes.drain(at..until)),
        3 => drop(bytes.splice(at..at, PIECES[numbers.below(PIECES.len())].bytes())),
        4 => drop(bytes.splice(at..until, PIECES[numbers.below(PIECES.len())].bytes())),
        5 => {
            // A whole scalar for another, so that what comes out is often JSON still.
            let scalar = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._".contains(byte);
            let from = at + bytes[at..].iter().take_while(|byte| !scalar(byte)).count();
            let to = from + bytes[from..].iter().take_while(|byte| scalar(byte)).count();
            drop(bytes.splice(from..to, PIECES[numbers.below(PIECES.len())].bytes()));
        }
        6 => {
            let copy = bytes[at..until].to_vec();
            let to = numbers.below(bytes.len() + 1);
            drop(bytes.splice(to..to, copy));
        }
        _ => {
            let from = numbers.below(other.len());
            let piece = other[from..(from + numbers.below(30)).min(other.len())].to_vec();
            drop(bytes.splice(at..until, piece));
        }
    }
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok()?.parse().ok()
}

#[test]
fn mutated_documents_are_judged_as_serde_json_judges_them() {
    let seed = number("ENACTION_FUZZ_SEED").unwrap_or(0x5EED);
    let time = Duration::from_secs(number("ENACTION_FUZZ_SECONDS").unwrap_or(1));
    let mut numbers = Numbers(seed.max(1));
    let (begin, mut documents) = (Instant::now(), 0_u64);
    while begin.elapsed() < time {
        let mut bytes = DOCUMENTS[numbers.below(DOCUMENTS.len())].as_bytes().to_vec();
        let other = DOCUMENTS[numbers.below(DOCUMENTS.len())].as_bytes();
        for _ in 0..=numbers.below(4) {
            mutate(&mut numbers, &mut bytes, other);
        }
        if let Err(reason) = agree(&bytes) {
            panic!("seed {seed}, document {documents}: {reason}");
        }
        documents += 1;
    }
    println!("seed {seed}: {documents} documents");
}

#[test]
fn the_documents_that_are_mutated_suit() {
    for (document, name) in
        DOCUMENTS.iter().zip(["Basket", "Payment", "Vec<f64>", "Envelope", "String", "BTreeMap", "Open", "i8", "f32"])
    {
        let typed = ALL.iter().find(|typed| typed.name == name).unwrap();
        (typed.reads)(document.as_bytes()).unwrap();
        let verdict = typed.shape.check(document.as_bytes(), enaction_core::shape::Mode::Full, &Default::default());
        assert_eq!(verdict, Ok(()), "{name}");
    }
}
