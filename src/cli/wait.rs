//! `culvert wait`: returns when every live node has realised a revision.

use std::time::Duration;

use anyhow::bail;
use http::StatusCode;

use super::client;
use super::profile::Flags;

/// Options of `culvert wait`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The revision, from the header x-culvert-revision of the answer to a change
    #[arg(long, value_name = "N")]
    revision: u64,
    /// How many seconds to wait at most, up to 300, for which the server waits
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(..=300))]
    timeout: u32,
}

pub(crate) fn wait(flags: &Flags, args: &Args) -> anyhow::Result<()> {
    let Args { revision, timeout } = args;
    // The server keeps the time; this client only must not give up before it.
    let patience = Duration::from_secs(u64::from(*timeout) + 10);
    let (status, text) = client::get(flags, &format!("/wait?revision={revision}&timeout={timeout}"), patience)?;
    match status {
        StatusCode::OK => Ok(()),
        StatusCode::GATEWAY_TIMEOUT => bail!("after {timeout} s not every live node has realised revision {revision}"),
        status => bail!("the server answered {status}: {}", text.lines().next().unwrap_or("").trim()),
    }
}
