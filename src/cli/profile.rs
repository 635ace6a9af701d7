//! Where to send calls and what to sign them with, from the sources that the AWS CLI reads: flags, variables, the
//! shared configuration and credentials files.
//!
//! Profiles hold keys only: roles, single sign-on and credential processes are AWS's own and are not followed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

const ENDPOINT: &str = "http://127.0.0.1:8773";
const REGION: &str = "us-east-1";

/// What every command that calls the API takes.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Flags {
    /// Where the API is [default: as the AWS CLI has it, else http://127.0.0.1:8773]
    #[arg(long, global = true, value_name = "URL", help_heading = "Connection")]
    pub(crate) endpoint_url: Option<String>,
    /// The region to work in [default: as the AWS CLI has it, else us-east-1]
    #[arg(long, global = true, value_name = "REGION", help_heading = "Connection")]
    pub(crate) region: Option<String>,
    /// The profile of the AWS CLI's files to use
    #[arg(long, global = true, value_name = "PROFILE", help_heading = "Connection")]
    pub(crate) profile: Option<String>,
}

/// What a call is signed with. Never shown.
pub(crate) struct Keys {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

/// Where the values come from; a test has its own.
pub(crate) struct Sources<'a> {
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) read: &'a dyn Fn(&Path) -> Option<String>,
}

/// All that is set, read once.
pub(crate) struct Settings<'a> {
    flags: &'a Flags,
    sources: &'a Sources<'a>,
    profile: String,
    config: Ini,
    credentials: Ini,
}

impl<'a> Settings<'a> {
    pub(crate) fn read(flags: &'a Flags, sources: &'a Sources<'a>) -> Settings<'a> {
        let file = |name: &str, default: &str| {
            let path = set(sources, name).unwrap_or_else(|| default.to_owned());
            let path = match (path.strip_prefix("~/"), set(sources, "HOME")) {
                (Some(rest), Some(home)) => Path::new(&home).join(rest),
                _ => PathBuf::from(path),
            };
            (sources.read)(&path).map(|it| Ini::parse(&it)).unwrap_or_default()
        };
        let profile = flags.profile.clone().or_else(|| set(sources, "AWS_PROFILE"));
        Settings {
            flags,
            sources,
            profile: profile.unwrap_or_else(|| "default".to_owned()),
            config: file("AWS_CONFIG_FILE", "~/.aws/config"),
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        }
    }

    /// A key of the profile in the configuration file.
    fn configured(&self, key: &str) -> Option<String> {
        let section = match self.profile.as_str() {
            "default" if self.config.has("default") => "default".to_owned(),
            name => format!("profile {name}"),
        };
        self.config.get(&section, key)
    }

    /// The address of the API without a path's final slash.
    pub(crate) fn endpoint(&self) -> String {
        let wanted = |it: Option<String>| it.is_some_and(|it| it.eq_ignore_ascii_case("true"));
        let ignored = wanted(set(self.sources, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))
            || wanted(self.configured("ignore_configured_endpoint_urls"));
        let of_service = || {
            let services = self.configured("services")?;
            self.config.get(&format!("services {services}"), "ec2.endpoint_url")
        };
        let found = || {
            set(self.sources, "AWS_ENDPOINT_URL_EC2")
                .or_else(|| set(self.sources, "AWS_ENDPOINT_URL"))
                .or_else(of_service)
                .or_else(|| self.configured("endpoint_url"))
        };
        let endpoint = self.flags.endpoint_url.clone().or_else(|| if ignored { None } else { found() });
        endpoint.unwrap_or_else(|| ENDPOINT.to_owned()).trim_end_matches('/').to_owned()
    }

    pub(crate) fn region(&self) -> String {
        let flag = self.flags.region.clone();
        flag.or_else(|| set(self.sources, "AWS_REGION"))
            .or_else(|| set(self.sources, "AWS_DEFAULT_REGION"))
            .or_else(|| self.configured("region"))
            .unwrap_or_else(|| REGION.to_owned())
    }

    pub(crate) fn keys(&self) -> anyhow::Result<Keys> {
        // As in the AWS CLI: a profile that is asked for by flag is preferred to keys in variables.
        if self.flags.profile.is_none()
            && let Some(keys) = self.keys_of_variables()?
        {
            return Ok(keys);
        }
        let from_file = |key: &str| self.credentials.get(&self.profile, key).or_else(|| self.configured(key));
        match (from_file("aws_access_key_id"), from_file("aws_secret_access_key")) {
            (Some(access_key_id), Some(secret_access_key)) => {
                Ok(Keys { access_key_id, secret_access_key, session_token: from_file("aws_session_token") })
            }
            _ => bail!(
                "no keys to sign with in the variables or in the profile '{}': set AWS_ACCESS_KEY_ID and \
                AWS_SECRET_ACCESS_KEY, or set AWS_SHARED_CREDENTIALS_FILE to the file 'credentials' in the data \
                directory of 'culvert up', if it is yours to read",
                self.profile,
            ),
        }
    }

    fn keys_of_variables(&self) -> anyhow::Result<Option<Keys>> {
        let Some(access_key_id) = set(self.sources, "AWS_ACCESS_KEY_ID") else { return Ok(None) };
        let secret_access_key = set(self.sources, "AWS_SECRET_ACCESS_KEY")
            .context("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")?;
        Ok(Some(Keys { access_key_id, secret_access_key, session_token: set(self.sources, "AWS_SESSION_TOKEN") }))
    }
}

/// The variable, unless it is empty: that counts as unset, as in the AWS CLI.
fn set(sources: &Sources<'_>, name: &str) -> Option<String> {
    (sources.variable)(name).filter(|it| !it.is_empty())
}

/// Sections of keys; a key inside another (`ec2 =` and indented lines below it) is found as `ec2.endpoint_url`.
#[derive(Debug, Default)]
struct Ini(BTreeMap<String, BTreeMap<String, String>>);

impl Ini {
    /// Reads what is well-formed: files of the AWS CLI hold much that is not for us.
    fn parse(text: &str) -> Ini {
        let mut ini = Ini::default();
        let mut section: Option<String> = None;
        let mut outer: Option<String> = None;
        for line in text.trim_start_matches('\u{feff}').lines() {
            let indented = line.starts_with([' ', '\t']);
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[').filter(|_| !indented) {
                let name: Vec<&str> = rest.split(']').next().unwrap_or("").split_whitespace().collect();
                let name = name.join(" ").replace(['"', '\''], "");
                ini.0.entry(name.clone()).or_default();
                (section, outer) = (Some(name), None);
                continue;
            }
            let (Some(section), Some((key, value))) = (&section, line.split_once('=')) else { continue };
            let (key, value) = (key.trim().to_lowercase(), uncommented(value));
            let key = match (indented, &outer) {
                (true, Some(outer)) => format!("{outer}.{key}"),
                _ => {
                    outer = value.is_empty().then(|| key.clone());
                    key
                }
            };
            ini.0.entry(section.clone()).or_default().insert(key, value.to_owned());
        }
        ini
    }

    fn has(&self, section: &str) -> bool {
        self.0.contains_key(section)
    }

    fn get(&self, section: &str, key: &str) -> Option<String> {
        self.0.get(section)?.get(key).filter(|it| !it.is_empty()).cloned()
    }
}

/// The value without the comment that white space and a `#` or a `;` begin.
fn uncommented(value: &str) -> &str {
    let is_comment = |at: &usize| value[*at..].starts_with(['#', ';']) && value[..*at].ends_with([' ', '\t']);
    let end = value.char_indices().map(|it| it.0).find(is_comment).unwrap_or(value.len());
    value[..end].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
# comment
[default]
region = eu-west-1   # where we are
endpoint_url = http://default:1/
s3 =
    endpoint_url = http://s3:1
[profile dev]
region=eu-central-1
services = lab
endpoint_url = http://general:2
[profile \"odd name\"]
region = sa-east-1
[services lab]
sqs =
  endpoint_url = http://sqs:3
ec2 =
  endpoint_url = http://lab:3
nonsense
";
    const CREDENTIALS: &str = "\
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = se/cr=et;#1
[dev]
aws_access_key_id = AKIADEV
aws_secret_access_key = other
aws_session_token = token==
[half]
aws_access_key_id = AKIAHALF
";

    /// Says what the flags (`--name value`) and variables (`NAME=value`) come to: endpoint, region, key, token.
    fn check(said: &str, expect: &str) {
        let words: Vec<&str> = said.split_whitespace().collect();
        let flag = |name: &str| words.iter().position(|it| *it == name).map(|at| words[at + 1].to_owned());
        let flags =
            Flags { endpoint_url: flag("--endpoint-url"), region: flag("--region"), profile: flag("--profile") };
        let variable = |name: &str| match name {
            "HOME" => Some("/home/me".to_owned()),
            _ => words.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned),
        };
        let read = |path: &Path| match path.to_str()? {
            "/home/me/.aws/config" => Some(CONFIG.to_owned()),
            "/home/me/.aws/credentials" | "/home/me/my/keys" => Some(CREDENTIALS.to_owned()),
            _ => None,
        };
        let sources = Sources { variable: &variable, read: &read };
        let settings = Settings::read(&flags, &sources);
        let keys = match settings.keys() {
            Ok(keys) => format!("{} {} {:?}", keys.access_key_id, keys.secret_access_key, keys.session_token),
            Err(_) => "no keys".to_owned(),
        };
        assert_eq!(format!("{} {} {keys}", settings.endpoint(), settings.region()), expect, "{said}");
    }

    #[test]
    fn the_sources_of_the_aws_cli_are_read_in_its_order() {
        check("", "http://default:1 eu-west-1 AKIADEFAULT se/cr=et;#1 None");
        check("AWS_PROFILE=dev", r#"http://lab:3 eu-central-1 AKIADEV other Some("token==")"#);
        check("--profile dev AWS_ENDPOINT_URL=http://v:1", r#"http://v:1 eu-central-1 AKIADEV other Some("token==")"#);
        let keys = "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=B";
        check(&format!("{keys} AWS_PROFILE=dev AWS_REGION=r1 AWS_DEFAULT_REGION=r2"), "http://lab:3 r1 A B None");
        check(&format!("{keys} --profile dev --region r3"), r#"http://lab:3 r3 AKIADEV other Some("token==")"#);
        check(&format!("{keys} AWS_SESSION_TOKEN=C AWS_DEFAULT_REGION=r2"), r#"http://default:1 r2 A B Some("C")"#);
        check(
            &format!("{keys} AWS_ENDPOINT_URL=http://a AWS_ENDPOINT_URL_EC2=http://b/"),
            "http://b eu-west-1 A B None",
        );
        check(&format!("{keys} AWS_ENDPOINT_URL_EC2=http://b --endpoint-url http://c"), "http://c eu-west-1 A B None");
        check(&format!("{keys} AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"), "http://127.0.0.1:8773 eu-west-1 A B None");
        check(&format!("{keys} AWS_CONFIG_FILE=/none AWS_REGION="), "http://127.0.0.1:8773 us-east-1 A B None");
    }

    #[test]
    fn keys_that_are_missing_or_halved_are_none() {
        check("AWS_SHARED_CREDENTIALS_FILE=~/my/keys AWS_REGION=r", "http://default:1 r AKIADEFAULT se/cr=et;#1 None");
        check("AWS_SHARED_CREDENTIALS_FILE=/none AWS_REGION=r", "http://default:1 r no keys");
        check("AWS_PROFILE=half", "http://127.0.0.1:8773 us-east-1 no keys");
        check("AWS_ACCESS_KEY_ID=A", "http://default:1 eu-west-1 no keys");
    }

    #[test]
    fn section_names_lose_their_quotes() {
        assert_eq!(Ini::parse(CONFIG).get("profile odd name", "region").as_deref(), Some("sa-east-1"));
    }
}
