//! `culvert plan`: what the node's kernel should hold, straight from the planner.

use super::client::Client;
use super::table::print;

/// Options of `culvert plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Prints it on one line, for programs
    #[arg(long)]
    json: bool,
}

pub(crate) fn plan(client: &Client, args: &Args) -> anyhow::Result<()> {
    let plan: serde_json::Value = client.culvert("GetPlan", Vec::new())?;
    let text = if args.json { serde_json::to_string(&plan)? } else { serde_json::to_string_pretty(&plan)? };
    Ok(print(&(text + "\n"))?)
}
