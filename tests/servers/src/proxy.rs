use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// An address that leads to a server, as the name of a failover group does. Ends with the test's runtime.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    target: watch::Sender<u16>,
}

impl Proxy {
    /// Listens on a port of its own, and leads to this one.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (target, targets) = watch::channel(port);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(lead(stream, targets.clone()));
            }
        });
        Self { address, target }
    }

    /// Its own port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends all connections, and leads new ones to this port.
    pub fn switch_to(&self, port: u16) {
        self.target.send_replace(port);
    }
}

async fn lead(mut stream: TcpStream, mut targets: watch::Receiver<u16>) {
    let target = *targets.borrow_and_update();
    let Ok(mut server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut stream, &mut server) => {}
        _ = targets.changed() => {}
    }
}
