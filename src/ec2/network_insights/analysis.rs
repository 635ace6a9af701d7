//! Analyses: whether there is a packet that goes the path, and its reply back.
//!
//! An analysis is done when the call that starts it is answered. What it found is kept as it was then.

use super::candidate::Candidates;
use super::{path, show};
use crate::ec2::error::{Error, Kind, Result, refuse};
use crate::ec2::list::{list, named_or};
use crate::ec2::scope::{Call, Caller, Scope, View};
use crate::ec2::tag;
use crate::reach::{Place, Verdict, reach};
use crate::state::State;
use crate::state::id::{Id, InsightsAnalysisId};
use crate::state::insights::{Component, End, Field, InsightsAnalysis, InsightsPath, Missing, Part};
use crate::wire::shapes::*;

pub fn start(
    call: &mut Call<'_>,
    input: StartNetworkInsightsAnalysisRequest,
) -> Result<StartNetworkInsightsAnalysisResult> {
    refuse("AdditionalAccount", &input.additional_accounts)?;
    let id = path(call, &input.network_insights_path_id)?;
    let row = call.tx.get::<InsightsPath>(&id).expect("just found");
    let found = analyse(call.state(), call.caller(), &row, &input.filter_in_arns, &input.filter_out_arns)?;
    let (account, region) = call.caller().owner();
    let analysis = InsightsAnalysis {
        id: call.tx.mint(),
        account,
        region,
        path: id,
        filter_in: input.filter_in_arns,
        filter_out: input.filter_out_arns,
        found: found.found,
        forward: found.forward,
        back: found.back,
        missing: found.missing,
        started: call.now(),
    };
    call.tx.put(analysis.clone());
    tag::specified(call, "network-insights-analysis", analysis.id, &input.tag_specifications)?;
    Ok(StartNetworkInsightsAnalysisResult { network_insights_analysis: Some(show::analysis(call, &analysis)) })
}

/// What an analysis finds.
struct Found {
    found: bool,
    forward: Vec<Component>,
    back: Vec<Component>,
    missing: Option<Missing>,
}

impl Found {
    fn nothing(missing: Missing) -> Found {
        Found { found: false, forward: Vec::new(), back: Vec::new(), missing: Some(missing) }
    }
}

/// Tries the packets that could go the path, until one does; if none does, the one that came furthest says why.
fn analyse(
    state: &State,
    caller: &Caller,
    path: &InsightsPath,
    filter_in: &[String],
    filter_out: &[String],
) -> Result<Found> {
    let candidates = match Candidates::of(state, path) {
        Ok(candidates) => candidates,
        Err(missing) => return Ok(Found::nothing(missing)),
    };
    let Some(questions) = candidates.questions(path.protocol) else {
        let text = "The analysis would have to try too many packets: name the addresses and ports that are meant.";
        return Err(Error::UnsupportedOperation(text.to_owned()));
    };
    let mut furthest: Option<(usize, Found)> = None;
    for question in questions {
        let verdict = reach(state, &question);
        let length = verdict.forward.components.len() + verdict.back.as_ref().map_or(0, |it| it.components.len());
        let missing = missing(caller, path, &verdict, filter_in, filter_out);
        let found = verdict.passes() && missing.is_none();
        let seen = visible(state, caller, verdict, missing);
        if found {
            return Ok(Found { found, ..seen });
        }
        if furthest.as_ref().is_none_or(|it| it.0 < length) {
            furthest = Some((length, seen));
        }
    }
    Ok(furthest.map_or_else(|| Found::nothing(Missing::Unassociated), |it| it.1))
}

/// Why a packet that nobody refuses is not one that goes the path.
fn missing(
    caller: &Caller,
    path: &InsightsPath,
    verdict: &Verdict,
    filter_in: &[String],
    filter_out: &[String],
) -> Option<Missing> {
    let delivery = verdict.forward.delivered.as_ref()?;
    let meets = |end: End| verdict.forward.components.iter().any(|it| is_at(it, end));
    let arrives = match (path.destination, delivery.place) {
        (_, Place::Middlebox(_)) => false,
        (None, _) => true,
        (Some(end @ End::InternetGateway(_)), place) => place == Place::Outside && meets(end),
        (Some(end), _) => verdict.forward.components.last().is_some_and(|it| is_at(it, end)),
    };
    // A reply that a middlebox gets comes to nobody who is known.
    let strays = verdict.back.as_ref().is_some_and(|it| it.delivered.is_some() && !it.arrives());
    if !arrives || !meets(path.source) || strays {
        return Some(Missing::Destination);
    }
    if let Some(filter) = &path.filter_at_destination {
        let (source, destination) = super::candidate::ports(&delivery.header.payload);
        let of = |span: Option<crate::net::Span>, port: u16| span.is_none_or(|it| it.first <= port && port <= it.last);
        let field = if filter.source_address.is_some_and(|it| it != delivery.header.source) {
            Some(Field::SourceAddress)
        } else if filter.destination_address.is_some_and(|it| it != delivery.header.destination) {
            Some(Field::DestinationAddress)
        } else if !of(filter.source_ports, source) {
            Some(Field::SourcePort)
        } else if !of(filter.destination_ports, destination) {
            Some(Field::DestinationPort)
        } else {
            None
        };
        if let Some(field) = field {
            return Some(Missing::AtDestination(field));
        }
    }
    let back = verdict.back.iter().flat_map(|it| &it.components);
    let met: Vec<String> =
        verdict.forward.components.iter().chain(back).flat_map(|it| show::arns(caller, it)).collect();
    let misses = filter_in.iter().any(|it| !met.contains(it)) || filter_out.iter().any(|it| met.contains(it));
    misses.then_some(Missing::Component)
}

/// Whether the component is an end of the path.
fn is_at(component: &Component, end: End) -> bool {
    match (&component.part, end) {
        (Part::Interface { id, .. }, End::Interface(end)) => *id == end,
        (Part::Interface { instance, .. }, End::Instance(end)) => *instance == Some(end),
        (Part::InternetGateway(id), End::InternetGateway(end)) => *id == end,
        _ => false,
    }
}

/// What the caller may see of a verdict: as far as the packet and its reply meet what is the caller's own.
fn visible(state: &State, caller: &Caller, verdict: Verdict, missing: Option<Missing>) -> Found {
    let own =
        |it: &Component| it.vpc.is_none_or(|vpc| state.vpcs.get(&vpc).is_some_and(|it| it.account == caller.account));
    let refuser_is_hidden = verdict.decider().is_some_and(|it| !own(it));
    let forward: Vec<Component> = verdict.forward.components.into_iter().take_while(own).collect();
    let back = verdict.back.map_or_else(Vec::new, |it| it.components).into_iter().filter(|it| own(it)).collect();
    let missing = if refuser_is_hidden { Some(Missing::Destination) } else { missing };
    Found { found: false, forward, back, missing }
}

pub fn delete(
    call: &mut Call<'_>,
    input: DeleteNetworkInsightsAnalysisRequest,
) -> Result<DeleteNetworkInsightsAnalysisResult> {
    let id = call.own::<InsightsAnalysis>(Kind::InsightsAnalysis, &input.network_insights_analysis_id)?.id;
    tag::forget(call, id);
    call.tx.remove::<InsightsAnalysis>(id);
    Ok(DeleteNetworkInsightsAnalysisResult { network_insights_analysis_id: Some(id.to_string()) })
}

pub fn describe(
    view: &View<'_>,
    input: DescribeNetworkInsightsAnalysesRequest,
) -> Result<DescribeNetworkInsightsAnalysesResult> {
    let of_path = input.network_insights_path_id.as_deref().map(|it| path(view, it)).transpose()?;
    let owner = view.caller.owner();
    let all = view.state.insights_analyses.of(&owner, InsightsAnalysisId::from_number(0));
    let find = |id: &str| view.own(Kind::InsightsAnalysis, id);
    let rows = named_or(view, &input.network_insights_analysis_ids, "networkInsightsAnalysisIds", find, all)?;
    let wanted = rows.iter().filter(|it| {
        of_path.is_none_or(|path| it.path == path)
            && input.analysis_start_time.is_none_or(|time| time.0 <= it.started.0)
            // What is started is ended in the same moment.
            && input.analysis_end_time.is_none_or(|time| it.started.0 <= time.0)
    });
    let (network_insights_analyses, next_token) = list(view, wanted, values, |it| show::analysis(view, it))?;
    Ok(DescribeNetworkInsightsAnalysesResult { network_insights_analyses, next_token })
}

/// What an analysis holds for a filter.
fn values(analysis: &InsightsAnalysis, filter: &str) -> Option<Vec<String>> {
    match filter {
        "path-found" => Some(vec![analysis.found.to_string()]),
        "status" => Some(vec![show::STATUS.to_owned()]),
        _ => None,
    }
}
