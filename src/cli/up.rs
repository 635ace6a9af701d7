//! `culvert up`: the server and this machine's agent in one process.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::stat::{Mode, umask};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::agent::process::User;
use crate::agent::{self, Failure, Flows, Kernel, Place};
use crate::ec2::realised::Report;
use crate::server::{Options, Server};
use crate::state::node::tag;

/// Where each node of this machine keeps what must not outlive a reboot.
pub const RUN_DIR: &str = "/run/culvert";

/// Serves until a signal asks it to stop; what the kernel holds then stays and keeps forwarding.
pub fn up(options: Options) -> Result<()> {
    // Unprivileged processes of instances read and run what lies under the run directory, and must not change it.
    umask(Mode::from_bits_truncate(0o022));
    #[cfg(feature = "mutants")]
    if let Ok(name) = std::env::var("CULVERT_MUTANT") {
        anyhow::ensure!(crate::plan::mutant::choose(&name), "there is no mutant '{name}'");
    }
    // Each router takes two descriptors and each client one; the usual 1024 would not last long.
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        setrlimit(Resource::RLIMIT_NOFILE, most, most).context("cannot raise the limit of open files")?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(serve(options))
}

async fn serve(options: Options) -> Result<()> {
    // What is in it signs calls and opens secrets: it is nobody else's to read.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&options.data_dir)
        .with_context(|| format!("cannot make the data directory {}", options.data_dir.display()))?;
    let data_dir = options.data_dir.canonicalize().context("cannot resolve the data directory")?;
    let options = Options { data_dir: data_dir.clone(), ..options };
    let user = User::named(&options.instance_user)?;
    let server = Server::start(options.clone()).await?;
    let node = server.bootstrapped.node;

    let place = Place { tag: tag(node), run_dir: RUN_DIR.into(), data_dir: data_dir.clone(), user };
    let _held = super::local::hold(Path::new(RUN_DIR), &place.tag, &place.data_dir)?;
    let kernel = Kernel::open(place).context("cannot drive this machine's kernel")?;
    let flows = Flows::start(kernel.site(), &data_dir, options.flow_logs_bytes)?;
    let (stop, stopped) = watch::channel(false);
    let (states, board) = (server.states.clone(), server.board.clone());
    let handle = tokio::runtime::Handle::current();
    let (works, ended) = tokio::sync::oneshot::channel::<()>();
    let agent = std::thread::Builder::new().name("agent".to_owned()).spawn(move || {
        // Dropped with the thread, also when that panics.
        let _works = works;
        let _context = handle.enter();
        agent::follow(node, kernel, flows, states, stopped, |pass| {
            if let Some((plan, realise)) = pass.took {
                board.passes.took(plan, realise);
            }
            board.report(node, report(pass.revision, pass.failures));
        });
    })?;

    // The first pass has put back what the kernel may have lost: only now is the answer to every call true.
    let revision = server.states.borrow().revision;
    server.board.enforced(revision, std::time::Duration::from_secs(60)).await;
    announce(&options, &server);
    tokio::select! {
        signal = wait_for_signal() => signal?,
        // Nobody makes true any more what the API answers. Who supervises this process can start it anew.
        _ = ended => bail!("the agent has died; the kernel keeps forwarding what it holds"),
    }

    // The server first: the calls that are under way wait for the agent.
    server.stop().await;
    stop.send_replace(true);
    tokio::task::spawn_blocking(move || agent.join()).await?.ok();
    tracing::info!("stopped; the kernel keeps forwarding what it holds (`culvert down` removes it)");
    Ok(())
}

/// What the API may say of this node from now on.
fn report(revision: u64, failures: &[Failure]) -> Report {
    let instances = failures.iter().filter_map(|it| Some((it.object.parse().ok()?, it.source.to_string())));
    let nat_gateways = failures.iter().filter_map(|it| Some((it.object.parse().ok()?, it.source.to_string())));
    Report {
        revision,
        failures: instances.collect(),
        nat_gateways: nat_gateways.collect(),
        incomplete: !failures.is_empty(),
    }
}

fn announce(options: &Options, server: &Server) {
    let credentials = server.bootstrapped.credentials.display();
    println!("Culvert serves the EC2 API at http://{}", options.listen);
    println!("The root account's credentials are in {credentials}");
    println!();
    println!("  export AWS_ENDPOINT_URL=http://{}", options.listen);
    println!("  export AWS_SHARED_CREDENTIALS_FILE={credentials}");
    println!("  export AWS_DEFAULT_REGION={}", options.regions[0]);
    println!();
    println!("Try: aws ec2 describe-vpcs    (Ctrl-C stops the server; packets keep flowing)");
}

async fn wait_for_signal() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // The terminal was closed.
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = hang_up.recv() => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
