//! Sockets inside routers, and connections that do not last.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, bind, listen, setsockopt, socket, sockopt,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

/// How long a connection lasts at most, whatever either side does.
const LIFETIME: Duration = Duration::from_secs(10);
/// Connections of one source to one door that are open at a time.
pub const CONNECTIONS_PER_SOURCE_MAX: usize = 64;
/// What the kernel queues before we look.
const BACKLOG: i32 = 128;

/// A socket for datagrams to the address, in the namespace of the calling thread.
pub fn datagrams(address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    Ok(made(address, SockType::Datagram)?.into())
}

/// A socket for connections to the address, in the namespace of the calling thread.
pub fn connections(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let made = made(address, SockType::Stream)?;
    listen(&made, Backlog::new(BACKLOG)?)?;
    Ok(made.into())
}

fn made(address: SocketAddr, kind: SockType) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let made = socket(family, kind, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, None)?;
    // The address may come later.
    setsockopt(&made, sockopt::IpFreebind, &true)?;
    if kind == SockType::Stream {
        // Connections of the agent before us may still be winding down.
        setsockopt(&made, sockopt::ReuseAddr, &true)?;
    }
    bind(std::os::fd::AsRawFd::as_raw_fd(&made), &SockaddrStorage::from(address))?;
    Ok(made)
}

/// Takes in connections, up to a number.
pub struct Door {
    listener: TcpListener,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    /// Of all doors.
    all: Arc<Semaphore>,
}

impl Door {
    /// Wants the runtime's context.
    pub fn new(listener: std::net::TcpListener, all: &Arc<Semaphore>) -> io::Result<Door> {
        Ok(Door { listener: TcpListener::from_std(listener)?, open: Arc::default(), all: all.clone() })
    }

    /// A place for a connection of this source, unless there are too many.
    fn place(&self, source: IpAddr) -> Option<Place> {
        let permit = self.all.clone().try_acquire_owned().ok()?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(source).or_insert(0);
        if *count >= CONNECTIONS_PER_SOURCE_MAX {
            return None;
        }
        *count += 1;
        Some(Place { source, open: self.open.clone(), _permit: permit })
    }
}

impl axum::serve::Listener for Door {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        loop {
            match self.listener.accept().await {
                // One that finds no place is closed at once.
                Ok((stream, source)) => {
                    if let Some(place) = self.place(source.ip()) {
                        return (Connection::new(stream, place), source);
                    }
                }
                // Either the connection is gone already, or no descriptor is left: then others must close first.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The place that a connection takes while it is open.
struct Place {
    source: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.source);
            }
        }
    }
}

/// How many hops a connection's packets may travel from now on; once lowered it stays.
#[derive(Debug, Clone, Default)]
pub struct Hops(Arc<AtomicU8>);

impl Hops {
    pub fn limit(&self, hops: u8) {
        self.0.store(hops, Ordering::Release);
    }
}

/// A connection that ends after a while.
pub struct Connection {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    pub hops: Hops,
    _place: Place,
}

impl Connection {
    fn new(stream: TcpStream, place: Place) -> Connection {
        Connection { stream, end: Box::pin(tokio::time::sleep(LIFETIME)), hops: Hops::default(), _place: place }
    }

    fn expect_time(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.end.as_mut().poll(context) {
            Poll::Pending => Ok(()),
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Sets the limit of hops before what it was set for leaves.
    fn limit_hops(&self) -> io::Result<()> {
        match self.hops.0.swap(0, Ordering::AcqRel) {
            0 => {}
            hops if self.stream.peer_addr()?.is_ipv4() => setsockopt(&self.stream, sockopt::Ipv4Ttl, &hops.into())?,
            hops => setsockopt(&self.stream, sockopt::Ipv6Ttl, &hops.into())?,
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.expect_time(context)?;
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.expect_time(context)?;
        self.limit_hops()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
