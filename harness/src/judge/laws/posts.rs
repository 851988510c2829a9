//! Posts: a backend that is told how often a signal came since it last asked tells as many as were sent.

use sigconform_fixture::{Burst, Happening, Signal};

use super::yields::BURST_AS_CLAIMED;
use crate::{
    judge::{
        scene::Scene,
        watch::{Breaches, Ended, Watcher},
        wording::times,
    },
    transcript::Ending,
};

/// Sends and posts of each signal since it was subscribed.
#[derive(Default)]
pub(super) struct Posts {
    counts: Vec<Count>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    signal: Signal,
    sent: u64,
    posted: u64,
}

impl<'a> Watcher<'a> for Posts {
    fn see(&mut self, scene: &Scene<'a>, what: &'a Happening, say: &mut Breaches<'a>) {
        if scene.claims.burst.value != Burst::Posts {
            return;
        }
        match what {
            Happening::Handler { signal, info, .. } => {
                if let Some(count) = self.counts.iter_mut().find(|count| count.signal == *signal) {
                    count.posted = count.posted.saturating_add(info.posts.unwrap_or(1));
                }
            }
            // The system refused the last send.
            Happening::SendFailed { signal, .. } => {
                let counted = self.counts.iter_mut().find(|count| count.signal == *signal);
                counted.into_iter().for_each(|count| count.sent = count.sent.saturating_sub(1));
            }
            Happening::Unsubscribed { signal, .. } | Happening::HandlerRemoved { signal, .. } => {
                self.counts.retain(|count| count.signal != *signal);
            }
            Happening::Reopened => self.counts.clear(),
            Happening::Resumed => self.check(say),
            _ => {}
        }
        for sent in scene.sent().iter().filter(|sent| scene.model.is_subscribed(sent.signal)) {
            match self.counts.iter_mut().find(|count| count.signal == sent.signal) {
                Some(count) => count.sent = count.sent.saturating_add(sent.times),
                None => self.counts.push(Count { signal: sent.signal, sent: sent.times, posted: 0 }),
            }
        }
    }

    fn ended(&mut self, scene: &Scene<'a>, say: &mut Breaches<'a>) -> Ended {
        if matches!(scene.transcript.ending, Ending::Stuck(_)) {
            self.check(say);
        }
        Ended::Unexplained
    }
}

impl Posts {
    /// After a yield the posts add up to the sends.
    fn check(&self, say: &mut Breaches<'_>) {
        for Count { signal, sent, posted } in self.counts.iter().filter(|count| count.sent != count.posted) {
            let message = format!("{signal} was sent {}, and posted {}", times(*sent), times(*posted));
            say.breach(&BURST_AS_CLAIMED, message, format!("{sent} posts"));
        }
    }
}
