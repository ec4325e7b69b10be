//! The program `enaction`.

fn main() -> std::process::ExitCode {
    enaction_services::server::main()
}
