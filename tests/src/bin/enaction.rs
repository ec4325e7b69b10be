//! The program `enaction`, for the tests of what the documents say about it.

fn main() -> std::process::ExitCode {
    enaction_services::server::main()
}
