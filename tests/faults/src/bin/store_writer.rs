//! Writes pairs into a store until it is killed, and prints the number of each when it was acknowledged.

use enaction_faults::store_writer::{Durability, write_until_killed};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, store, durability, end] = arguments.as_slice() else {
        panic!("enaction-store-writer <store> <full|off> <end>")
    };
    let durability = match durability.as_str() {
        "full" => Durability::Full,
        "off" => Durability::Off,
        other => panic!("expected full or off, found {other}"),
    };
    write_until_killed(store.as_ref(), durability, end.parse().expect("a number"));
}
