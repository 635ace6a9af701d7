//! How instances' metadata is asked for: an instance's own options, and what an account wants of those to come.
//!
//! A launch says what it wants; where it does not, the account's defaults of the region do; where they do not, the
//! image. What is answered inside instances is `plan::metadata`'s duty.

use super::attribute::modifiable;
use crate::ec2::error::{Error, Result};
use crate::ec2::scope::{Call, Scope, View};
use crate::state::id::InstanceId;
use crate::state::instance::Instance;
use crate::state::metadata::{MetadataDefaults, MetadataOptions};
use crate::wire::shapes::*;

const HOPS_MAX: i32 = 64;
/// Clears the account's default for the number of hops.
const HOPS_UNDECIDED: i32 = -1;

/// The options of an instance that is being launched.
pub fn at_launch(call: &Call<'_>, given: Option<&InstanceMetadataOptionsRequest>) -> Result<MetadataOptions> {
    let mut options = MetadataOptions::default();
    if let Some(defaults) = defaults(call) {
        options.enabled = defaults.enabled.unwrap_or(options.enabled);
        options.token_required = defaults.token_required.unwrap_or(options.token_required);
        options.hop_limit = defaults.hop_limit.unwrap_or(options.hop_limit);
        options.tags = defaults.tags.unwrap_or(options.tags);
    }
    if let Some(given) = given {
        let given = Given {
            endpoint: given.http_endpoint.as_deref(),
            ipv6: given.http_protocol_ipv6.as_deref(),
            hops: given.http_put_response_hop_limit,
            tokens: given.http_tokens.as_deref(),
            tags: given.instance_metadata_tags.as_deref(),
        };
        options = given.onto(options)?;
    }
    if !options.token_required && enforced(call) {
        return Err(tokens_enforced());
    }
    Ok(options)
}

/// `ModifyInstanceMetadataOptions`: what is not given stays.
pub fn modify_metadata_options(
    call: &mut Call<'_>,
    input: ModifyInstanceMetadataOptionsRequest,
) -> Result<ModifyInstanceMetadataOptionsResult> {
    let instance = call.instance(&input.instance_id)?;
    let given = Given {
        endpoint: input.http_endpoint.as_deref(),
        ipv6: input.http_protocol_ipv6.as_deref(),
        hops: input.http_put_response_hop_limit,
        tokens: input.http_tokens.as_deref(),
        tags: input.instance_metadata_tags.as_deref(),
    };
    if given == Given::default() {
        return Err(Error::InvalidParameterCombination("No metadata options specified.".to_owned()));
    }
    modifiable(&instance)?;
    if given.tokens == Some("optional") && enforced(call) {
        return Err(tokens_enforced());
    }
    let metadata = given.onto(instance.metadata)?;
    call.tx.put(Instance { metadata, ..instance.as_ref().clone() });
    let keys: Vec<String> = call.tags_of(&input.instance_id).map(|it| it.key.clone()).collect();
    keys.iter().try_for_each(|key| fits_metadata(call, &input.instance_id, key))?;
    Ok(ModifyInstanceMetadataOptionsResult {
        instance_id: Some(instance.id.to_string()),
        instance_metadata_options: Some(show(metadata)),
    })
}

/// Options as a call gives them, spelled as on the wire.
#[derive(Debug, Default, PartialEq, Eq)]
struct Given<'a> {
    endpoint: Option<&'a str>,
    ipv6: Option<&'a str>,
    hops: Option<i32>,
    tokens: Option<&'a str>,
    tags: Option<&'a str>,
}

impl Given<'_> {
    /// The options with what is given in place of what they were.
    fn onto(&self, options: MetadataOptions) -> Result<MetadataOptions> {
        Ok(MetadataOptions {
            enabled: self.endpoint.map_or(options.enabled, |it| it == "enabled"),
            ipv6: self.ipv6.map_or(options.ipv6, |it| it == "enabled"),
            token_required: self.tokens.map_or(options.token_required, |it| it == "required"),
            hop_limit: self.hops.map_or(Ok(options.hop_limit), hops)?,
            tags: self.tags.map_or(options.tags, |it| it == "enabled"),
        })
    }
}

/// Checks a number of hops.
fn hops(value: i32) -> Result<u8> {
    let checked = u8::try_from(value).ok().filter(|_| (1..=HOPS_MAX).contains(&value));
    checked.ok_or_else(|| {
        let text =
            format!("Value ({value}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64.");
        Error::InvalidParameterValue(text)
    })
}

/// Refuses a tag key that cannot be part of a path, on an instance whose metadata shows its tags.
pub fn fits_metadata(scope: &impl Scope, resource: &str, key: &str) -> Result<()> {
    let instance = resource.parse::<InstanceId>().ok().and_then(|id| scope.state().instances.get(&id));
    let plain = key.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_+=,.@:".contains(&it));
    if instance.is_none_or(|it| !it.metadata.tags) || plain && !matches!(key, "" | "." | ".." | "_index") {
        return Ok(());
    }
    Err(Error::InvalidParameterValue(format!(
        "'{key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{{1,255}}), and must not be \
         a reserved name ('.', '..', '_index')"
    )))
}

/// `GetInstanceMetadataDefaults`.
pub fn get_metadata_defaults(
    view: &View<'_>,
    _: GetInstanceMetadataDefaultsRequest,
) -> Result<GetInstanceMetadataDefaultsResult> {
    let text = |it: &str| Some(it.to_owned());
    let mut shown = InstanceMetadataDefaultsResponse { managed_by: text("account"), ..Default::default() };
    if let Some(defaults) = defaults(view) {
        shown.http_endpoint = defaults.enabled.and_then(|it| text(on_or_off(it)));
        shown.http_put_response_hop_limit = defaults.hop_limit.map(i32::from);
        shown.http_tokens = defaults.token_required.and_then(|it| text(tokens(it)));
        shown.http_tokens_enforced = defaults.token_enforced.and_then(|it| text(on_or_off(it)));
        shown.instance_metadata_tags = defaults.tags.and_then(|it| text(on_or_off(it)));
    }
    Ok(GetInstanceMetadataDefaultsResult { account_level: Some(shown) })
}

/// `ModifyInstanceMetadataDefaults`: for the instances to come; those that are keep their options.
pub fn modify_metadata_defaults(
    call: &mut Call<'_>,
    input: ModifyInstanceMetadataDefaultsRequest,
) -> Result<ModifyInstanceMetadataDefaultsResult> {
    let flag = |given: Option<String>, now: Option<bool>| match given.as_deref() {
        None => now,
        Some("no-preference") => None,
        Some(it) => Some(matches!(it, "enabled" | "required")),
    };
    let (account, region) = call.caller().owner();
    let now = defaults(call).cloned().unwrap_or(MetadataDefaults {
        account,
        region,
        enabled: None,
        token_required: None,
        token_enforced: None,
        hop_limit: None,
        tags: None,
    });
    let hop_limit = match input.http_put_response_hop_limit {
        None => now.hop_limit,
        Some(HOPS_UNDECIDED) => None,
        Some(value) => Some(hops(value)?),
    };
    call.tx.put(MetadataDefaults {
        enabled: flag(input.http_endpoint, now.enabled),
        token_required: flag(input.http_tokens, now.token_required),
        token_enforced: flag(input.http_tokens_enforced, now.token_enforced),
        hop_limit,
        tags: flag(input.instance_metadata_tags, now.tags),
        ..now
    });
    Ok(ModifyInstanceMetadataDefaultsResult { r#return: Some(true) })
}

fn defaults(scope: &impl Scope) -> Option<&MetadataDefaults> {
    scope.state().metadata_defaults.get(&scope.caller().owner()).map(|it| it.as_ref())
}

/// Whether the account lets no instance do without a token.
fn enforced(scope: &impl Scope) -> bool {
    defaults(scope).and_then(|it| it.token_enforced) == Some(true)
}

fn tokens_enforced() -> Error {
    let text = "You can't allow IMDSv1 because httpTokensEnforced is enabled for this account. Specify \
                httpTokens=required, or disable httpTokensEnforced with ModifyInstanceMetadataDefaults.";
    Error::UnsupportedOperation(text.to_owned())
}

/// The options as the wire shows them. A call that changes them is answered once that is true, so they are never
/// `pending`.
pub fn show(options: MetadataOptions) -> InstanceMetadataOptionsResponse {
    InstanceMetadataOptionsResponse {
        http_endpoint: Some(on_or_off(options.enabled).to_owned()),
        http_protocol_ipv6: Some(on_or_off(options.ipv6).to_owned()),
        http_put_response_hop_limit: Some(i32::from(options.hop_limit)),
        http_tokens: Some(tokens(options.token_required).to_owned()),
        instance_metadata_tags: Some(on_or_off(options.tags).to_owned()),
        state: Some("applied".to_owned()),
    }
}

/// What the options hold for a filter, by its name without `metadata-options.`.
pub fn values(options: MetadataOptions, filter: &str) -> Option<Vec<String>> {
    let shown = show(options);
    let value = match filter {
        "http-endpoint" | "http-protocol-ipv4" => shown.http_endpoint,
        "http-protocol-ipv6" => shown.http_protocol_ipv6,
        "http-put-response-hop-limit" => shown.http_put_response_hop_limit.map(|it| it.to_string()),
        "http-tokens" => shown.http_tokens,
        "instance-metadata-tags" => shown.instance_metadata_tags,
        "state" => shown.state,
        _ => return None,
    };
    Some(value.into_iter().collect())
}

fn on_or_off(value: bool) -> &'static str {
    if value { "enabled" } else { "disabled" }
}

fn tokens(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}
