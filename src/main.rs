//! The binary; everything is in the library, so that examples and tests can use it.

#[cfg(not(feature = "shapes"))]
fn main() -> std::process::ExitCode {
    culvert::main()
}

#[cfg(feature = "shapes")]
fn main() {}
