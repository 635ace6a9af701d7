//! Small worlds, one for every sentence of the rules, both ways.

mod filters;
mod gateways;
mod names;
mod paths;
mod world;
