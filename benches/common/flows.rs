//! Flows through a pair, each from start to end in two threads: what a round of a benchmark measures.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use super::net::{self, Pair, enter, last_cpu};
use super::report::quantile;

/// Where the receivers listen.
pub const PORT: u16 = 7000;

/// Measures every pair once a round, back and forth so that none always comes first.
pub fn rounds<T>(count: usize, pairs: &[Pair], mut measure: impl FnMut(&Pair) -> T) -> Vec<Vec<T>> {
    let mut results: Vec<Vec<T>> = pairs.iter().map(|_| Vec::new()).collect();
    for round in 0..count {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for at in order {
            results[at].push(measure(&pairs[at]));
        }
    }
    results
}

/// Whether a connection comes about.
pub fn opens(pair: &Pair) -> bool {
    let _listener = listen(pair);
    let to = SocketAddr::from((pair.address, PORT));
    let tried = enter(&pair.client, None, move || TcpStream::connect_timeout(&to, Duration::from_millis(500)));
    tried.join().expect("the thread ends").is_ok()
}

pub fn listen(pair: &Pair) -> TcpListener {
    net::open_in(&pair.server, || {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).expect("the port is free");
        net::cubic(&listener);
        listener
    })
}

/// The rate that the better quarter of a round's slices reached: what was disturbed does not count.
pub fn throughput(pair: &Pair, cpu: Option<usize>, time: Duration) -> f64 {
    const SLICE: Duration = Duration::from_millis(25);
    let listener = listen(pair);
    let receiver = enter(&pair.server, cpu, move || {
        let (mut stream, _) = listener.accept().expect("the sender connects");
        let mut buffer = vec![0; 128 << 10];
        let (mut rates, mut bytes, mut began) = (Vec::new(), 0, Instant::now());
        while let Ok(got @ 1..) = stream.read(&mut buffer) {
            bytes += got;
            let took = began.elapsed();
            if took >= SLICE {
                rates.push(bytes as f64 * 8e-9 / took.as_secs_f64());
                (bytes, began) = (0, Instant::now());
            }
        }
        rates
    });
    let to = SocketAddr::from((pair.address, PORT));
    let sender = enter(&pair.client, cpu, move || {
        let mut stream = TcpStream::connect(to).expect("the rule admits it");
        net::cubic(&stream);
        let buffer = vec![0; 128 << 10];
        let end = Instant::now() + time;
        while Instant::now() < end {
            stream.write_all(&buffer).expect("the receiver reads");
        }
        let _ = stream.shutdown(Shutdown::Both);
    });
    sender.join().expect("the sender ends");
    let mut rates = receiver.join().expect("the receiver ends");
    // The first slices are those of a stream that is still growing.
    rates.drain(..rates.len().min(2));
    quantile(&mut rates, 0.75)
}

/// The median time of a byte there and back on one connection, in microseconds.
pub fn ping_pong(pair: &Pair, time: Duration) -> f64 {
    let cpu = Some(last_cpu());
    let listener = listen(pair);
    let echo = enter(&pair.server, cpu, move || {
        let (mut stream, _) = listener.accept().expect("the client connects");
        stream.set_nodelay(true).expect("a TCP socket takes it");
        let mut byte = [0];
        while let Ok(1) = stream.read(&mut byte) {
            stream.write_all(&byte).expect("the client reads");
        }
    });
    let to = SocketAddr::from((pair.address, PORT));
    let client = enter(&pair.client, cpu, move || {
        let mut stream = TcpStream::connect(to).expect("the rule admits it");
        stream.set_nodelay(true).expect("a TCP socket takes it");
        let mut times = Vec::with_capacity(1 << 15);
        let end = Instant::now() + time;
        let mut before = Instant::now();
        while before < end {
            stream.write_all(b"x").expect("the server reads");
            stream.read_exact(&mut [0]).expect("the server answers");
            let now = Instant::now();
            times.push((now - before).as_secs_f64() * 1e6);
            before = now;
        }
        quantile(&mut times, 0.5)
    });
    let time = client.join().expect("the client ends");
    echo.join().expect("the server ends");
    time
}

/// The median time of a connection in microseconds, and how many a second there were.
pub fn connections(pair: &Pair, time: Duration) -> (f64, f64) {
    let cpu = Some(last_cpu());
    let listener = listen(pair);
    let server = enter(&pair.server, cpu, move || {
        let mut byte = [0];
        loop {
            let (mut stream, _) = listener.accept().expect("the client connects");
            if stream.read_exact(&mut byte).is_err() || byte == *b"q" {
                return;
            }
            let _ = stream.write_all(&byte);
        }
    });
    let to = SocketAddr::from((pair.address, PORT));
    let client = enter(&pair.client, cpu, move || {
        // A reset leaves nothing waiting, so that ports do not run out.
        let reset = libc::linger { l_onoff: 1, l_linger: 0 };
        let mut times = Vec::with_capacity(1 << 13);
        let began = Instant::now();
        let mut before = began;
        while before - began < time {
            let mut stream = TcpStream::connect(to).expect("the rule admits it");
            net::option(&stream, libc::SOL_SOCKET, libc::SO_LINGER, &reset);
            stream.write_all(b"x").expect("the server reads");
            stream.read_exact(&mut [0]).expect("the server answers");
            drop(stream);
            let now = Instant::now();
            times.push((now - before).as_secs_f64() * 1e6);
            before = now;
        }
        let rate = times.len() as f64 / (before - began).as_secs_f64();
        TcpStream::connect(to).and_then(|mut it| it.write_all(b"q")).expect("the server waits for it");
        (quantile(&mut times, 0.5), rate)
    });
    let result = client.join().expect("the client ends");
    server.join().expect("the server ends");
    result
}

/// A socket that receives at the pair's server and never blocks.
pub fn receiver(pair: &Pair) -> UdpSocket {
    let socket = net::open_in(&pair.server, || UdpSocket::bind(("0.0.0.0", PORT)).expect("the port is free"));
    net::option(&socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &(4i32 << 20));
    socket.set_nonblocking(true).expect("a socket takes it");
    socket
}

/// How many datagrams wait; takes them.
pub fn drain(socket: &UdpSocket) -> usize {
    let mut buffer = [0; 128];
    let mut count = 0;
    loop {
        match socket.recv(&mut buffer) {
            Ok(_) => count += 1,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return count,
            Err(error) => panic!("a datagram cannot be received: {error}"),
        }
    }
}

/// The time of a datagram in nanoseconds. One thread holds the sockets of both ends: no scheduler is measured.
pub fn datagrams(pair: &Pair, time: Duration) -> f64 {
    const BURST: usize = 32;
    let receiver = receiver(pair);
    let to = SocketAddr::from((pair.address, PORT));
    let sender = enter(&pair.client, Some(last_cpu()), move || {
        let socket = UdpSocket::bind(("0.0.0.0", 0)).and_then(|it| it.connect(to).map(|()| it)).expect("a UDP socket");
        let buffer = [0u8; 64];
        let mut part = libc::iovec { iov_base: buffer.as_ptr().cast_mut().cast(), iov_len: buffer.len() };
        let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
        (message.msg_hdr.msg_iov, message.msg_hdr.msg_iovlen) = (&raw mut part, 1);
        let mut messages = [message; BURST];
        let (mut times, mut sent, mut came) = (Vec::new(), 0, 0);
        let end = Instant::now() + time;
        while Instant::now() < end {
            let began = Instant::now();
            let count = unsafe { libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), BURST as u32, 0) };
            let took = began.elapsed();
            assert_eq!(count, BURST as i32, "sendmmsg: {}", std::io::Error::last_os_error());
            times.push(took.as_secs_f64() * 1e9 / BURST as f64);
            sent += BURST;
            came += drain(&receiver);
        }
        std::thread::sleep(Duration::from_millis(2));
        came += drain(&receiver);
        assert!(came * 100 >= sent * 99, "of {sent} datagrams {came} arrived");
        quantile(&mut times, 0.5)
    });
    sender.join().expect("the sender ends")
}
