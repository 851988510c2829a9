//! The laws, each with its watcher: one file for a law, or for a family of laws that remember the same. It holds the
//! statement, the source, what has to be remembered, and what is said where the law is broken.

use super::{prepared::Prepared, scene::Scene, watch::Watcher};

pub(super) mod acting;
pub(super) mod boundaries;
pub(super) mod calls;
pub(super) mod child;
pub(super) mod closing;
pub(super) mod crashes;
pub(super) mod default_action;
pub(super) mod descriptors;
pub(super) mod dispositions;
pub(super) mod earlier;
pub(super) mod idling;
pub(super) mod information;
pub(super) mod places;
pub(super) mod posts;
pub(super) mod second_loop;
pub(super) mod signal_handler;
pub(super) mod state;
pub(super) mod subscribing;
pub(super) mod surroundings;
pub(super) mod yields;

/// A watcher of each kind, in the order in which they speak at one event, and are asked why the process ended.
pub(super) fn watchers<'a>(scene: &Scene<'a>) -> Vec<Box<dyn Watcher<'a> + 'a>> {
    vec![
        Box::new(Prepared::of(&scene.part.script.before)),
        Box::new(default_action::DefaultAction::default()),
        Box::new(crashes::Crashes),
        Box::new(descriptors::Descriptors),
        Box::new(calls::Calls::default()),
        Box::new(places::Places::default()),
        Box::new(information::Informed::default()),
        Box::new(subscribing::Subscribing),
        Box::new(signal_handler::SignalHandler),
        Box::new(child::Children::default()),
        Box::new(second_loop::SecondLoop::default()),
        Box::new(closing::Closing),
        Box::new(acting::Acting::of(&scene.part.script)),
        Box::new(idling::Idling::default()),
        Box::new(posts::Posts::default()),
        Box::new(yields::Yields::default()),
        Box::new(state::Reports::default()),
        Box::new(boundaries::Boundaries::default()),
        Box::new(surroundings::Beside::default()),
        Box::new(dispositions::Dispositions::default()),
        Box::new(earlier::EarlierHandlers::of(&scene.part.script.before.handlers)),
    ]
}
