//! The binary; everything is in the library, so that examples and tests can use it.

fn main() -> std::process::ExitCode {
    culvert::main()
}
