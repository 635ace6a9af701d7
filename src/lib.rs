//! Culvert: the EC2 VPC network for Linux processes.
//!
//! The rooms and what each may use are in `ARCHITECTURE.md`; a test holds the table there against the code.
#![cfg(not(feature = "shapes"))]

mod agent;
mod cli;
mod cluster;
mod ec2;
mod net;
mod plan;
mod reach;
mod server;
mod state;
#[cfg(test)]
mod tidy;
mod wire;

/// Runs the command line of this process and says how it went.
pub fn main() -> std::process::ExitCode {
    cli::main()
}
