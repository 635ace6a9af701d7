//! What one line of a table in `shapes.rs` stands for: the macros, and the traits that tie an action together.
//!
//! The tables are generated; the meaning of a table is written here once.

use super::{Decode, Encode, Error, Params};

/// An action with its shapes; the type that implements it bears the action's name and has no value.
pub(crate) trait Operation {
    /// What the protocol knows about the action.
    const FACTS: Facts;
    /// What the action is asked.
    type Input: Decode;
    /// What the action answers; `()` is the bare `<return>true</return>`.
    type Output: Encode;

    /// Reads the action's input, refusing every parameter that the action does not have.
    fn input(params: &Params) -> Result<Self::Input, Error> {
        params.input(Self::FACTS.takes)
    }
}

/// What the protocol knows about an action apart from its shapes.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The name that stands in `Action=`.
    pub(crate) action: &'static str,
    /// Which of the parameters that are handled once for all actions this one has.
    pub(crate) takes: &'static [&'static str],
    /// The range of `MaxResults`, if the action is paginated.
    pub(crate) max_results: Option<(i32, i32)>,
}

/// `operation! { DescribeSubnets(DescribeSubnetsRequest) -> DescribeSubnetsResult, DryRun MaxResults(5, 1000) }`
macro_rules! operation {
    ($action:ident($input:ty) -> $output:ty $(, $($taken:ident $(($min:literal, $max:literal))?)* )?) => {
        #[doc = concat!("EC2's action `", stringify!($action), "`.")]
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct $action;

        impl $crate::wire::Operation for $action {
            const FACTS: $crate::wire::Facts = $crate::wire::Facts {
                action: stringify!($action),
                takes: &[$($(stringify!($taken)),*)?],
                max_results: $crate::wire::tables::first(&[$($($(($min, $max),)?)*)?]),
            };
            type Input = $input;
            type Output = $output;
        }
    };
}

/// The only element of a list that holds one or none.
pub(crate) const fn first(ranges: &[(i32, i32)]) -> Option<(i32, i32)> {
    match ranges {
        [range, ..] => Some(*range),
        [] => None,
    }
}

/// `actions! { CreateSubnet DescribeSubnets }`
macro_rules! actions {
    ($($action:ident)*) => {
        /// What the protocol knows about the action of this name, if it is served.
        pub(crate) fn facts(action: &str) -> Option<&'static $crate::wire::Facts> {
            match action {
                $(stringify!($action) => Some(&<$action as $crate::wire::Operation>::FACTS),)*
                _ => None,
            }
        }

        /// Every action that is served, in alphabetical order.
        #[cfg(test)]
        pub(crate) const ACTIONS: &[&str] = &[$(stringify!($action)),*];
    };
}

/// `filters! { DescribeSubnets: "cidr" "state"; }`
macro_rules! filters {
    ($($action:ident: $($name:literal)*;)*) => {
        /// The names of filters that EC2 documents for this action; `tag:<key>` stands for every key.
        pub(crate) fn documented_filters(action: &str) -> &'static [&'static str] {
            match action {
                $(stringify!($action) => &[$($name),*],)*
                _ => &[],
            }
        }
    };
}

/// `values! { TENANCY "dedicated" "default" "host" }`
macro_rules! values {
    ($name:ident $($value:literal)*) => {
        pub(crate) const $name: &[&str] = &[$($value),*];
    };
}

/// `input! { DeleteSubnetRequest { subnet_id: String = "SubnetId", } }`: a shape of requests.
///
/// It derives nothing that reads a field, so that rustc names every field that no handler reads.
macro_rules! input {
    ($name:ident { $($field:ident: $type:ty = $request:literal $(of $values:ident)? $(at_least $least:literal)?,)* }) => {
        #[doc = concat!("EC2's `", stringify!($name), "`.")]
        #[derive(Debug, Clone, Default)]
        pub(crate) struct $name { $(pub(crate) $field: $type,)* }

        decode! { $name { $($field: $type = $request $(of $values)? $(at_least $least)?,)* } }
    };
}

/// `output! { CreateSubnetResult { subnet: Option<Subnet> = "subnet", } }`: a shape of answers.
macro_rules! output {
    ($name:ident { $($field:ident: $type:ty = $response:literal,)* }) => {
        #[doc = concat!("EC2's `", stringify!($name), "`.")]
        #[derive(Debug, Clone, Default, PartialEq)]
        pub(crate) struct $name { $(pub(crate) $field: $type,)* }

        encode! { $name { $($field = $response,)* } }
    };
}

/// `shape! { IpRange { cidr_ip: Option<String> = "CidrIp" "cidrIp", } }`: a shape of requests and answers.
macro_rules! shape {
    ($name:ident { $($field:ident: $type:ty = $request:literal $response:literal $(of $values:ident)? $(at_least $least:literal)?,)* }) => {
        #[doc = concat!("EC2's `", stringify!($name), "`.")]
        #[derive(Debug, Clone, Default, PartialEq)]
        pub(crate) struct $name { $(pub(crate) $field: $type,)* }

        decode! { $name { $($field: $type = $request $(of $values)? $(at_least $least)?,)* } }
        encode! { $name { $($field = $response,)* } }
    };
}

macro_rules! decode {
    ($name:ident { $($field:ident: $type:ty = $request:literal $(of $values:ident)? $(at_least $least:literal)?,)* }) => {
        impl $crate::wire::Decode for $name {
            fn decode(place: $crate::wire::decode::Place<'_>) -> Result<Self, $crate::wire::Error> {
                place.expect_members(&[$($request),*])?;
                Ok($name {
                    $($field: place.member($request, &[$($values)?], 0 $(+ $least)?)?,)*
                })
            }
        }
    };
}

macro_rules! encode {
    ($name:ident { $($field:ident = $response:literal,)* }) => {
        impl $crate::wire::Encode for $name {
            fn content(&self, xml: &mut $crate::wire::xml::Xml) {
                let _ = &xml;
                $($crate::wire::Encode::element(&self.$field, $response, xml);)*
            }
        }
    };
}
