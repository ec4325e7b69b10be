//! Serves until it is killed, and stops at one point of the way of a request.

use enaction_faults::steps::serve_until_killed;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, data, at] = arguments.as_slice() else { panic!("enaction-stopping-server <data> <point>") };
    serve_until_killed(data.as_ref(), at);
}
