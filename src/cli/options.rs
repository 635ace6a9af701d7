//! The options of `culvert up`: flags, `CULVERT_…` variables, a TOML file and defaults, in this order, become one
//! checked [`Options`].
//!
//! Knows nothing of the machine: its host name is an argument, its users are not looked up.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Usage;
use crate::net::Ipv4Net;
use crate::server::{Ack, Options, RootKey};
use crate::state::node::Egress;

/// The letters of the zones that every region has.
const ZONES: [&str; 3] = ["a", "b", "c"];

/// What is said of the options, on the command line and in the environment or in the file.
#[derive(Default, clap::Args, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Said {
    /// A TOML file with these options by the same names: `data-dir = "/var/lib/culvert"`, `zone = ["us-east-1a"]`
    #[arg(long, env = "CULVERT_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Where everything is kept; the first start writes the root account's keys to `credentials` in it
    /// [default: ./data]
    #[arg(long, env = "CULVERT_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address and port of the API [default: 127.0.0.1:8773]
    #[arg(long, env = "CULVERT_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// A region that is served; may be repeated [default: us-east-1]
    #[arg(long, env = "CULVERT_REGION", value_name = "REGION", value_delimiter = ',')]
    region: Vec<String>,
    /// A zone whose instances this node runs, such as us-east-1a; may be repeated [default: all zones]
    #[arg(long, env = "CULVERT_ZONE", value_name = "ZONE", value_delimiter = ',')]
    zone: Vec<String>,
    /// This node's name [default: the host name]
    #[arg(long, env = "CULVERT_NODE_NAME", value_name = "NAME")]
    node_name: Option<String>,
    /// Whether a change is answered once nodes enforce it or already once it is in the log [default: enforced]
    #[arg(long, env = "CULVERT_ACK", value_name = "WHEN")]
    ack: Option<AckName>,
    /// The user as whom main processes of instances run [default: nobody]
    #[arg(long, env = "CULVERT_INSTANCE_USER", value_name = "USER")]
    instance_user: Option<String>,
    /// A block that public IPv4 addresses are taken from; may be repeated [default: 198.18.0.0/15, which only this
    /// machine reaches]
    #[arg(long, env = "CULVERT_PUBLIC_POOL", value_name = "CIDR", value_delimiter = ',')]
    public_pool: Vec<String>,
    /// How far packets from and to public addresses go [default: routed if a public pool is given, else local]
    #[arg(long, env = "CULVERT_EGRESS", value_name = "HOW")]
    egress: Option<EgressName>,
    /// Whether AWS's default quotas hold [default: off]
    #[arg(long, env = "CULVERT_QUOTAS", value_name = "WHICH")]
    quotas: Option<Quotas>,
    /// How much flow log records may take in the data directory, in MiB; the oldest go first [default: 1024]
    #[arg(long, env = "CULVERT_FLOW_LOGS_MIB", value_name = "MIB")]
    flow_logs_mib: Option<u32>,

    /// Not available yet: the address that other nodes reach this one at
    #[arg(long, env = "CULVERT_UNDERLAY_ADDRESS", value_name = "ADDRESS")]
    underlay_address: Option<String>,
    /// Not available yet: the cluster to join
    #[arg(long, env = "CULVERT_JOIN", value_name = "URL")]
    join: Option<String>,
    /// Not available yet: the token to join with
    #[arg(long, env = "CULVERT_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Not available yet: the certificate of the API
    #[arg(long, env = "CULVERT_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Not available yet: the key of that certificate
    #[arg(long, env = "CULVERT_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

/// [`Ack`] by name.
#[derive(Clone, Copy, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AckName {
    /// Once every live node concerned enforces it
    Enforced,
    /// Once it is in the log
    Committed,
}

/// [`Egress`] by name.
#[derive(Clone, Copy, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EgressName {
    /// To this machine itself, and not beyond
    Local,
    /// Through this machine as they are: the network around it must route the public pools here
    Routed,
    /// Through this machine, on the way out behind its own address
    Masquerade,
}

/// Which quotas hold.
#[derive(Clone, Copy, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Quotas {
    /// Those that AWS gives a new account
    Aws,
    /// None but what the kernel sets
    Off,
}

/// What comes from elsewhere than from options.
#[derive(Default)]
pub(crate) struct Surroundings {
    pub(crate) host_name: String,
    pub(crate) root_access_key_id: Option<String>,
    pub(crate) root_secret_access_key: Option<String>,
}

impl Said {
    /// Completes what the flags and the environment say from the file, if they name one, and from the defaults.
    pub(crate) fn resolve(self, surroundings: Surroundings) -> Result<Options, Usage> {
        let file = match &self.config {
            Some(path) => read(path)?,
            None => Said::default(),
        };
        self.over(file, surroundings)
    }

    fn over(self, file: Said, surroundings: Surroundings) -> Result<Options, Usage> {
        self.refuse_unavailable()?;
        file.refuse_unavailable()?;
        let regions = regions(first(self.region, file.region))?;
        let zones = zones(first(self.zone, file.zone), &regions)?;
        let pooled = !self.public_pool.is_empty() || !file.public_pool.is_empty();
        let node_name = self.node_name.or(file.node_name).unwrap_or(surroundings.host_name);
        if node_name.is_empty() || node_name.len() > 64 || node_name.chars().any(char::is_control) {
            return Err(Usage("a node's name has 1 to 64 characters; give one with --node-name".to_owned()));
        }
        Ok(Options {
            data_dir: self.data_dir.or(file.data_dir).unwrap_or_else(|| PathBuf::from("data")),
            listen: self.listen.or(file.listen).unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 8773).into()),
            regions,
            zones,
            node_name,
            ack: match self.ack.or(file.ack) {
                Some(AckName::Committed) => Ack::Committed,
                Some(AckName::Enforced) | None => Ack::Enforced,
            },
            instance_user: self.instance_user.or(file.instance_user).unwrap_or_else(|| "nobody".to_owned()),
            public_pools: pools(first(self.public_pool, file.public_pool))?,
            egress: match self.egress.or(file.egress) {
                Some(EgressName::Local) => Egress::Local,
                Some(EgressName::Routed) => Egress::Routed,
                Some(EgressName::Masquerade) => Egress::Masquerade,
                None if pooled => Egress::Routed,
                None => Egress::Local,
            },
            flow_logs_bytes: flow_logs_bytes(self.flow_logs_mib.or(file.flow_logs_mib))?,
            quotas: matches!(self.quotas.or(file.quotas), Some(Quotas::Aws)),
            root_key: root_key(surroundings.root_access_key_id, surroundings.root_secret_access_key)?,
        })
    }

    /// Refuses by name what is known but does nothing yet: a network that ignores a wish is not the one asked for.
    fn refuse_unavailable(&self) -> Result<(), Usage> {
        let said = [
            ("underlay-address", self.underlay_address.is_some()),
            ("join", self.join.is_some()),
            ("token", self.token.is_some()),
            ("tls-cert", self.tls_cert.is_some()),
            ("tls-key", self.tls_key.is_some()),
        ];
        match said.into_iter().find(|it| it.1) {
            Some((name, _)) => Err(Usage(format!("{name} is not available yet; start without it"))),
            None => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Said, Usage> {
    let problem = |it: String| Usage(format!("the configuration file {}: {it}", path.display()));
    parse(&std::fs::read_to_string(path).map_err(|it| problem(it.to_string()))?).map_err(problem)
}

fn parse(text: &str) -> Result<Said, String> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|it| 1 + text[..it.start].matches('\n').count());
        let place = line.map(|it| format!("line {it}: ")).unwrap_or_default();
        format!("{place}{}", error.message())
    })
}

/// The first of two lists that says anything; each element once.
fn first(one: Vec<String>, other: Vec<String>) -> Vec<String> {
    let list = if one.is_empty() { other } else { one };
    let mut seen = Vec::new();
    for it in list {
        if !seen.contains(&it) {
            seen.push(it);
        }
    }
    seen
}

fn regions(said: Vec<String>) -> Result<Vec<String>, Usage> {
    if said.is_empty() {
        return Ok(vec!["us-east-1".to_owned()]);
    }
    let is_part = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
    match said
        .iter()
        .find(|it| it.len() > 32 || !it.ends_with(|it: char| it.is_ascii_digit()) || !it.split('-').all(is_part))
    {
        Some(wrong) => Err(Usage(format!("'{wrong}' is not a region's name; an example is eu-west-1"))),
        None => Ok(said),
    }
}

fn zones(said: Vec<String>, regions: &[String]) -> Result<Vec<String>, Usage> {
    let is_zone = |zone: &&String| {
        regions.iter().any(|region| zone.strip_prefix(region.as_str()).is_some_and(|it| ZONES.contains(&it)))
    };
    match said.iter().find(|it| !is_zone(it)) {
        Some(wrong) => Err(Usage(format!(
            "the zone '{wrong}' is in no region that is served ({}); the zones of a region are its name and a, b or c",
            regions.join(", "),
        ))),
        None => Ok(said),
    }
}

/// The public pools; by default the block that RFC 2544 keeps for benchmarks, so that it is nobody's.
fn pools(said: Vec<String>) -> Result<Vec<Ipv4Net>, Usage> {
    if said.is_empty() {
        return Ok(vec![Ipv4Net::new_assert(Ipv4Addr::new(198, 18, 0, 0), 15)]);
    }
    let pool = |text: &String| match text.parse::<Ipv4Net>() {
        Ok(pool) if pool.addr() == pool.network() => Ok(pool),
        _ => Err(Usage(format!("'{text}' is not a block of public IPv4 addresses; an example is 203.0.113.0/24"))),
    };
    let pools: Vec<Ipv4Net> = said.iter().map(pool).collect::<Result<_, _>>()?;
    let overlap = |it: &Ipv4Net| pools.iter().filter(|other| it.contains(*other) || other.contains(it)).count() > 1;
    match pools.iter().find(|it| overlap(it)) {
        Some(pool) => Err(Usage(format!("the public pool {pool} overlaps with another one"))),
        None => Ok(pools),
    }
}

/// What flow logs may take; with less than this there would be no room for one record in each of the files.
fn flow_logs_bytes(mib: Option<u32>) -> Result<u64, Usage> {
    match mib.unwrap_or(1024) {
        0 => Err(Usage("flow-logs-mib must be 1 at the least".to_owned())),
        mib => Ok(u64::from(mib) << 20),
    }
}

fn root_key(id: Option<String>, secret: Option<String>) -> Result<Option<RootKey>, Usage> {
    match (id, secret) {
        (None, None) => Ok(None),
        (Some(id), Some(secret)) if !id.is_empty() && !secret.is_empty() => {
            Ok(Some(RootKey { id, secret: secret.into() }))
        }
        _ => {
            Err(Usage("set both CULVERT_ROOT_ACCESS_KEY_ID and CULVERT_ROOT_SECRET_ACCESS_KEY, or neither".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Surroundings {
        Surroundings { host_name: "here".to_owned(), ..Surroundings::default() }
    }

    fn resolve(flags: &str, file: &str) -> Result<Options, String> {
        parse(flags).unwrap().over(parse(file)?, here()).map_err(|it| it.0)
    }

    /// Says what resolving comes to: the complaint about it, or nothing.
    fn check(flags: &str, file: &str, expect: &str) {
        let complaint = resolve(flags, file).err().unwrap_or_default();
        assert!(complaint.contains(expect) && complaint.is_empty() == expect.is_empty(), "{flags} {file}: {complaint}");
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_the_defaults() {
        let default = resolve("", "").ok().unwrap();
        assert_eq!(default.data_dir, Path::new("data"));
        assert_eq!(default.listen.to_string(), "127.0.0.1:8773");
        assert_eq!((default.regions, default.zones), (vec!["us-east-1".to_owned()], Vec::new()));
        assert_eq!((default.node_name.as_str(), default.instance_user.as_str()), ("here", "nobody"));
        assert_eq!(default.ack, Ack::Enforced);

        let file = "node-name = 'file'\nregion = ['eu-west-1']\nack = 'committed'\nlisten = '[::1]:1'";
        let both = resolve("node-name = 'flag'\nzone = ['eu-west-1b', 'eu-west-1b']", file).ok().unwrap();
        assert_eq!((both.node_name.as_str(), both.ack), ("flag", Ack::Committed));
        assert_eq!((both.regions, both.zones), (vec!["eu-west-1".to_owned()], vec!["eu-west-1b".to_owned()]));
        assert_eq!(both.listen.to_string(), "[::1]:1");
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        check("", "", "");
        check("", "\ncolour = 'red'", "line 2: unknown field `colour`");
        check("", "config = 'again'", "unknown field `config`");
        check("", "listen = 'nowhere'", "line 1");
        check("", "join = 'http://a'", "join is not available yet");
        check("underlay-address = '10.0.0.1'", "", "underlay-address is not available yet");
        check("public-pool = ['192.0.2.1/24']", "", "'192.0.2.1/24' is not a block");
        check("public-pool = ['192.0.2.0/24', '192.0.2.128/25']", "", "192.0.2.0/24 overlaps");
        check("public-pool = ['192.0.2.0/24']", "", "");
        check("zone = ['eu-west-1a']", "", "'eu-west-1a' is in no region");
        check("zone = ['us-east-1d']", "", "'us-east-1d' is in no region");
        check("zone = ['us-east-1']", "", "'us-east-1' is in no region");
        check("region = ['Europe']", "", "'Europe' is not a region's name");
        check("region = ['']", "", "'' is not a region's name");
        check("node-name = ''", "", "--node-name");
    }

    #[test]
    fn half_a_root_key_is_refused() {
        let some = |it: &str| Some(it.to_owned());
        assert!(matches!(root_key(None, None), Ok(None)));
        assert!(matches!(root_key(some("a"), some("b")), Ok(Some(_))));
        assert!(root_key(some("a"), None).is_err());
        assert!(root_key(None, some("b")).is_err());
        assert!(root_key(some("a"), some("")).is_err());
    }
}
