//! The body of a request, read within bounds: of its size, of the time that it takes, of what all bodies hold together.
//!
//! A client who sends slowly holds what it has sent, and keeps nobody else from being served.

use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The largest body that is read, in bytes; EC2's largest honest one carries 16 KiB of user data.
const LEN_MAX: usize = 1024 * 1024;
/// How much of a larger one is read and dropped: a client that is still sending would not see the answer.
const DROPPED_MAX: usize = 16 * LEN_MAX;
/// How long a client may take.
const WAIT: Duration = Duration::from_secs(20);
/// What all bodies may hold at once.
const KIB_MAX: usize = 256 * 1024;

/// Why a body is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Broken,
    TooLarge,
    TooSlow,
    NoRoom,
}

impl Refusal {
    /// The status, the code and the sentence for the client.
    pub(super) fn answer(self) -> (u16, &'static str, &'static str) {
        match self {
            Refusal::Broken => (400, "InvalidRequest", "The body of the request is malformed."),
            Refusal::TooLarge => (413, "RequestEntityTooLarge", "The request is larger than 1048576 bytes."),
            Refusal::TooSlow => (408, "RequestTimeout", "The request was not sent within 20 seconds."),
            Refusal::NoRoom => (503, "RequestLimitExceeded", "Request limit exceeded."),
        }
    }
}

/// Reads bodies.
pub(super) struct Bodies {
    room: Semaphore,
}

/// A body, and the room that it takes up.
pub(super) struct Held<'a> {
    pub(super) bytes: Vec<u8>,
    room: SemaphorePermit<'a>,
}

impl Bodies {
    pub(super) fn new() -> Bodies {
        Bodies { room: Semaphore::new(KIB_MAX) }
    }

    /// Reads a body to its end.
    pub(super) async fn read(&self, body: Body) -> Result<Held<'_>, Refusal> {
        timeout(WAIT, self.read_all(body)).await.unwrap_or(Err(Refusal::TooSlow))
    }

    async fn read_all(&self, body: Body) -> Result<Held<'_>, Refusal> {
        let mut chunks = body.into_data_stream();
        let mut held = Held { bytes: Vec::new(), room: self.take(0)? };
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| Refusal::Broken)?;
            if held.bytes.len() + chunk.len() > LEN_MAX {
                drop(held);
                let mut dropped = LEN_MAX;
                while let Some(Ok(chunk)) = chunks.next().await {
                    dropped += chunk.len();
                    if dropped > DROPPED_MAX {
                        break;
                    }
                }
                return Err(Refusal::TooLarge);
            }
            held.bytes.extend_from_slice(&chunk);
            let needed = held.bytes.len().div_ceil(1024);
            let more = self.take(needed.saturating_sub(held.room.num_permits()))?;
            held.room.merge(more);
        }
        Ok(held)
    }

    fn take(&self, kib: usize) -> Result<SemaphorePermit<'_>, Refusal> {
        let kib = u32::try_from(kib).map_err(|_| Refusal::NoRoom)?;
        self.room.try_acquire_many(kib).map_err(|_| Refusal::NoRoom)
    }
}
